/**
 * Commitment chunk: commitments that follow one another, as one object of the export.
 *
 *   offset  size  field
 *        0     1  version       1
 *        1     1  kind          5
 *        2     2  shard
 *        4     4  count         1 or more
 *        8     8  first         number of the first
 *       16        [ u32 size ][ commitment ] ...
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";

const VERSION = 1;
const KIND = 5;
const HEADER_SIZE = 16;

export interface CommitmentChunk {
  readonly shard: number;
  readonly first: number;
  readonly entries: readonly Uint8Array[];
}

export function encodeCommitmentChunk(chunk: CommitmentChunk): Uint8Array<ArrayBuffer> {
  const { shard, first, entries } = chunk;
  const size = entries.reduce((sum, entry) => sum + 4 + entry.length, HEADER_SIZE);
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setUint8(0, VERSION);
  view.setUint8(1, KIND);
  view.setUint16(2, shard, true);
  view.setUint32(4, entries.length, true);
  writeU64(view, 8, first);
  let at = HEADER_SIZE;
  for (const entry of entries) {
    view.setUint32(at, entry.length, true);
    bytes.set(entry, at + 4);
    at += 4 + entry.length;
  }
  return bytes;
}

/** The chunk in all of these bytes, or a sentence about what is wrong. */
export function decodeCommitmentChunk(bytes: Uint8Array): CommitmentChunk | string {
  if (bytes.length < HEADER_SIZE) return "its header is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(0);
  if (version !== VERSION) return `version ${version} of commitments is unknown`;
  if (view.getUint8(1) !== KIND) return "not commitments";
  const count = view.getUint32(4, true);
  if (count === 0) return "it holds no commitment";
  const entries: Uint8Array[] = [];
  let at = HEADER_SIZE;
  for (let i = 0; i < count; i++) {
    const end = at + 4 <= bytes.length ? at + 4 + view.getUint32(at, true) : Infinity;
    if (end > bytes.length) return "it is cut";
    entries.push(bytes.subarray(at + 4, end));
    at = end;
  }
  if (at !== bytes.length) return "bytes follow its last commitment";
  return { shard: view.getUint16(2, true), first: readU64(view, 8), entries };
}
