/**
 * SegmentCutter: records into segments, as they lie in the export before they are compressed.
 *
 * Borders of entries (about 256 KiB) and segments (about 16 MiB) follow from the records, not from
 * how they were packed, and from where the caller begins and ends.
 */
import { SEGMENT_BYTES } from "../edges/export-store.ts";
import { RECORD_SIZE_MAX } from "../protocol/codes.ts";
import type { RecordView } from "../protocol/record.ts";
import {
  encodeEntry,
  encodeSegmentHeader,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
} from "../protocol/segment.ts";

const ENTRY_BYTES = 1 << 18;

export interface CutSegment {
  readonly first: number;
  readonly last: number;
  /** Of its last record. */
  readonly rulesVersion: number;
  readonly bytes: Uint8Array;
}

export class SegmentCutter {
  private readonly shard: number;
  private readonly venue: Uint8Array;
  private readonly entry = new Uint8Array(ENTRY_BYTES + RECORD_SIZE_MAX);
  private entryFirst = 0;
  private entryTime = 0;
  private entryCount = 0;
  private entryBytes = 0;
  private parts: Uint8Array[] = [];
  private size = SEGMENT_HEADER_SIZE;
  private first = 0;
  private last = 0;
  private rulesVersion = 0;

  constructor(shard: number, venue: Uint8Array) {
    this.shard = shard;
    this.venue = venue;
  }

  /** A segment that this record has filled, or null. */
  add(bytes: Uint8Array, position: number, record: RecordView): CutSegment | null {
    if (this.first === 0) this.first = position;
    if (this.entryCount === 0) {
      this.entryFirst = position;
      this.entryTime = record.logTime;
    }
    this.entry.set(bytes, this.entryBytes);
    this.entryBytes += bytes.length;
    this.entryCount++;
    this.last = position;
    this.rulesVersion = record.rulesVersion;
    if (this.entryBytes >= ENTRY_BYTES) this.sealEntry();
    return this.size >= SEGMENT_BYTES ? this.finish() : null;
  }

  /** What was added since the last segment, or null for nothing. */
  finish(): CutSegment | null {
    const segment = this.rest();
    this.parts = [];
    this.size = SEGMENT_HEADER_SIZE;
    this.first = 0;
    this.entryCount = 0;
    this.entryBytes = 0;
    return segment;
  }

  /** The same, and it goes on as if nobody had asked. */
  rest(): CutSegment | null {
    const parts = this.entryCount === 0 ? this.parts : [...this.parts, this.entryBytesOf()];
    if (parts.length === 0) return null;
    const { shard, venue, first, last, rulesVersion } = this;
    const header = encodeSegmentHeader({ kind: SEGMENT_INPUT, shard, first, salt: 0, venue });
    const size = parts.reduce((sum, part) => sum + part.length, header.length);
    const bytes = new Uint8Array(size);
    bytes.set(header);
    let at = header.length;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { first, last, rulesVersion, bytes };
  }

  private sealEntry(): void {
    const part = this.entryBytesOf();
    this.parts.push(part);
    this.size += part.length;
    this.entryCount = 0;
    this.entryBytes = 0;
  }

  private entryBytesOf(): Uint8Array {
    const { entryFirst: first, entryCount: count, entryTime: logTime } = this;
    const payload = this.entry.subarray(0, this.entryBytes);
    return encodeEntry({ kind: SEGMENT_INPUT, first, count, logTime }, payload, 0);
  }
}
