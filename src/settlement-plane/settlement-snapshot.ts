/**
 * Settlement snapshot: engine and checkpointer in one file.
 *
 *   [u32 size of the engine's][engine][checkpointer][SHA-256 of all before it]
 */
import { viewOf } from "../base/bytes.ts";
import { HASH_SIZE, sha256 } from "../base/hash.ts";

/** `saved`: all of it but the hash, see border-snapshots.ts. */
export function sealSnapshot(saved: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(saved.length + HASH_SIZE);
  bytes.set(saved);
  bytes.set(sha256(saved), saved.length);
  return bytes;
}

/** Its two parts, views of it, or what is wrong with it. */
export function unpackSnapshot(
  bytes: Uint8Array,
): { readonly engine: Uint8Array; readonly checkpointer: Uint8Array } | string {
  const end = bytes.length - HASH_SIZE;
  if (end < 4 || sha256(bytes.subarray(0, end)).toHex() !== bytes.subarray(end).toHex()) {
    return "its hash does not match";
  }
  const size = viewOf(bytes).getUint32(0, true);
  return { engine: bytes.subarray(4, 4 + size), checkpointer: bytes.subarray(4 + size, end) };
}
