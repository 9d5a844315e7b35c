/**
 * Segment: a file of a log, both in the embedded log and in the export. One header, then entries.
 *
 *   segment header, 64 bytes                        entry header, 40 bytes
 *   offset  size  field                             offset  size  field
 *        0     1  version   1                            0     1  version   1
 *        1     1  kind      1 in, 2 ex                   1     1  kind      1 in, 2 ex
 *        2     2  shard                                  2     2  reserved  zero
 *        4     4  "CSEG"                                 4     4  "CENT"
 *        8     8  first     position, 1 or more          8     8  first     position
 *       16     4  salt      of the sums below           16     4  count     of positions, 1 or more
 *       20     4  reserved  zero                        20     4  size      of the bytes
 *       24    32  venue     the venue id                24     8  log_time  of `in`; zero in `ex`
 *       56     4  reserved  zero                        32     4  crc32 of the bytes
 *       60     4  crc32 of bytes 0 .. 59                36     4  crc32 of bytes 0 .. 35
 *                                                       40     -  bytes
 *
 * The bytes of an `in` entry are a pack (record.ts), `count` records. Those of an `ex` entry are
 * one execution record (execution.ts), which covers `count` positions. The next entry begins
 * behind them. A zero where an entry's version should be is the end: a writer keeps zeros ahead of
 * itself.
 *
 * An entry's sums start from the salt, so that nobody who does not know it can hide an entry
 * inside a frame. A running writer's salt is random; the export's is zero, so that its bytes are
 * the same for all.
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";

export const SEGMENT_VERSION = 1;
export const SEGMENT_INPUT = 1;
export const SEGMENT_EXECUTION = 2;
export const SEGMENT_HEADER_SIZE = 64;
export const ENTRY_HEADER_SIZE = 40;
/** Largest pack or execution record: 32 MiB. */
export const ENTRY_BYTES_MAX = 33_554_432;
/** "CENT": where an entry's begin is searched behind damage. */
export const ENTRY_MAGIC = Uint8Array.of(0x43, 0x45, 0x4e, 0x54);
export const ENTRY_MAGIC_AT = 4;

const SEGMENT_MAGIC_U32 = 0x47455343;
const ENTRY_MAGIC_U32 = 0x544e4543;
const MAGIC = 4;
const FIRST = 8;
const SALT = 16;
const VENUE = 24;
const VENUE_END = 56;
const SEGMENT_CRC = 60;
const COUNT = 16;
const SIZE = 20;
const LOG_TIME = 24;
const BYTES_CRC = 32;
const HEADER_CRC = 36;

export interface SegmentHeader {
  readonly kind: number;
  readonly shard: number;
  readonly first: number;
  readonly salt: number;
  readonly venue: Uint8Array;
}

export function encodeSegmentHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(SEGMENT_HEADER_SIZE);
  const view = viewOf(bytes);
  view.setUint8(0, SEGMENT_VERSION);
  view.setUint8(1, header.kind);
  view.setUint16(2, header.shard, true);
  view.setUint32(MAGIC, SEGMENT_MAGIC_U32, true);
  writeU64(view, FIRST, header.first);
  view.setUint32(SALT, header.salt, true);
  bytes.set(header.venue, VENUE);
  view.setUint32(SEGMENT_CRC, crc32(bytes.subarray(0, SEGMENT_CRC)), true);
  return bytes;
}

/** The header at the begin of these bytes, or a sentence about what is wrong. */
export function decodeSegmentHeader(bytes: Uint8Array): SegmentHeader | string {
  if (bytes.length < SEGMENT_HEADER_SIZE) return "segment header is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(0);
  if (version !== SEGMENT_VERSION) return `segment version ${version} is unknown`;
  if (view.getUint32(MAGIC, true) !== SEGMENT_MAGIC_U32) return "not a segment";
  if (view.getUint32(SEGMENT_CRC, true) !== crc32(bytes.subarray(0, SEGMENT_CRC))) {
    return "segment header has a wrong checksum";
  }
  const kind = view.getUint8(1);
  if (kind !== SEGMENT_INPUT && kind !== SEGMENT_EXECUTION)
    return `segment kind ${kind} is unknown`;
  if (view.getUint32(SALT + 4, true) !== 0 || view.getUint32(VENUE_END, true) !== 0) {
    return "reserved bytes of a segment are not zero";
  }
  const first = readU64(view, FIRST);
  if (first < 1) return "segment begins below position 1";
  const venue = bytes.slice(VENUE, VENUE_END);
  return { kind, shard: view.getUint16(2, true), first, salt: view.getUint32(SALT, true), venue };
}

