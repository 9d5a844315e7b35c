/** Signed notes: the notes and keys of other implementations, then every byte that may be wrong. */
import { describe, expect, test } from "bun:test";
import { compareBytes } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import {
  encodeNote,
  encodeVkey,
  type NoteKey,
  NOTE_SIGNATURES_MAX,
  NOTE_SIZE_MAX,
  noteKey,
  openNote,
  parseNote,
  parseVkey,
  signText,
} from "../../src/proofs/signed-note.ts";
import { publicKeyOf, signWith, verifyEd25519 } from "./ed25519.ts";

// The example of c2sp.org/signed-note.
const SPEC_VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2O" +
  "NncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The test keys of golang.org/x/mod/sumdb/note: "Peter" with his seed, and a second signer.
const PETER_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SEED = Uint8Array.fromBase64("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz").slice(1);
const ENOCH_VKEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const GO_TEXT =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n";
const PETER_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZ" +
  "b6KE6RyyBwJnAM=\n";
const ENOCH_LINE =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33" +
  "WWd1RvMc+QQ=\n";

const peter = known(PETER_VKEY);
const enoch = known(ENOCH_VKEY);

function known(vkey: string): NoteKey {
  const parsed = parseVkey(vkey);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.key;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The reason of the refusal of a note, or its text. */
function verdict(note: string | Uint8Array, keys: readonly NoteKey[] = [peter, enoch]): string {
  const opened = openNote(typeof note === "string" ? bytesOf(note) : note, keys, verifyEd25519);
  return opened.ok ? opened.text : opened.reason;
}

describe("a vkey", () => {
  test("of other implementations is read and written back", () => {
    const foreign = [
      SPEC_VKEY,
      PETER_VKEY,
      ENOCH_VKEY,
      "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", // A plus in its base64.
      "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ];
    expect(foreign.map((vkey) => encodeVkey(known(vkey)))).toEqual(foreign);
    expect([known(SPEC_VKEY).name, known(SPEC_VKEY).hash]).toEqual(["example.com/foo", 0x530d903a]);
  });

  test("is refused if any part is cut, raised by one or of another kind", () => {
    for (let from = 0; from < PETER_VKEY.length; from++) {
      for (let to = from; to <= PETER_VKEY.length; to++) {
        const part = PETER_VKEY.slice(from, to);
        if (part !== PETER_VKEY) expect(parseVkey(part).ok).toBe(false);
      }
    }
    for (let at = 0; at < PETER_VKEY.length; at++) {
      const raised = bytesOf(PETER_VKEY).with(at, PETER_VKEY.charCodeAt(at) + 1);
      expect(parseVkey(new TextDecoder().decode(raised)).ok).toBe(false);
    }
    const bad = [
      PETER_VKEY.replace("c74f20a3", "C74F20A3"),
      // Right hash, but a key of another length; right hash, but an unknown algorithm.
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      `PeterNeumann+c74f20a3+${new Uint8Array(34).fill(1).toBase64()}`,
      "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    ];
    expect(bad.map((vkey) => parseVkey(vkey).ok)).toEqual(bad.map(() => false));
  });
});

describe("a note", () => {
  test("of other implementations is opened", () => {
    expect(verdict(SPEC_NOTE, [known(SPEC_VKEY)])).toBe("This is an example message.\n");
    expect(verdict(`${GO_TEXT}\n${PETER_LINE}${ENOCH_LINE}`)).toBe(GO_TEXT);
  });

  test("signed with the seed of another implementation has its bytes", () => {
    expect(publicKeyOf(PETER_SEED)).toEqual(peter.publicKey);
    const line = signText(GO_TEXT, peter, signWith(PETER_SEED));
    const note = encodeNote({ text: GO_TEXT, signatures: [line] });
    expect(new TextDecoder().decode(note)).toBe(`${GO_TEXT}\n${PETER_LINE}`);
  });

  test("names the known keys that signed it, and ignores the rest", () => {
    const unknown = "— someone.example AAAAAAE=\n— PeterNeumann AAAAAAE=\n";
    const note = bytesOf(`${GO_TEXT}\n${unknown}${PETER_LINE}${ENOCH_LINE}`);
    const signers = (keys: readonly NoteKey[]) => {
      const opened = openNote(note, keys, verifyEd25519);
      return opened.ok ? opened.signedBy.map(({ name }) => name) : opened.reason;
    };
    expect(signers([peter, enoch])).toEqual(["PeterNeumann", "EnochRoot"]);
    expect(signers([enoch])).toEqual(["EnochRoot"]);
    expect(signers([known(SPEC_VKEY)])).toBe("no known key has signed the note");
    expect(signers([])).toBe("no known key has signed the note");
  });

  test("keeps empty lines in its text", () => {
    const text = "\n\none\n\ntwo\n\n";
    const signature = signText(text, peter, signWith(PETER_SEED));
    expect(verdict(encodeNote({ text, signatures: [signature] }))).toBe(text);
  });

  test("takes sixteen signatures and no more", () => {
    const others = (count: number) => "— other.example AAAAAAE=\n".repeat(count);
    const max = NOTE_SIGNATURES_MAX;
    expect(verdict(`${GO_TEXT}\n${others(max - 1)}${PETER_LINE}`)).toBe(GO_TEXT);
    expect(verdict(`${GO_TEXT}\n${others(max)}${PETER_LINE}`)).toBe(
      "the note has too many signatures",
    );
  });
});

describe("a note is refused", () => {
  test("with a reason, if its form is wrong", () => {
    const note = `${GO_TEXT}\n${PETER_LINE}`;
    const base64 = PETER_LINE.slice("— PeterNeumann ".length, -1);
    const forms: readonly (readonly [string | Uint8Array, string])[] = [
      ["", "the note has no empty line before its signatures"],
      [GO_TEXT + PETER_LINE, "the note has no empty line before its signatures"],
      [`${GO_TEXT}\n`, "the note has no signature"],
      [note.slice(0, -1), "the last line does not end"],
      [`${note}\n`, "the note has no signature"],
      [`${note}more\n`, "a signature line is malformed"],
      [note.replace("your", "yo\tur"), "the text has a control character"],
      [note.replaceAll("\n", "\r\n"), "the note has no empty line before its signatures"],
      [`${GO_TEXT}\n- PeterNeumann ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— Peter Neumann ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— Peter+Neumann ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— Peter\u00a0Neumann ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n—  ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— PeterNeumann  ${base64}\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— PeterNeumann ${base64} \n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— PeterNeumann ${base64.slice(0, -1)}\n`, "a signature line is malformed"],
      [
        `${GO_TEXT}\n— PeterNeumann ${base64.replace("M=", "N=")}\n`,
        "a signature line is malformed",
      ],
      [`${GO_TEXT}\n— PeterNeumann x08gow==\n`, "a signature line is malformed"],
      [`${GO_TEXT}\n— PeterNeumann x08go/Y=\n`, "the signature of a known key does not hold"],
      [note.replace("cryptography", "Cryptography"), "the signature of a known key does not hold"],
      [`${note}${PETER_LINE}`, "a known key has two signature lines"],
      [Uint8Array.of(...bytesOf(note)).with(3, 0xff), "the note is not UTF-8"],
      [Uint8Array.of(0xef, 0xbb, 0xbf, 0xed, 0xa0, 0x80), "the note is not UTF-8"],
      [`\ufeff${note}`, "the signature of a known key does not hold"],
      ["x".repeat(NOTE_SIZE_MAX + 1), "the note is too long"],
    ];
    const verdicts = forms.map(([form]) => verdict(form));
    expect(verdicts).toEqual(forms.map(([, reason]) => reason));
  });

  test("if one known key of two has signed something else", () => {
    const other = signText("other\n", enoch, () => new Uint8Array(64).fill(1));
    const first = signText(GO_TEXT, peter, signWith(PETER_SEED));
    const note = encodeNote({ text: GO_TEXT, signatures: [first, other] });
    expect(verdict(note)).toBe("the signature of a known key does not hold");
    expect(verdict(note, [peter])).toBe(GO_TEXT);
  });

  test("if a signature has another length, though the caller's verifier would take it", () => {
    const short = bytesOf(`${GO_TEXT}\n— PeterNeumann x08go/Y=\n`);
    expect(openNote(short, [peter], () => true)).toEqual({
      ok: false,
      reason: "the signature of a known key does not hold",
    });
  });

  test("if two known keys answer to one name and hash", () => {
    expect(verdict(`${GO_TEXT}\n${PETER_LINE}`, [peter, peter])).toBe(
      "two known keys share their name and hash",
    );
  });

  test("if any bit is flipped, or else what it says is written in exactly those bytes", () => {
    const note = bytesOf(`${GO_TEXT}\n${ENOCH_LINE}${PETER_LINE}`);
    let parsed = 0;
    for (let bit = 0; bit < note.length * 8; bit++) {
      const flipped = note.with(bit >> 3, note[bit >> 3]! ^ (1 << (bit & 7)));
      const form = parseNote(flipped);
      if (form.ok) {
        parsed++;
        expect(compareBytes(encodeNote(form.note), flipped)).toBe(0);
      }
      // Only a line that is no longer Enoch's or no longer Peter's leaves the other's standing.
      const opened = openNote(flipped, [peter, enoch], verifyEd25519);
      if (opened.ok) expect([opened.text, opened.signedBy.length]).toEqual([GO_TEXT, 1]);
    }
    expect(parsed).toBeGreaterThan(500);
  });

  test("without ever throwing, whatever the bytes are", () => {
    const prng = new Prng(6);
    const note = bytesOf(SPEC_NOTE);
    let opened = 0;
    for (let round = 0; round < 5000; round++) {
      const from = prng.below(note.length);
      const bytes = Uint8Array.from(note);
      bytes.set(prng.bytes(prng.below(Math.min(8, note.length - from))), from);
      const cut = bytes.subarray(0, prng.chance(50) ? bytes.length : prng.below(bytes.length));
      if (openNote(cut, [known(SPEC_VKEY)], verifyEd25519).ok) {
        opened++;
        expect(compareBytes(cut, note)).toBe(0);
      }
    }
    expect(opened).toBeGreaterThan(0);
  });
});

describe("our own mistakes stop us", () => {
  test("before a note is written that nobody could read", () => {
    const signatures = [signText(GO_TEXT, peter, signWith(PETER_SEED))];
    expect(() => encodeNote({ text: "no end", signatures })).toThrow("newline");
    expect(() => encodeNote({ text: "a\rb\n", signatures })).toThrow("control");
    expect(() => encodeNote({ text: GO_TEXT, signatures: [] })).toThrow("1 to 16");
    expect(() => noteKey("a b", peter.publicKey)).toThrow("key name");
    expect(() => noteKey("", peter.publicKey)).toThrow("key name");
    expect(() => noteKey("a", new Uint8Array(31))).toThrow("32 bytes");
    expect(() => signText(GO_TEXT, peter, () => new Uint8Array(63))).toThrow("64 bytes");
  });
});
