/**
 * Segment scan: walks the entries of one segment and says where they end, and why.
 *
 *   header | entry | entry | entry | zeros          reason "", the end is clean
 *   header | entry | entry | ent                    reason "entry is cut": a torn tail
 *   header | entry | e#try | entry | zeros          damage with a good entry behind it
 *
 * It only looks. Who may cut what is decided in segment-recover.ts.
 */
import {
  ENTRY_MAGIC,
  ENTRY_MAGIC_AT,
  EntryView,
  isSegmentEnd,
  readEntryHeader,
  scanEntry,
} from "../protocol/segment.ts";
import type { SegmentFile } from "./segment-files.ts";

const WINDOW_SIZE = 1_048_576;

export interface ScanEnd {
  /** Offset behind the last good entry. */
  readonly offset: number;
  /** Position behind it. */
  readonly next: number;
  readonly logTime: number;
  /** "" if nothing but zeros follow, else what is wrong at `offset`. */
  readonly reason: string;
}

/** Called with every good entry; the bytes are on loan. Says what is wrong with it, or "". */
export type Visit = (entry: EntryView, bytes: Uint8Array) => string;

/** Walks from `from` to the last good entry. */
export function scanSegment(file: SegmentFile, from: ScanEnd, visit: Visit): ScanEnd {
  const entry = new EntryView();
  const buffer = new Uint8Array(WINDOW_SIZE);
  let { offset, next, logTime } = from;
  for (;;) {
    const bytes = windowAt(file, offset, buffer, entry);
    let at = 0;
    while (!isSegmentEnd(bytes, at)) {
      const wrong = scanEntry(bytes, at, file.header.salt, entry);
      if (isCut(wrong) && at > 0) break; // It begins in this window and ends behind it.
      const reason = wrong || misfit(file, entry, next, logTime) || visit(entry, bytes);
      if (reason !== "") return { offset: offset + at, next, logTime, reason };
      next = entry.last + 1;
      logTime = entry.logTime;
      at = entry.end;
    }
    if (at === 0) return { offset, next, logTime, reason: tailReason(file, offset) };
    offset += at;
  }
}

function isCut(wrong: string): boolean {
  return wrong === "entry header is cut" || wrong === "entry is cut";
}

/** The next bytes of the file: a window full, or more where one entry is larger. */
function windowAt(file: SegmentFile, at: number, into: Uint8Array, entry: EntryView): Uint8Array {
  const bytes = into.subarray(0, file.readInto(into, at));
  const isLarge =
    bytes.length === into.length &&
    readEntryHeader(bytes, 0, file.header.salt, entry) === "" &&
    entry.end > bytes.length;
  return isLarge ? file.read(at, entry.end) : bytes;
}

function misfit(file: SegmentFile, entry: EntryView, next: number, logTime: number): string {
  if (entry.kind !== file.header.kind) return "entry has the other log's kind";
  if (entry.first !== next) return `entry begins at position ${entry.first}, not at ${next}`;
  return entry.logTime < logTime ? "log time goes back" : "";
}

/** The end is clean if only zeros follow. */
function tailReason(file: SegmentFile, from: number): string {
  const buffer = new Uint8Array(WINDOW_SIZE);
  for (let at = from; ; ) {
    const size = file.readInto(buffer, at);
    if (size === 0) return "";
    if (buffer.subarray(0, size).some((byte) => byte !== 0)) {
      return "bytes lie behind the end";
    }
    at += size;
  }
}

/** Offset of the first good entry behind `from` that begins at `next` or later; 0 if none. */
export function findEntryBehind(file: SegmentFile, from: number, next: number): number {
  const magic = Buffer.from(ENTRY_MAGIC);
  const overlap = ENTRY_MAGIC.length - 1;
  const buffer = Buffer.alloc(WINDOW_SIZE);
  for (let at = from + ENTRY_MAGIC_AT; ; ) {
    const size = file.readInto(buffer, at);
    const bytes = buffer.subarray(0, size);
    for (let i = bytes.indexOf(magic); i >= 0; i = bytes.indexOf(magic, i + 1)) {
      const begin = at + i - ENTRY_MAGIC_AT;
      if (file.entryAt(begin) >= next) return begin;
    }
    if (size <= overlap) return 0;
    at += size - overlap;
  }
}
