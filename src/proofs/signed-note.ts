/**
 * Signed notes: a text with Ed25519 signatures under it (C2SP signed-note).
 *
 *   text, one or more lines, each ended by a newline
 *                                                          an empty line
 *   — <key name> <base64 of 4 bytes key hash | signature>  one line per signature, 1 to 16
 *
 * key hash = first 4 bytes of SHA-256( name | 0A | 01 | public key, 32 bytes )
 * vkey     = <name>+<key hash, 8 hex digits>+<base64 of 01 | public key>
 *
 * Every note has one encoding: whatever encodeNote would not have written is refused, with a
 * reason in words. Signatures of unknown keys are ignored, one bad one of a known key refuses
 * the note. Signing and verifying are functions of the caller: no key lives here.
 */
import { assert } from "../base/assert.ts";
import { equalBytes, viewOf } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { PlacedSha256 } from "./tree-hash.ts";

/** The format asks readers to take at least as many. */
export const NOTE_SIGNATURES_MAX = 16;
/** Sixteen of the longest signatures in use, post-quantum ones, and a text beside them. */
export const NOTE_SIZE_MAX = 131_072;

const ED25519 = 0x01;
const PUBLIC_KEY_SIZE = 32;
const SIGNATURE_SIZE = 64;
const KEY_HASH_SIZE = 4;
const SEPARATOR = "\n\n";
const LINE_START = "\u2014 ";

export type Refused = { readonly ok: false; readonly reason: string };
export type NoteKey = {
  readonly name: string;
  /** u32. */
  readonly hash: number;
  readonly publicKey: Uint8Array;
};
export type NoteSignature = {
  readonly name: string;
  readonly hash: number;
  readonly signature: Uint8Array;
};
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

/** What libsodium's `crypto_sign_detached` does with the key it holds. */
export type Sign = (message: Uint8Array) => Uint8Array;
export type Verify = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean;

export type ParsedKey = { readonly ok: true; readonly key: NoteKey } | Refused;
export type ParsedNote = { readonly ok: true; readonly note: Note } | Refused;
export type OpenedNote =
  | { readonly ok: true; readonly text: string; readonly signedBy: readonly NoteKey[] }
  | Refused;

/** The key called `name`, which must be a key name. */
export function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  assert(isKeyName(name), "a key name has no spaces, plus signs or control characters");
  assert(publicKey.length === PUBLIC_KEY_SIZE, "an Ed25519 public key has 32 bytes");
  return { name, hash: keyHash(name, publicKey), publicKey };
}

export function encodeVkey(key: NoteKey): string {
  return `${key.name}+${hashDigits(key.hash)}+${typedKey(key.publicKey).toBase64()}`;
}

export function parseVkey(vkey: string): ParsedKey {
  const nameEnd = vkey.indexOf("+");
  const hashEnd = vkey.indexOf("+", nameEnd + 1);
  if (nameEnd < 0 || hashEnd < 0) return refused("a vkey is name+hash+key");
  const name = vkey.slice(0, nameEnd);
  if (!isKeyName(name)) return refused("the key name is empty or has a forbidden character");
  const typed = fromBase64(vkey.slice(hashEnd + 1));
  if (typed === null) return refused("the key is not base64");
  if (typed.length !== 1 + PUBLIC_KEY_SIZE || typed[0] !== ED25519) {
    return refused("the key is not an Ed25519 key");
  }
  const key = noteKey(name, typed.slice(1));
  if (vkey.slice(nameEnd + 1, hashEnd) !== hashDigits(key.hash)) {
    return refused("the key hash is not that of the name and key");
  }
  return { ok: true, key };
}

/** The signature line's content for `text`, made with the private half of `key`. */
export function signText(text: string, key: NoteKey, sign: Sign): NoteSignature {
  const signature = sign(new TextEncoder().encode(text));
  assert(signature.length === SIGNATURE_SIZE, "an Ed25519 signature has 64 bytes");
  return { name: key.name, hash: key.hash, signature };
}

export function encodeNote(note: Note): Uint8Array {
  const { text, signatures } = note;
  assert(isText(text), "a note's text ends in a newline and has no other control characters");
  assert(signatures.length >= 1 && signatures.length <= NOTE_SIGNATURES_MAX, "1 to 16 signatures");
  const bytes = new TextEncoder().encode(`${text}\n${signatures.map(encodeLine).join("")}`);
  assert(bytes.length <= NOTE_SIZE_MAX, "a note is at most NOTE_SIZE_MAX bytes");
  return bytes;
}

