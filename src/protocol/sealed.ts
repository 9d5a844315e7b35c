/**
 * Sealed object: bytes of a shard that never change again, compressed. In the export these are the
 * segments of `in` and the snapshots.
 *
 *   offset  size  field
 *        0     1  version        1
 *        1     1  kind           1 records of `in` (segment.ts, salt 0), 3 snapshot
 *        2     2  shard
 *        4     4  "CZST"
 *        8     8  first          position of the first record; of a snapshot the same as last
 *       16     8  last           position of the last record that is covered
 *       24     2  rules_version
 *       26     2  reserved       zero
 *       28     4  size           of the bytes before they were compressed
 *       32    32  venue          the venue id
 *       64    32  hash           SHA-256 of those bytes
 *       96     -  one zstd frame
 *
 * Two objects are the same if their first 96 bytes are: another version of zstd may pack the same
 * bytes otherwise.
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";

export const SEALED_VERSION = 1;
export const SEALED_INPUT = 1;
export const SEALED_SNAPSHOT = 3;
export const SEALED_HEADER_SIZE = 96;

const MAGIC_U32 = 0x54535a43;
const MAGIC = 4;
const FIRST = 8;
const LAST = 16;
const RULES = 24;
const RESERVED = 26;
const SIZE = 28;
const VENUE = 32;
const HASH = 64;

export interface SealedHeader {
  readonly kind: number;
  readonly shard: number;
  readonly first: number;
  readonly last: number;
  readonly rulesVersion: number;
  readonly size: number;
  readonly venue: Uint8Array;
  readonly hash: Uint8Array;
}

export function encodeSealedHeader(header: SealedHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SEALED_HEADER_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, SEALED_VERSION);
  view.setUint8(1, header.kind);
  view.setUint16(2, header.shard, true);
  view.setUint32(MAGIC, MAGIC_U32, true);
  writeU64(view, FIRST, header.first);
  writeU64(view, LAST, header.last);
  view.setUint16(RULES, header.rulesVersion, true);
  view.setUint32(SIZE, header.size, true);
  bytes.set(header.venue, VENUE);
  bytes.set(header.hash, HASH);
  return bytes;
}

/** The header at the begin of these bytes, or a sentence about what is wrong. */
export function decodeSealedHeader(bytes: Uint8Array): SealedHeader | string {
  if (bytes.length < SEALED_HEADER_SIZE) return "its header is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(0);
  if (version !== SEALED_VERSION) return `version ${version} of a sealed object is unknown`;
  if (view.getUint32(MAGIC, true) !== MAGIC_U32) return "not a sealed object";
  const kind = view.getUint8(1);
  if (kind !== SEALED_INPUT && kind !== SEALED_SNAPSHOT) return `kind ${kind} is unknown`;
  if (view.getUint16(RESERVED, true) !== 0) return "reserved bytes of its header are not zero";
  const first = readU64(view, FIRST);
  const last = readU64(view, LAST);
  if (first < 1 || last < first) return "its header names no positions";
  return {
    kind,
    shard: view.getUint16(2, true),
    first,
    last,
    rulesVersion: view.getUint16(RULES, true),
    size: view.getUint32(SIZE, true),
    venue: bytes.slice(VENUE, HASH),
    hash: bytes.slice(HASH, SEALED_HEADER_SIZE),
  };
}
