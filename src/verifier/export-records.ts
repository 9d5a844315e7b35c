/**
 * ExportRecords: the records of an export one after the other, every byte around them checked.
 *
 *   segments follow densely, entries follow densely in a segment, records fill an entry exactly
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { ExportStore, SEGMENT_SIZE_MAX } from "../edges/export-store.ts";
import { unseal, type Unsealed } from "../edges/sealed-object.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import { SEALED_INPUT, type SealedHeader } from "../protocol/sealed.ts";
import {
  decodeSegmentHeader,
  EntryView,
  readEntryHeader,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
  scanEntry,
} from "../protocol/segment.ts";
import { Lie } from "./lie.ts";

export interface ExportedRecord {
  readonly position: number;
  /** The bytes that `record` was read from. */
  readonly view: DataView;
  readonly record: RecordView;
  readonly bytes: Uint8Array;
}

/** Asked about each record of an object that is damaged, so that it is named; throws a Lie. */
export type JudgeBytes = (position: number, bytes: Uint8Array) => void;

/**
 * The segment that begins at `first`. Where there is no whole one, the export ends at `end` between
 * two borders.
 */
export async function openSegment(
  store: ExportStore,
  first: number,
  end: number,
): Promise<SegmentRecords> {
  const whole = await store.get(ExportStore.segmentName(first));
  const object = whole ?? (await store.get(ExportStore.partSegmentName(first, end)));
  if (object === null) throw new Lie("segment", first, "it is missing");
  const unsealed = unseal(object, SEGMENT_SIZE_MAX);
  if (typeof unsealed === "string") throw new Lie("segment", first, unsealed);
  return new SegmentRecords(unsealed, { first, shard: store.shard });
}

export class SegmentRecords {
  /** As it says; the genesis tells whether it is true. */
  readonly venue: Uint8Array;
  readonly last: number;
  private readonly header: SealedHeader;
  private readonly bytes: Uint8Array;
  readonly first: number;
  /** "" or what is wrong with its bytes as a whole. */
  private readonly wrong: string;
  private rulesVersion = 0;

  constructor(
    { header, bytes, wrong }: Unsealed,
    { first, shard }: { readonly first: number; readonly shard: number },
  ) {
    const isRight =
      header.kind === SEALED_INPUT &&
      header.shard === shard &&
      header.first === first &&
      header.last - first < header.size / RECORD_HEADER_SIZE;
    if (!isRight) throw new Lie("segment", first, "its header is not that of its place");
    this.header = header;
    this.venue = header.venue;
    this.last = header.last;
    this.bytes = bytes;
    this.first = first;
    this.wrong = wrong;
  }

  /** All of them; throws a Lie for whatever is not as it must be. */
  *records(judge: JudgeBytes): Generator<ExportedRecord> {
    if (this.wrong !== "") {
      this.blameEntries(judge);
      throw new Lie("segment", this.first, this.wrong);
    }
    this.checkHeader();
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
    const { last, rulesVersion } = this.header;
    if (position - 1 !== last || this.rulesVersion !== rulesVersion) {
      throw new Lie("segment", this.first, "its header is not that of its records");
    }
  }

  private checkHeader(): void {
    const header = decodeSegmentHeader(this.bytes);
    if (typeof header === "string") throw new Lie("segment", this.first, header);
    const isRight =
      header.kind === SEGMENT_INPUT &&
      header.shard === this.header.shard &&
      header.first === this.first &&
      header.salt === 0 &&
      equalBytes(header.venue, this.venue);
    if (!isRight) throw new Lie("segment", this.first, "its header is not that of its place");
  }

  /** Of bytes that are not those that were sealed: the first record that is not the signed one. */
  private blameEntries(judge: JudgeBytes): void {
    const entry = new EntryView();
    let position = this.first;
    for (let at = SEGMENT_HEADER_SIZE; at < this.bytes.length; at = entry.end) {
      if (readEntryHeader(this.bytes, at, 0, entry) !== "") return;
      if (entry.end > this.bytes.length || entry.first !== position) return;
      this.judgeRecords(entry, judge);
      position = entry.last + 1;
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
      this.rulesVersion = record.rulesVersion;
      yield { position, view, record, bytes: bytes.subarray(at, record.end) };
      at = record.end;
    }
    if (at !== bytes.length) throw new Lie("record", entry.last, "bytes follow it in its entry");
  }

  /** Finds the record that was changed in a damaged entry, or names the entry. */
  private blame(at: number, position: number, wrong: string, judge: JudgeBytes): never {
    const entry = new EntryView();
    if (readEntryHeader(this.bytes, at, 0, entry) === "" && entry.end <= this.bytes.length) {
      this.judgeRecords(entry, judge, position);
    }
    throw new Lie("record", position, `its entry is damaged: ${wrong}`);
  }

  private judgeRecords(entry: EntryView, judge: JudgeBytes, first = entry.first): void {
    const bytes = this.bytes.subarray(entry.begin, entry.end);
    const view = viewOf(bytes);
    const record = new RecordView();
    for (let i = 0, from = 0; i < entry.count; i++) {
      const broken = readRecord(view, from, record);
      if (broken !== "") throw new Lie("record", first + i, broken);
      judge(first + i, bytes.subarray(from, record.end));
      from = record.end;
    }
  }
}
