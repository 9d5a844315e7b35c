/**
 * ExportRecords: the records of an export one after the other, every byte around them checked.
 *
 *   segments follow densely, entries follow densely in a segment, records fill an entry exactly
 */
import { viewOf } from "../base/bytes.ts";
import type { ExportDir } from "../edges/export-dir.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import {
  decodeSegmentHeader,
  EntryView,
  readEntryHeader,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
  scanEntry,
} from "../protocol/segment.ts";
import { equalBytes } from "../base/bytes.ts";
import { Lie } from "./lie.ts";

export interface ExportedRecord {
  readonly position: number;
  /** The bytes that `record` was read from. */
  readonly view: DataView;
  readonly record: RecordView;
  readonly bytes: Uint8Array;
}

/** Who the export says it is of; null before its genesis is known. */
export interface SegmentOwner {
  readonly shard: number;
  readonly venue: Uint8Array;
}

/**
 * `judge` is asked about the bytes of an entry whose checksum is wrong, so that the record that was
 * changed is named and not only the entry; it throws a Lie if it finds it.
 */
export function* exportedRecords(
  dir: ExportDir,
  shard: number,
  judge: (position: number, bytes: Uint8Array) => void,
): Generator<ExportedRecord & { readonly owner: SegmentOwner }> {
  let next = 1;
  for (const first of dir.segments()) {
    if (first !== next)
      throw new Lie("segment", first, `the segment of position ${next} is missing`);
    const segment = new SegmentRecords(dir.readSegment(first), first, shard);
    for (const record of segment.records(judge)) {
      yield { ...record, owner: segment.owner };
      next = record.position + 1;
    }
  }
}

/**
 * Record 1 as it lies there, its entry's checksum not yet judged: it says whose export this is, and
 * only then can the record that was changed be found.
 */
export function firstRecord(dir: ExportDir, shard: number): Uint8Array {
  const [first] = dir.segments();
  if (first !== 1) throw new Lie("segment", 1, "it is missing");
  return new SegmentRecords(dir.readSegment(1), 1, shard).firstRecord();
}

class SegmentRecords {
  readonly owner: SegmentOwner;
  private readonly bytes: Uint8Array;
  private readonly first: number;

  constructor(bytes: Uint8Array, first: number, shard: number) {
    const header = decodeSegmentHeader(bytes);
    if (typeof header === "string") throw new Lie("segment", first, header);
    const isRight =
      header.kind === SEGMENT_INPUT &&
      header.shard === shard &&
      header.first === first &&
      header.salt === 0;
    if (!isRight) throw new Lie("segment", first, "its header is not that of its place");
    this.bytes = bytes;
    this.first = first;
    this.owner = { shard: header.shard, venue: header.venue };
  }

  *records(judge: (position: number, bytes: Uint8Array) => void): Generator<ExportedRecord> {
    const entry = new EntryView();
    let position = this.first;
    let at = SEGMENT_HEADER_SIZE;
    if (at === this.bytes.length) throw new Lie("segment", this.first, "it is empty");
    while (at < this.bytes.length) {
      const wrong = scanEntry(this.bytes, at, 0, entry);
      if (wrong !== "") this.blame(at, position, wrong, judge);
      if (entry.kind !== SEGMENT_INPUT || entry.first !== position) {
        throw new Lie("record", position, "its entry's header names another place");
      }
      yield* this.entryRecords(entry);
      position = entry.last + 1;
      at = entry.end;
    }
  }

  firstRecord(): Uint8Array {
    const entry = new EntryView();
    const wrong = readEntryHeader(this.bytes, SEGMENT_HEADER_SIZE, 0, entry);
    if (wrong !== "") throw new Lie("record", 1, `its entry is damaged: ${wrong}`);
    const bytes = this.bytes.subarray(entry.begin);
    const record = new RecordView();
    const broken = readRecord(viewOf(bytes), 0, record);
    if (broken !== "") throw new Lie("record", 1, broken);
    return bytes.subarray(0, record.end);
  }

  private *entryRecords(entry: EntryView): Generator<ExportedRecord> {
    const bytes = this.bytes.subarray(entry.begin, entry.end);
    const view = viewOf(bytes);
    const record = new RecordView();
    let at = 0;
    for (let i = 0; i < entry.count; i++) {
      const position = entry.first + i;
      const wrong = readRecord(view, at, record);
      if (wrong !== "") throw new Lie("record", position, wrong);
      if (i === 0 && record.logTime !== entry.logTime) {
        throw new Lie("record", position, "its entry's header names another log time");
      }
      yield { position, view, record, bytes: bytes.subarray(at, record.end) };
      at = record.end;
    }
    if (at !== bytes.length) throw new Lie("record", entry.last, "bytes follow it in its entry");
  }

  /** Finds the record that was changed in a damaged entry, or names the entry. */
  private blame(
    at: number,
    position: number,
    wrong: string,
    judge: (position: number, bytes: Uint8Array) => void,
  ): never {
    const entry = new EntryView();
    if (readEntryHeader(this.bytes, at, 0, entry) === "" && entry.end <= this.bytes.length) {
      const bytes = this.bytes.subarray(entry.begin, entry.end);
      const view = viewOf(bytes);
      const record = new RecordView();
      for (let i = 0, from = 0; i < entry.count; i++) {
        const broken = readRecord(view, from, record);
        if (broken !== "") throw new Lie("record", position + i, broken);
        judge(position + i, bytes.subarray(from, record.end));
        from = record.end;
      }
    }
    throw new Lie("record", position, `its entry is damaged: ${wrong}`);
  }
}

/** Throws if a segment is not of this venue. */
export function checkOwner(owner: SegmentOwner, venue: Uint8Array, position: number): void {
  if (!equalBytes(owner.venue, venue)) {
    throw new Lie("segment", position, "it is of another venue");
  }
}
