/**
 * Segment recovery: what a writer does with the tail that it finds, before anybody may read it.
 *
 *   in   every entry but the last was synced before the next was begun. So only the last one may be
 *        torn, and is cut; damage with a good entry behind it is corruption, and nothing is touched
 *   ex   is never synced while its segment is written, and is re-made from `in`: it is cut at the
 *        first bad entry. Only its last two segments can hold one (see segment-appender.ts)
 *
 * An `in` that ends below what `ex` covers has lost acknowledged records, whatever the file looks
 * like.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { readU64, viewOf } from "../base/bytes.ts";
import { decodeExecution } from "../protocol/execution.ts";
import { SEGMENT_HEADER_SIZE } from "../protocol/segment.ts";
import type { Role } from "./directory-lock.ts";
import { LogFault } from "./log.ts";
import { syncDirectory } from "./segment-disk.ts";
import { listSegments, SegmentFile, segmentPath } from "./segment-files.ts";
import { findEntryBehind, type ScanEnd, scanSegment } from "./segment-scan.ts";

const EPOCH_AT = 24;

/** Where a writer goes on. */
export interface Tail {
  /** The segment to append to; null if there is none. */
  readonly file: SegmentFile | null;
  readonly offset: number;
  /** Position behind the last one. */
  readonly next: number;
  /** Of the last entry; 0 for none. */
  readonly logTime: number;
  /** Highest epoch seen in the entries that were walked. */
  readonly epoch: number;
}

/** Opens the tail of `in`, cuts a torn entry, and proves that nothing acknowledged is missing. */
export function recoverInput(dir: string): Tail {
  const first = lastSegment(dir, "in");
  const file = SegmentFile.open(dir, "in", first, "r+");
  const end = scanSegment(file, beginOf(first), () => "");
  if (end.reason !== "") {
    const good = findEntryBehind(file, end.offset, end.next);
    if (good > 0) {
      throw new LogFault(
        `${file.path} at offset ${end.offset}: ${end.reason}; a good entry follows at ${good}`,
      );
    }
  }
  refuseLostRecords(dir, end.next - 1);
  cut(file, end.offset);
  fs.fsyncSync(file.fd);
  return { file, offset: end.offset, next: end.next, logTime: end.logTime, epoch: 0 };
}

/** The newest segment; one whose creation was cut short is removed first. */
function lastSegment(dir: string, role: Role): number {
  const firsts = listSegments(dir, role);
  const first = firsts.at(-1);
  if (first === undefined) throw new LogFault(`${dir} holds no ${role} segment`);
  const path = segmentPath(dir, role, first);
  // Its header is synced before the first entry is written, so a file this short holds none.
  if (firsts.length === 1 || fs.statSync(path).size > SEGMENT_HEADER_SIZE) return first;
  fs.rmSync(path);
  syncDirectory(dir);
  return firsts.at(-2) ?? 0;
}

function beginOf(first: number): ScanEnd {
  return { offset: SEGMENT_HEADER_SIZE, next: first, logTime: 0, reason: "" };
}

function cut(file: SegmentFile, offset: number): void {
  if (file.size() > offset) fs.ftruncateSync(file.fd, offset);
}

/** `ex` was made from synced records: if it covers more than there is, some are gone. */
function refuseLostRecords(dir: string, tip: number): void {
  const first = listSegments(dir, "ex").at(-1);
  if (first === undefined) return;
  let covered = first - 1;
  if (fs.statSync(segmentPath(dir, "ex", first)).size > SEGMENT_HEADER_SIZE) {
    const file = SegmentFile.open(dir, "ex", first, "r");
    covered = scanSegment(file, beginOf(first), () => "").next - 1;
    file.close();
  }
  if (covered > tip) {
    throw new LogFault(`LOST: in of ${dir} ends at ${tip}, but ex covers ${covered}`);
  }
}

/** Opens the tail of `ex` and cuts it at the first entry that is not right. */
export function recoverExecution(dir: string): Tail {
  const firsts = listSegments(dir, "ex").slice(-2);
  let tail: Tail = { file: null, offset: 0, next: firsts[0] ?? 1, logTime: 0, epoch: 0 };
  for (const first of firsts) {
    const scanned = first === tail.next ? scanExecution(dir, first, tail.epoch) : null;
    if (scanned === null) {
      fs.rmSync(segmentPath(dir, "ex", first));
      continue;
    }
    tail.file?.close();
    tail = scanned;
  }
  return tail;
}

/** The tail if that segment were the last; null if not even its header is right. */
function scanExecution(dir: string, first: number, epochBefore: number): Tail | null {
  const file = openIfRight(dir, first);
  if (file === null) return null;
  let epoch = epochBefore;
  const end = scanSegment(file, beginOf(first), (entry, bytes) => {
    const payload = bytes.subarray(entry.begin, entry.end);
    const record = decodeExecution(payload);
    if (typeof record === "string") return record;
    epoch = Math.max(epoch, readU64(viewOf(payload), EPOCH_AT));
    const fits = record.first === entry.first && record.last === entry.last;
    return fits ? "" : "entry and its record cover different positions";
  });
  cut(file, end.offset);
  return { file, offset: end.offset, next: end.next, logTime: 0, epoch };
}

function openIfRight(dir: string, first: number): SegmentFile | null {
  try {
    return SegmentFile.open(dir, "ex", first, "r+");
  } catch (error) {
    if (error instanceof LogFault) return null;
    throw error;
  }
}

/** Where the first record lies once its segment was trimmed away. */
export const GENESIS_NAME = "genesis";

/** The genesis record: the first entry of the first segment, or its copy; null if there is none. */
export function readGenesis(dir: string): { record: Uint8Array } | null {
  if (!fs.existsSync(segmentPath(dir, "in", 1))) {
    const copy = join(dir, GENESIS_NAME);
    return fs.existsSync(copy) ? { record: new Uint8Array(fs.readFileSync(copy)) } : null;
  }
  const file = SegmentFile.open(dir, "in", 1, "r");
  let record: Uint8Array | null = null;
  const end = scanSegment(file, beginOf(1), (entry, bytes) => {
    if (record !== null) return "enough";
    record = bytes.slice(entry.begin, entry.end);
    return "";
  });
  file.close();
  if (record !== null) return { record };
  throw new LogFault(`${segmentPath(dir, "in", 1)} at offset ${end.offset}: ${end.reason}`);
}
