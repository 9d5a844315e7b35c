/**
 * Redis entries: a pack as it lies in the stream, and records made of it.
 *
 *   d   count u32 | size u32, count times | frames one after the other; size 0 is a tick
 *   t   log time in digits
 *   s   "rules_version:directory_origin" in digits
 *   b   log time of the entry before it
 *
 * A record's header is not stored: it follows from the entry, 24 bytes saved per record.
 */
import { viewOf } from "../base/bytes.ts";
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
}

/** The entry of these fields, or a sentence about what is wrong. */
export function readPackEntry(
  frames: Uint8Array | undefined,
  [time, timeBefore]: readonly [string, string],
  stamp: string,
): PackEntry | string {
  const [logTime, before] = [readTime(time), readTime(timeBefore)];
  if (logTime === null) return "it has no log time";
  if (before === null) return "it does not name the entry before";
  const parts = /^([0-9]{1,5}):([0-9]{1,5})$/.exec(stamp);
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
  const [rulesVersion, directoryOrigin] = [Number(parts[1]), Number(parts[2])];
  return { count, frames, logTime, before, rulesVersion, directoryOrigin };
}

function readTime(text: string): number | null {
  const time = Number(text);
  return /^[0-9]{1,16}$/.test(text) && Number.isSafeInteger(time) ? time : null;
}

/** Bytes of the records of these entries, the first `skip` of the first entry left out. */
export function composeRecords(
  shard: number,
  entries: readonly PackEntry[],
  skip: number,
): Uint8Array {
  let size = 0;
  for (const entry of entries) {
    size += entry.frames.length - U32 + entry.count * (RECORD_HEADER_SIZE - U32);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  entries.forEach((entry, i) => {
    at = composeEntry(bytes, at, { shard, entry, skip: i === 0 ? skip : 0 });
  });
  return bytes.subarray(0, at);
}

function composeEntry(
  into: Uint8Array,
  start: number,
  { shard, entry, skip }: { shard: number; entry: PackEntry; skip: number },
): number {
  const { count, frames, rulesVersion, directoryOrigin, logTime } = entry;
  const header = { shard, rulesVersion, directoryOrigin, logTime };
  const view = viewOf(frames);
  let from = U32 * (count + 1);
  let at = start;
  for (let i = 0; i < count; i++) {
    const end = from + view.getUint32(U32 * (i + 1), true);
    if (i >= skip) at = writeRecord(into, at, header, frames.subarray(from, end));
    from = end;
  }
  return at;
}
