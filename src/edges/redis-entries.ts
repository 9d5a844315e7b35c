/**
 * Redis entries: a pack as it lies in the stream, and records made of it.
 *
 *   d   count u32 | size u32, count times | frames one after the other; size 0 is a tick
 *   t   log time in digits
 *   s   "rules_version:directory_origin" in digits; where another version governs from the middle
 *       of the pack on: "1:1,500 2:1", with the position
 *   b   log time of the entry before it
 *
 * A record's header is not stored: it follows from the entry, 24 bytes saved per record.
 */
import { viewOf } from "../base/bytes.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { FRAME_SIZE_MAX, RECORD_HEADER_SIZE, writeRecord } from "../protocol/record.ts";

const U32 = 4;

export function encodeFrames(frames: readonly Uint8Array[]): Uint8Array {
  let size = U32 * (frames.length + 1);
  for (const frame of frames) size += frame.length;
  const bytes = new Uint8Array(size);
  const view = viewOf(bytes);
  view.setUint32(0, frames.length, true);
  let at = U32 * (frames.length + 1);
  frames.forEach((frame, i) => {
    view.setUint32(U32 * (i + 1), frame.length, true);
    bytes.set(frame, at);
    at += frame.length;
  });
  return bytes;
}

/** An entry of `in`, checked: its sizes add up. */
export interface PackEntry {
  readonly count: number;
  readonly frames: Uint8Array;
  readonly logTime: number;
  /** Log time of the entry before. */
  readonly before: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
  /** What governs from a position in the pack's middle; null for most. */
  readonly later: Upgrade | null;
}

const STAMP = /^([0-9]{1,5}):([0-9]{1,5})(?:,([0-9]{1,16}) ([0-9]{1,5}):\2)?$/;

/** The entry of these fields, or a sentence about what is wrong. */
export function readPackEntry(
  frames: Uint8Array | undefined,
  [time, timeBefore]: readonly [string, string],
  stamp: string,
): PackEntry | string {
  const [logTime, before] = [readTime(time), readTime(timeBefore)];
  if (logTime === null) return "it has no log time";
  if (before === null) return "it does not name the entry before";
  const parts = STAMP.exec(stamp);
  if (parts === null) return "it does not name its rules";
  if (frames === undefined || frames.length < U32) return "it has no frames";
  const view = viewOf(frames);
  const count = view.getUint32(0, true);
  let size = U32 * (count + 1);
  if (count === 0 || size > frames.length) return "its count does not fit";
  for (let i = 1; i <= count; i++) {
    const frameSize = view.getUint32(U32 * i, true);
    if (frameSize > FRAME_SIZE_MAX) return "a frame is too large";
    size += frameSize;
  }
  if (size !== frames.length) return "its sizes do not add up";
  const [, rulesVersion = 0, directoryOrigin = 0, from = 0, version = 0] = parts.map(Number);
  const later = parts[3] === undefined ? null : { version, from };
  return { count, frames, logTime, before, rulesVersion, directoryOrigin, later };
}

function readTime(text: string): number | null {
  const time = Number(text);
  return /^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(time) ? time : null;
}

/**
 * Bytes of the records of these entries, which begin at position `first`, the first `skip` of the
 * first entry left out.
 */
export function composeRecords(
  shard: number,
  entries: readonly PackEntry[],
  { first, skip }: { readonly first: number; readonly skip: number },
): Uint8Array {
  let size = 0;
  for (const entry of entries) {
    size += entry.frames.length - U32 + entry.count * (RECORD_HEADER_SIZE - U32);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  let position = first;
  entries.forEach((entry, i) => {
    at = composeEntry(bytes, at, { shard, entry, position, skip: i === 0 ? skip : 0 });
    position += entry.count;
  });
  return bytes.subarray(0, at);
}

interface Composed {
  readonly shard: number;
  readonly entry: PackEntry;
  /** Of its first record. */
  readonly position: number;
  readonly skip: number;
}

function composeEntry(
  into: Uint8Array,
  start: number,
  { shard, entry, position, skip }: Composed,
): number {
  const { count, frames, rulesVersion, directoryOrigin, logTime, later } = entry;
  const header = { shard, rulesVersion, directoryOrigin, logTime };
  const after = later === null ? header : { ...header, rulesVersion: later.version };
  const border = (later?.from ?? Infinity) - position;
  const view = viewOf(frames);
  let from = U32 * (count + 1);
  let at = start;
  for (let i = 0; i < count; i++) {
    const end = from + view.getUint32(U32 * (i + 1), true);
    if (i >= skip) {
      at = writeRecord(into, at, i < border ? header : after, frames.subarray(from, end));
    }
    from = end;
  }
  return at;
}
