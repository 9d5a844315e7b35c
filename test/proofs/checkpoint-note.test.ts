/** Checkpoint notes: a head that the Go checksum database has signed, then our own. */
import { describe, expect, test } from "bun:test";
import {
  encodeCheckpoint,
  openCheckpoint,
  parseCheckpoint,
  signCheckpoint,
} from "../../src/proofs/checkpoint-note.ts";
import { noteKey, parseVkey } from "../../src/proofs/signed-note.ts";
import { publicKeyOf, signWith, verifyEd25519 } from "./ed25519.ts";

const ROOT_BASE64 = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
const ROOT = Uint8Array.fromBase64(ROOT_BASE64);
const SPEC_TEXT = `example.com/behind-the-sofa\n20852163\n${ROOT_BASE64}\n`;
const SEED = new Uint8Array(32).fill(7);

describe("a checkpoint", () => {
  test("of the specification is read and written back", () => {
    const checkpoint = { origin: "example.com/behind-the-sofa", size: 20852163, root: ROOT };
    expect(parseCheckpoint(SPEC_TEXT)).toEqual({ ok: true, checkpoint });
    expect(encodeCheckpoint(checkpoint)).toBe(SPEC_TEXT);
  });

  test("that the Go checksum database once signed holds under its key", () => {
    const vkey = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    const key = parseVkey(vkey);
    if (!key.ok) throw new Error(key.reason);
    const note =
      `go.sum database tree\n20852163\n${ROOT_BASE64}\n\n— sum.golang.org ` +
      "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n";
    const trust = { origin: "go.sum database tree", keys: [key.key], verify: verifyEd25519 };
    expect(openCheckpoint(new TextEncoder().encode(note), trust)).toEqual({
      ok: true,
      checkpoint: { origin: "go.sum database tree", size: 20852163, root: ROOT },
      signedBy: [key.key],
    });
  });

  test("signed by us opens for its origin and key only", () => {
    const key = noteKey("clob.example/1/in", publicKeyOf(SEED));
    const checkpoint = { origin: "clob.example/1/in", size: 0, root: ROOT };
    const note = signCheckpoint(checkpoint, key, signWith(SEED));
    const trust = { origin: checkpoint.origin, keys: [key], verify: verifyEd25519 };
    expect(openCheckpoint(note, trust)).toEqual({ ok: true, checkpoint, signedBy: [key] });
    expect(openCheckpoint(note, { ...trust, origin: "clob.example/1/state" })).toEqual({
      ok: false,
      reason: "the note is of another tree",
    });
    const stranger = noteKey(key.name, publicKeyOf(new Uint8Array(32)));
    expect(openCheckpoint(note, { ...trust, keys: [stranger] })).toEqual({
      ok: false,
      reason: "no known key has signed the note",
    });
  });

  test("has one form only", () => {
    const lines = (...parts: readonly string[]) => `${parts.join("\n")}\n`;
    const forms: readonly (readonly [string, string])[] = [
      ["", "a checkpoint is exactly three lines"],
      [lines("a", "1"), "a checkpoint is exactly three lines"],
      [`a\n1\n${ROOT_BASE64}`, "a checkpoint is exactly three lines"],
      [lines("a", "1", ROOT_BASE64, "extension"), "a checkpoint is exactly three lines"],
      [lines("a", "1", ROOT_BASE64, ""), "a checkpoint is exactly three lines"],
      [lines("", "1", ROOT_BASE64), "the origin is empty or has a control character"],
      [lines("a\tb", "1", ROOT_BASE64), "the origin is empty or has a control character"],
      [lines("a", "", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "01", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "-1", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "+1", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "1e3", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", " 1", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "9007199254740992", ROOT_BASE64), "the size is not a number of leaves"],
      [lines("a", "1", ROOT_BASE64.slice(4)), "the root is not 32 bytes"],
      [lines("a", "1", ROOT_BASE64.slice(0, -1)), "the root is not 32 bytes"],
      [lines("a", "1", ROOT_BASE64.replace("2I=", "2J=")), "the root is not 32 bytes"],
      [lines("a", "1", ROOT_BASE64.replace("/", "_")), "the root is not 32 bytes"],
      [lines("a", "1", `${ROOT_BASE64} `), "the root is not 32 bytes"],
    ];
    const reasons = forms.map(([text]) => {
      const parsed = parseCheckpoint(text);
      return parsed.ok ? "accepted" : parsed.reason;
    });
    expect(reasons).toEqual(forms.map(([, reason]) => reason));
    expect(parseCheckpoint(lines("a", "9007199254740991", ROOT_BASE64)).ok).toBe(true);
  });
});
