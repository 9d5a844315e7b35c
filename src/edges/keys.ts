/**
 * keys: a seed of 32 bytes becomes a signer, and files hold it.
 *
 *   private   PKCS#8 PEM, mode 0600, as written by `openssl genpkey -algorithm ed25519`
 *   public    SPKI PEM, as written by `openssl pkey -pubout`, or 64 hex digits
 *
 * A private key is never accepted as hex: a seed looks like a public key, and somebody would
 * publish it. A signer derives its public key from the seed itself, so it can never be made to sign
 * under another one (which would give the seed away). The seed stays inside the runtime's key
 * object: neither the signer nor any error shows it when printed.
 *
 * Signing is BoringSSL's: here 86 k signatures of 200 bytes a second, libsodium 22 k.
 */
import { type KeyObject, createPrivateKey, createPublicKey, sign } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { assert } from "../base/assert.ts";
import { fromHex } from "../base/bytes.ts";
import { PUBLIC_KEY_SIZE, publicKeyObject } from "./verify.ts";

export const SEED_SIZE = 32;

/** Key files are a few hundred bytes; a larger file is something else. */
const KEY_FILE_SIZE_MAX = 16 * 1024;

export interface Signer {
  readonly publicKey: Uint8Array;
  /** 64 fresh bytes, the same for the same message. */
  sign(message: Uint8Array): Uint8Array;
}

/** A key file that cannot be used. The message is a sentence that names the file, never the key. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/** The DER bytes before an Ed25519 seed in its standard envelope (RFC 8410). */
const PKCS8_HEAD = Uint8Array.fromHex("302e020100300506032b657004220420");

export function signerFromSeed(seed: Uint8Array): Signer {
  assert(seed.length === SEED_SIZE, "a seed has 32 bytes");
  return signerFromKey(privateKeyObject(seed));
}

function signerFromKey(key: KeyObject): Signer {
  const publicKey = rawPublicKey(createPublicKey(key));
  return { publicKey, sign: (message) => new Uint8Array(sign(null, message, key)) };
}

function privateKeyObject(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PKCS8_HEAD, seed]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  der.fill(0);
  return key;
}

/** The last 32 bytes of the envelope, copied. */
function rawPublicKey(key: KeyObject): Uint8Array {
  const der = key.export({ format: "der", type: "spki" });
  return new Uint8Array(der.subarray(der.length - PUBLIC_KEY_SIZE));
}

/** Makes a new key, in a new file that only its owner may read. Never overwrites. */
export function generateKeyFile(path: string): Signer {
  const seed = crypto.getRandomValues(new Uint8Array(SEED_SIZE));
  const key = privateKeyObject(seed);
  seed.fill(0);
  createPrivateFile(path, key.export({ format: "pem", type: "pkcs8" }));
  return signerFromKey(key);
}

/** Reads a private key; refuses a file that others may read. */
export function readKeyFile(path: string): Signer {
  const pem = readSmallFile(path, { isPrivate: true });
  if (pem.includes("BEGIN ENCRYPTED PRIVATE KEY")) {
    throw new KeyFileError(
      `${path} is encrypted; decrypt it first: openssl pkey -in FILE -out NEWFILE`,
    );
  }
  const key = parsed(() => createPrivateKey(pem));
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new KeyFileError(
      `${path} holds no Ed25519 private key in PEM form; ` +
        "make one with: openssl genpkey -algorithm ed25519 -out FILE",
    );
  }
  return signerFromKey(key);
}

/** Reads 32 bytes from a PEM public key or 64 hex digits; refuses a file with a private key. */
export function readPublicKeyFile(path: string): Uint8Array {
  const text = readSmallFile(path, { isPrivate: false }).trim();
  if (text.includes("PRIVATE KEY")) {
    throw new KeyFileError(
      `${path} holds a private key where a public one is wanted; ` +
        "extract it with: openssl pkey -in FILE -pubout -out NEWFILE",
    );
  }
  const raw = fromHex(text);
  if (raw?.length === PUBLIC_KEY_SIZE) return raw;

  const key = parsed(() => createPublicKey(text));
  if (key?.asymmetricKeyType !== "ed25519") {
    throw new KeyFileError(
      `${path} holds no Ed25519 public key; give a PEM public key or 64 hex digits`,
    );
  }
  return rawPublicKey(key);
}

/** What `openssl pkey -pubout` would print. */
export function publicKeyPem(publicKey: Uint8Array): string {
  assert(publicKey.length === PUBLIC_KEY_SIZE, "a public key has 32 bytes");
  return publicKeyObject(publicKey).export({ format: "pem", type: "spki" });
}

/** The parser's own message is dropped: the file is named instead, and no byte of it is shown. */
function parsed(parse: () => KeyObject): KeyObject | null {
  try {
    return parse();
  } catch {
    return null;
  }
}

function createPrivateFile(path: string, text: string): void {
  const file = openOrExplain(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL);
  try {
    fchmodSync(file, 0o600);
    writeFileSync(file, text);
    fsyncSync(file);
  } catch (error) {
    unlinkSync(path);
    throw new KeyFileError(`${path} could not be written: ${reasonOf(error)}`);
  } finally {
    closeSync(file);
  }
}

/** Looks at the file that is open, so that nobody can swap it between the look and the read. */
function readSmallFile(path: string, { isPrivate }: { isPrivate: boolean }): string {
  const file = openOrExplain(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { mode, size } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG || size > KEY_FILE_SIZE_MAX) {
      throw new KeyFileError(`${path} is not a key file: it must be a small regular file`);
    }
    if (isPrivate && process.platform !== "win32" && (mode & 0o077) !== 0) {
      throw new KeyFileError(
        `${path} can be read by others than its owner; run: chmod 600 ${path}`,
      );
    }
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function openOrExplain(path: string, flags: number): number {
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    throw new KeyFileError(`${path} could not be opened: ${reasonOf(error)}`);
  }
}

/** The sentence for the system's answer. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  const sentences = new Map([
    ["EEXIST", "a file of that name exists already, and a key is never overwritten"],
    ["ENOENT", "there is no such file or folder"],
    ["EACCES", "permission denied"],
    ["EISDIR", "it is a folder"],
    ["ENOTDIR", "a part of the path is not a folder"],
    ["ENOSPC", "the disk is full"],
    ["EROFS", "the disk is read-only"],
  ]);
  return sentences.get(code) ?? code;
}