export interface EntryHeader {
  readonly kind: number;
  readonly first: number;
  readonly count: number;
  readonly logTime: number;
}

/** Writes the header in front of `size` bytes that already lie behind it; `at` is the header's. */
export function sealEntry(
  bytes: Uint8Array,
  place: { readonly at: number; readonly size: number; readonly salt: number },
  header: EntryHeader,
): void {
  const { at, size, salt } = place;
  const view = viewOf(bytes);
  view.setUint8(at, SEGMENT_VERSION);
  view.setUint8(at + 1, header.kind);
  view.setUint16(at + 2, 0, true);
  view.setUint32(at + MAGIC, ENTRY_MAGIC_U32, true);
  writeU64(view, at + FIRST, header.first);
  view.setUint32(at + COUNT, header.count, true);
  view.setUint32(at + SIZE, size, true);
  writeU64(view, at + LOG_TIME, header.logTime);
  const begin = at + ENTRY_HEADER_SIZE;
  view.setUint32(at + BYTES_CRC, crc32(bytes.subarray(begin, begin + size), salt), true);
  view.setUint32(at + HEADER_CRC, crc32(bytes.subarray(at, at + HEADER_CRC), salt), true);
}

/** Header and bytes as they follow one another in a segment. */
export function encodeEntry(
  header: EntryHeader,
  payload: Uint8Array,
  salt: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(ENTRY_HEADER_SIZE + payload.length);
  bytes.set(payload, ENTRY_HEADER_SIZE);
  sealEntry(bytes, { at: 0, size: payload.length, salt }, header);
  return bytes;
}

/** An entry where it lies; filled in place. */
export class EntryView {
  kind = 0;
  first = 0;
  last = 0;
  count = 0;
  logTime = 0;
  /** Offsets of the header, of the bytes, and behind them. */
  at = 0;
  begin = 0;
  end = 0;
}

/** Whether no entry begins at `at`: the bytes are over, or zeros follow. */
export function isSegmentEnd(bytes: Uint8Array, at: number): boolean {
  return at >= bytes.length || bytes[at] === 0;
}

/**
 * "" and `into` filled from the header alone, or what is wrong with it. The bytes may be
 * absent.
 */
export function readEntryHeader(
  bytes: Uint8Array,
  at: number,
  salt: number,
  into: EntryView,
): string {
  if (at + ENTRY_HEADER_SIZE > bytes.length) return "entry header is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(at);
  if (version !== SEGMENT_VERSION) return `entry version ${version} is unknown`;
  if (view.getUint32(at + MAGIC, true) !== ENTRY_MAGIC_U32) return "no entry begins here";
  const sum = crc32(bytes.subarray(at, at + HEADER_CRC), salt);
  if (view.getUint32(at + HEADER_CRC, true) !== sum) return "entry header has a wrong checksum";
  const size = view.getUint32(at + SIZE, true);
  if (size > ENTRY_BYTES_MAX) return `entry of ${size} bytes is over ${ENTRY_BYTES_MAX}`;
  const count = view.getUint32(at + COUNT, true);
  if (count === 0) return "entry covers no positions";
  if (view.getUint16(at + 2, true) !== 0) return "reserved bytes of an entry are not zero";
  into.kind = view.getUint8(at + 1);
  into.first = readU64(view, at + FIRST);
  into.count = count;
  into.last = into.first + count - 1;
  into.logTime = readU64(view, at + LOG_TIME);
  into.at = at;
  into.begin = at + ENTRY_HEADER_SIZE;
  into.end = into.begin + size;
  return "";
}

/** "" and `into` filled with a whole entry whose sums are right, or what is wrong at `at`. */
export function scanEntry(bytes: Uint8Array, at: number, salt: number, into: EntryView): string {
  const wrong = readEntryHeader(bytes, at, salt, into);
  if (wrong !== "") return wrong;
  if (into.end > bytes.length) return "entry is cut";
  const sum = crc32(bytes.subarray(into.begin, into.end), salt);
  const kept = viewOf(bytes).getUint32(at + BYTES_CRC, true);
  return sum === kept ? "" : "entry has a wrong checksum";
}