/** Reads the form only: nothing of the text may be believed before `openNote`. */
export function parseNote(bytes: Uint8Array): ParsedNote {
  if (bytes.length > NOTE_SIZE_MAX) return refused("the note is too long");
  const whole = fromUtf8(bytes);
  if (whole === null) return refused("the note is not UTF-8");
  const split = whole.lastIndexOf(SEPARATOR);
  if (split < 0) return refused("the note has no empty line before its signatures");
  const text = whole.slice(0, split + 1);
  if (!isText(text)) return refused("the text has a control character");
  const lines = whole.slice(split + SEPARATOR.length).split("\n");
  if (lines.pop() !== "") return refused("the last line does not end");
  if (lines.length === 0) return refused("the note has no signature");
  if (lines.length > NOTE_SIGNATURES_MAX) return refused("the note has too many signatures");

  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseLine(line);
    if (signature === null) return refused("a signature line is malformed");
    signatures.push(signature);
  }
  return { ok: true, note: { text, signatures } };
}

/** The text, once at least one of `keys` has signed it and none of them has signed it badly. */
export function openNote(bytes: Uint8Array, keys: readonly NoteKey[], verify: Verify): OpenedNote {
  const parsed = parseNote(bytes);
  if (!parsed.ok) return parsed;
  const { text, signatures } = parsed.note;
  const message = new TextEncoder().encode(text);
  const signedBy: NoteKey[] = [];
  for (const line of signatures) {
    const known = keys.filter((key) => key.name === line.name && key.hash === line.hash);
    const key = known[0];
    if (key === undefined) continue;
    if (known.length > 1) return refused("two known keys share their name and hash");
    if (signedBy.includes(key)) return refused("a known key has two signature lines");
    if (line.signature.length !== SIGNATURE_SIZE || !verify(message, line.signature, key.publicKey))
      return refused("the signature of a known key does not hold");
    signedBy.push(key);
  }
  if (signedBy.length === 0) return refused("no known key has signed the note");
  return { ok: true, text, signedBy };
}

export function refused(reason: string): Refused {
  return { ok: false, reason };
}

/** The bytes of standard base64 in its one canonical form, or null. */
export function fromBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const bytes = Uint8Array.fromBase64(text);
  return bytes.toBase64() === text ? bytes : null; // Unused bits of the last digit are zero.
}

function encodeLine(line: NoteSignature): string {
  assert(isKeyName(line.name), "a key name has no spaces, plus signs or control characters");
  assert(line.signature.length > 0, "a signature has at least one byte");
  const bytes = new Uint8Array(KEY_HASH_SIZE + line.signature.length);
  viewOf(bytes).setUint32(0, line.hash, false);
  bytes.set(line.signature, KEY_HASH_SIZE);
  return `${LINE_START}${line.name} ${bytes.toBase64()}\n`;
}

function parseLine(line: string): NoteSignature | null {
  if (!line.startsWith(LINE_START)) return null;
  const [name, base64, ...more] = line.slice(LINE_START.length).split(" ");
  if (name === undefined || base64 === undefined || more.length > 0) return null;
  const bytes = fromBase64(base64);
  if (!isKeyName(name) || bytes === null || bytes.length <= KEY_HASH_SIZE) return null;
  const hash = viewOf(bytes).getUint32(0, false);
  return { name, hash, signature: bytes.slice(KEY_HASH_SIZE) };
}

function keyHash(name: string, publicKey: Uint8Array): number {
  const hash = new Uint8Array(HASH_SIZE);
  const encoded = new TextEncoder().encode(`${name}\n`);
  new PlacedSha256().update(encoded).update(typedKey(publicKey)).digest(hash, 0);
  return viewOf(hash).getUint32(0, false);
}

function typedKey(publicKey: Uint8Array): Uint8Array {
  const typed = new Uint8Array(1 + PUBLIC_KEY_SIZE);
  typed[0] = ED25519;
  typed.set(publicKey, 1);
  return typed;
}

function hashDigits(hash: number): string {
  return hash.toString(16).padStart(8, "0");
}

function isKeyName(name: string): boolean {
  return name.isWellFormed() && /^[^\p{White_Space}\p{Cc}+]+$/u.test(name);
}

/** Lines without control characters below U+0020, each ended by a newline. */
function isText(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what the format forbids
  return text.isWellFormed() && text.endsWith("\n") && !/[\0-\x09\x0b-\x1f]/.test(text);
}

/** The string whose UTF-8 is exactly `bytes`, or null: a wrong byte would come back as another. */
function fromUtf8(bytes: Uint8Array): string | null {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  return equalBytes(new TextEncoder().encode(text), bytes) ? text : null;
}
