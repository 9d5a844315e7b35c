/**
 * Key files: what openssl writes we read and the reverse, and no refusal shows a byte of a key.
 */
import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { generateKeyPairSync } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  KeyFileError,
  generateKeyFile,
  publicKeyPem,
  readKeyFile,
  readPublicKeyFile,
  signerFromSeed,
} from "../../src/edges/keys.ts";

const folder = mkdtempSync(join(tmpdir(), "clob-keys-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function freshPath(): string {
  return join(folder, `key-${files++}`);
}

function written(text: string, mode = 0o600): string {
  const path = freshPath();
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return path;
}

function openssl(...args: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(["openssl", ...args]);
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

/** What a call says when it refuses; anything but a KeyFileError breaks the test. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof KeyFileError) return error.message;
    throw error;
  }
  return "no refusal";
}

const SEED = Uint8Array.from({ length: 32 }, (_, i) => i * 7 + 1);
const PEM = pem(`302e020100300506032b657004220420${SEED.toHex()}`, "PRIVATE KEY");
const SIGNER = signerFromSeed(SEED);

function pem(hex: string, label: string): string {
  const lines = Uint8Array.fromHex(hex)
    .toBase64()
    .match(/.{1,64}/g)!;
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

describe("private key files", () => {
  test("a generated file gives the same signer again, whatever the umask", () => {
    const path = freshPath();
    const umask = process.umask(0);
    const made = generateKeyFile(path);
    process.umask(umask);
    const read = readKeyFile(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(read.publicKey).toEqual(made.publicKey);
    expect(read.sign(SEED)).toEqual(made.sign(SEED));
    expect(generateKeyFile(freshPath()).publicKey).not.toEqual(made.publicKey);
  });

  test("the seed in the file is the seed of the signer", () => {
    expect(readKeyFile(written(PEM)).publicKey).toEqual(SIGNER.publicKey);
    expect(readKeyFile(written(PEM.replaceAll("\n", "\r\n"))).publicKey).toEqual(SIGNER.publicKey);
  });

  test("an existing file, or a link in its place, is never overwritten", () => {
    const path = written("precious");
    const said =
      `${path} could not be opened: ` +
      "a file of that name exists already, and a key is never overwritten";
    expect(refusal(() => generateKeyFile(path))).toBe(said);
    expect(readFileSync(path, "utf8")).toBe("precious");

    const [link, target] = [freshPath(), freshPath()];
    symlinkSync(target, link);
    expect(refusal(() => generateKeyFile(link))).toContain("exists already");
    expect(existsSync(target)).toBe(false);
  });

  test.each([0o640, 0o604, 0o620, 0o644])("mode %o is refused, and chmod is named", (mode) => {
    const path = written(PEM, mode);
    const said = `${path} can be read by others than its owner; run: chmod 600 ${path}`;
    expect(refusal(() => readKeyFile(path))).toBe(said);
    chmodSync(path, 0o400);
    expect(readKeyFile(path).publicKey).toEqual(SIGNER.publicKey);
  });

  test("what is not a key file is refused by name", () => {
    const missing = freshPath();
    expect(refusal(() => readKeyFile(missing))).toBe(
      `${missing} could not be opened: there is no such file or folder`,
    );
    expect(refusal(() => generateKeyFile(join(missing, "key")))).toContain(
      "no such file or folder",
    );
    expect(refusal(() => readKeyFile(folder))).toContain("small regular file");
    expect(refusal(() => readKeyFile(written(PEM + " ".repeat(20_000))))).toContain(
      "small regular",
    );
  });

  test("other keys, hex, an empty file and broken PEM are refused and not shown", () => {
    const strange = [
      "",
      SEED.toHex(),
      PEM.slice(0, 70),
      PEM.replace("MC4CAQ", "MC4CAR"),
      publicKeyPem(SIGNER.publicKey),
      pem(`302e020100300506032b656e04220420${SEED.toHex()}`, "PRIVATE KEY"),
      generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
        format: "pem",
        type: "pkcs8",
      }),
    ];
    for (const text of strange) {
      const path = written(text);
      expect(refusal(() => readKeyFile(path))).toBe(
        `${path} holds no Ed25519 private key in PEM form; ` +
          "make one with: openssl genpkey -algorithm ed25519 -out FILE",
      );
    }
    const encrypted = written("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n");
    expect(refusal(() => readKeyFile(encrypted))).toContain("is encrypted; decrypt it first");
  });

  test("a file that brings its own, other public key is not believed", () => {
    const other = signerFromSeed(SEED.toReversed()).publicKey.toHex();
    const head = "3051020101300506032b657004220420";
    const path = written(pem(`${head}${SEED.toHex()}812100${other}`, "PRIVATE KEY"));
    expect(refusal(() => readKeyFile(path))).toContain("holds no Ed25519 private key");
  });

  test("a seed is copied: the caller's bytes stay, and wiping them harms no signer", () => {
    const seed = SEED.slice();
    const signer = signerFromSeed(seed);
    expect(seed).toEqual(SEED);
    seed.fill(0);
    expect(signer.sign(SEED)).toEqual(SIGNER.sign(SEED));
  });

  test("a signer does not show its seed", () => {
    const shown = Bun.inspect(SIGNER, { depth: 9 }) + JSON.stringify(SIGNER);
    expect(shown).toContain("publicKey");
    for (const secret of [SEED.toHex(), SEED.toBase64(), SEED.slice(0, 8).join(", ")]) {
      expect(shown).not.toContain(secret);
    }
  });
});

describe("public key files", () => {
  test("PEM and hex give the 32 bytes, and others may read them", () => {
    const hex = SIGNER.publicKey.toHex();
    for (const text of [publicKeyPem(SIGNER.publicKey), hex, `${hex.toUpperCase()}\n`]) {
      expect(readPublicKeyFile(written(text, 0o644))).toEqual(SIGNER.publicKey);
    }
  });

  test("a private key is refused, so that nobody publishes one", () => {
    const path = written(PEM);
    expect(refusal(() => readPublicKeyFile(path))).toBe(
      `${path} holds a private key where a public one is wanted; ` +
        "extract it with: openssl pkey -in FILE -pubout -out NEWFILE",
    );
  });

  test("anything else is refused by name", () => {
    const hex = SIGNER.publicKey.toHex();
    const x25519 = pem(`302a300506032b656e032100${hex}`, "PUBLIC KEY");
    for (const text of ["", hex.slice(2), `${hex}00`, `${hex.slice(1)}g`, x25519]) {
      const path = written(text);
      expect(refusal(() => readPublicKeyFile(path))).toBe(
        `${path} holds no Ed25519 public key; give a PEM public key or 64 hex digits`,
      );
    }
  });
});

describe.skipIf(Bun.which("openssl") === null)("openssl", () => {
  test("its private and public files are read", () => {
    const [secret, open] = [freshPath(), freshPath()];
    openssl("genpkey", "-algorithm", "ed25519", "-out", secret);
    chmodSync(secret, 0o600);
    openssl("pkey", "-in", secret, "-pubout", "-out", open);
    const signer = readKeyFile(secret);
    expect(readPublicKeyFile(open)).toEqual(signer.publicKey);
    expect(publicKeyPem(signer.publicKey)).toBe(readFileSync(open, "utf8"));
  });

  test("it reads our file, and verifies what we sign with it", () => {
    const [secret, message, signature] = [freshPath(), written("a message"), freshPath()];
    const signer = generateKeyFile(secret);
    writeFileSync(signature, signer.sign(readFileSync(message)));
    expect(openssl("pkey", "-in", secret, "-pubout")).toBe(publicKeyPem(signer.publicKey));
    const given = ["-inkey", secret, "-in", message, "-sigfile", signature];
    const verified = openssl("pkeyutl", "-verify", "-rawin", ...given);
    expect(verified).toContain("Verified Successfully");
  });
});
