/**
 * Record: a signed frame with its log time, or a tick. What the input log holds and the tree
 * hashes.
 *
 *   offset  size  field
 *        0     1  version           1
 *        1     1  kind              1 frame, 2 tick
 *        2     2  shard
 *        4     2  rules_version     that governs here
 *        6     2  directory_origin  the shard that leads the directory
 *        8     8  log_time          microseconds since 1970, never going back within a shard
 *       16     4  frame_size        0 for a tick
 *       20     4  reserved          zero
 *       24     -  frame
 *
 * A pack is records appended together: their bytes one after the other. Pack borders mean nothing.
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { RECORD_SIZE_MAX } from "./codes.ts";

export const RECORD_VERSION = 1;
export const RECORD_FRAME = 1;
export const RECORD_TICK = 2;
export const RECORD_HEADER_SIZE = 24;
export const FRAME_SIZE_MAX = RECORD_SIZE_MAX - RECORD_HEADER_SIZE;

const KIND = 1;
const SHARD = 2;
const RULES_VERSION_AT = 4;
const DIRECTORY_ORIGIN = 6;
const LOG_TIME = 8;
const FRAME_SIZE = 16;
const RESERVED = 20;

export interface RecordHeader {
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
  readonly logTime: number;
}

/** Writes one record at `at`, an empty frame being a tick; returns the offset behind it. */
export function writeRecord(
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
  frame: Uint8Array,
): number {
  const view = viewOf(bytes);
  view.setUint8(at, RECORD_VERSION);
  view.setUint8(at + KIND, frame.length === 0 ? RECORD_TICK : RECORD_FRAME);
  view.setUint16(at + SHARD, header.shard, true);
  view.setUint16(at + RULES_VERSION_AT, header.rulesVersion, true);
  view.setUint16(at + DIRECTORY_ORIGIN, header.directoryOrigin, true);
  writeU64(view, at + LOG_TIME, header.logTime);
  view.setUint32(at + FRAME_SIZE, frame.length, true);
  view.setUint32(at + RESERVED, 0, true);
  bytes.set(frame, at + RECORD_HEADER_SIZE);
  return at + RECORD_HEADER_SIZE + frame.length;
}

/** A pack of these frames under one log time. */
export function encodePack(
  header: RecordHeader,
  frames: readonly Uint8Array[],
): Uint8Array<ArrayBuffer> {
  let size = frames.length * RECORD_HEADER_SIZE;
  for (const frame of frames) size += frame.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const frame of frames) at = writeRecord(bytes, at, header, frame);
  return bytes;
}

/** A record where it lies in a pack; filled in place, its arrays are views and allocate nothing. */
export class RecordView {
  kind = 0;
  shard = 0;
  rulesVersion = 0;
  directoryOrigin = 0;
  logTime = 0;
  frameSize = 0;
  /** Offset of the record, and of the one behind it. */
  at = 0;
  end = 0;
}

/** "" and `into` filled, or what is wrong with the bytes at `at`; `into` is then untouched. */
export function readRecord(view: DataView, at: number, into: RecordView): string {
  if (at + RECORD_HEADER_SIZE > view.byteLength) return "record header is cut";
  const version = view.getUint8(at);
  if (version !== RECORD_VERSION) return `record version ${version} is unknown`;
  const kind = view.getUint8(at + KIND);
  const size = view.getUint32(at + FRAME_SIZE, true);
  if (kind !== RECORD_FRAME && kind !== RECORD_TICK) return `record kind ${kind} is unknown`;
  if ((kind === RECORD_TICK) !== (size === 0)) return "a tick has no frame, a frame record has one";
  if (size > FRAME_SIZE_MAX) return `frame of ${size} bytes is over ${FRAME_SIZE_MAX}`;
  if (view.getUint32(at + RESERVED, true) !== 0) return "reserved bytes of a record are not zero";
  const end = at + RECORD_HEADER_SIZE + size;
  if (end > view.byteLength) return "record is cut";
  into.kind = kind;
  into.shard = view.getUint16(at + SHARD, true);
  into.rulesVersion = view.getUint16(at + RULES_VERSION_AT, true);
  into.directoryOrigin = view.getUint16(at + DIRECTORY_ORIGIN, true);
  into.logTime = readU64(view, at + LOG_TIME);
  into.frameSize = size;
  into.at = at;
  into.end = end;
  return "";
}
