/**
 * Checkpoint notes: the head of one of our trees as a signed note (C2SP tlog-checkpoint).
 *
 *   <origin>             which tree: "<venue>/<shard>/in" or "<venue>/<shard>/state"
 *   <size>               leaves, decimal, no leading zeroes, below 2^53
 *   <root>               base64 of 32 bytes
 *                        the signatures follow, see signed-note.ts
 *
 * Exactly these three lines: extension lines, which no monitor could audit, are refused.
 */
import { assert } from "../base/assert.ts";
import { HASH_SIZE } from "../base/hash.ts";
import {
  encodeNote,
  fromBase64,
  type NoteKey,
  openNote,
  type Refused,
  refused,
  type Sign,
  signText,
  type Verify,
} from "./signed-note.ts";

export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
};
export type ParsedCheckpoint = { readonly ok: true; readonly checkpoint: Checkpoint } | Refused;
export type OpenedCheckpoint =
  | { readonly ok: true; readonly checkpoint: Checkpoint; readonly signedBy: readonly NoteKey[] }
  | Refused;

/** The text that is signed. */
export function encodeCheckpoint(checkpoint: Checkpoint): string {
  const { origin, size, root } = checkpoint;
  assert(isOrigin(origin), "an origin is one line that is not empty");
  assert(Number.isSafeInteger(size) && size >= 0, "a tree has 0 to 2^53-1 leaves");
  assert(root.length === HASH_SIZE, "a root has 32 bytes");
  return `${origin}\n${size}\n${root.toBase64()}\n`;
}

export function parseCheckpoint(text: string): ParsedCheckpoint {
  const [origin, digits, base64, end, ...more] = text.split("\n");
  const isWhole = end === "" && more.length === 0;
  if (!isWhole || origin === undefined || digits === undefined || base64 === undefined) {
    return refused("a checkpoint is exactly three lines");
  }
  if (!isOrigin(origin)) return refused("the origin is empty or has a control character");
  const size = /^(0|[1-9]\d{0,15})$/.test(digits) ? Number(digits) : -1;
  if (size < 0 || !Number.isSafeInteger(size)) return refused("the size is not a number of leaves");
  const root = fromBase64(base64);
  if (root === null || root.length !== HASH_SIZE) return refused("the root is not 32 bytes");
  return { ok: true, checkpoint: { origin, size, root } };
}

/** The note of `checkpoint` with one signature, that of `key`. */
export function signCheckpoint(checkpoint: Checkpoint, key: NoteKey, sign: Sign): Uint8Array {
  const text = encodeCheckpoint(checkpoint);
  return encodeNote({ text, signatures: [signText(text, key, sign)] });
}

/** Whom to believe: any of `keys`, speaking of the tree `origin`. */
export type Trust = {
  readonly origin: string;
  readonly keys: readonly NoteKey[];
  readonly verify: Verify;
};

export function openCheckpoint(note: Uint8Array, trust: Trust): OpenedCheckpoint {
  const opened = openNote(note, trust.keys, trust.verify);
  if (!opened.ok) return opened;
  const parsed = parseCheckpoint(opened.text);
  if (!parsed.ok) return parsed;
  if (parsed.checkpoint.origin !== trust.origin) return refused("the note is of another tree");
  return { ok: true, checkpoint: parsed.checkpoint, signedBy: opened.signedBy };
}

function isOrigin(origin: string): boolean {
  // oxlint-disable-next-line no-control-regex -- they are what the format forbids
  return origin.isWellFormed() && origin !== "" && !/[\0-\x1f]/.test(origin);
}
