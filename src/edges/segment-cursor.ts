/**
 * Segment cursor: finds entries by position and hands them out in order, up to a bound that the
 * caller knows to be announced. It never looks at what lies behind that bound.
 *
 *   cursor = (segment, offset, next)    the entry at `offset` begins at position `next`
 *
 * Reading on is one read per batch. A jump goes by the segments' names, then from the nearest known
 * place of that segment; while it walks, a cursor remembers a place about every MiB. Small reads
 * near the tip are done at once (the page cache has them), larger ones off the event loop.
 */
import { existsSync } from "node:fs";
import {
  EntryView,
  isSegmentEnd,
  readEntryHeader,
  SEGMENT_HEADER_SIZE,
  scanEntry,
} from "../protocol/segment.ts";
import type { Role } from "./directory-lock.ts";
import { Gone, LogFault } from "./log.ts";
import { listSegments, SegmentFile, segmentPath } from "./segment-files.ts";

const READ_SIZE_MIN = 16_384;
const READ_SIZE_MAX = 1_048_576;
/** Up to this size a read is done at once. */
const READ_NOW_SIZE_MAX = 65_536;
const PLACE_EVERY = 1_048_576;

interface Place {
  readonly offset: number;
  readonly next: number;
}

export interface TakeRange {
  /** The first entry is the one that holds this position. */
  readonly position: number;
  /** No entry behind this position is looked at. */
  readonly last: number;
  /** Entries of about so many bytes, but one at least. */
  readonly bytesMax: number;
}

/** Gets every entry of a batch; the bytes are on loan until `SegmentCursor.take` resolves. */
export type Take = (entry: EntryView, bytes: Uint8Array) => void;

export class SegmentCursor {
  private file: SegmentFile | null = null;
  private offset = 0;
  private next = 0;
  private buffer = new Uint8Array(READ_SIZE_MIN);
  private readSize = READ_SIZE_MIN;
  private readonly entry = new EntryView();
  /** Known places of the open segment, rising. */
  private places: Place[] = [];

  private readonly dir: string;
  private readonly role: Role;

  constructor(dir: string, role: Role) {
    this.dir = dir;
    this.role = role;
  }

  async take(range: TakeRange, take: Take): Promise<void> {
    let file = await this.seek(range.position);
    let bytes = await this.load(file);
    if (isSegmentEnd(bytes, 0)) {
      file = this.open(this.next);
      bytes = await this.load(file);
    }
    let at = 0;
    while (this.next <= range.last && at < range.bytesMax) {
      if (!this.readEntry(file, bytes, at)) break;
      take(this.entry, bytes);
      this.next = this.entry.last + 1;
      at = this.entry.end;
    }
    this.adapt(this.next > range.last, range.bytesMax);
    this.moveBy(at);
  }

  /** Reads little where the tip is near, and twice as much each time while it is far. */
  private adapt(isAtTip: boolean, bytesMax: number): void {
    const larger = Math.min(this.readSize * 2, bytesMax, READ_SIZE_MAX);
    this.readSize = isAtTip ? READ_SIZE_MIN : Math.max(larger, READ_SIZE_MIN);
  }

  /** False where the bytes end inside or before an entry that is not the first of them. */
  private readEntry(file: SegmentFile, bytes: Uint8Array, at: number): boolean {
    const entry = this.entry;
    const isEnd = isSegmentEnd(bytes, at);
    const wrong = isEnd ? "entry is cut" : scanEntry(bytes, at, file.header.salt, entry);
    if (at > 0 && (wrong === "entry header is cut" || wrong === "entry is cut")) return false;
    if (wrong !== "") throw this.damage(file, at, wrong);
    if (entry.first === this.next && entry.kind === file.header.kind) return true;
    throw this.damage(file, at, `entry begins at position ${entry.first}, not at ${this.next}`);
  }

  /** The next bytes of the segment: one whole entry at least, unless the segment is over. */
  private async load(file: SegmentFile): Promise<Uint8Array> {
    const bytes = await this.loadSome(file, this.readSize);
    if (readEntryHeader(bytes, 0, file.header.salt, this.entry) !== "") return bytes;
    const { end } = this.entry;
    return end > bytes.length ? this.loadSome(file, end) : bytes;
  }

  private async loadSome(file: SegmentFile, size: number): Promise<Uint8Array> {
    if (this.buffer.length < size) this.buffer = new Uint8Array(size);
    const bytes = this.buffer.subarray(0, size);
    const read =
      size <= READ_NOW_SIZE_MAX
        ? file.readInto(bytes, this.offset)
        : await file.readLater(bytes, this.offset);
    return bytes.subarray(0, read);
  }

  /** Goes to the entry that holds `position`; to the end of the segment before if it begins one. */
  private async seek(position: number): Promise<SegmentFile> {
    if (this.file !== null && position === this.next) return this.file;
    const firsts = listSegments(this.dir, this.role);
    const first = firsts.findLast((begin) => begin <= position);
    if (first === undefined) {
      throw new Gone(firsts[0] ?? 1, `position ${position} of ${this.role} in ${this.dir}`);
    }
    const file = this.file?.header.first === first ? this.file : this.open(first);
    const place = this.places.findLast((known) => known.next <= position) ?? beginOf(first);
    this.offset = place.offset;
    this.next = place.next;
    this.readSize = READ_SIZE_MAX;
    while (await this.walk(file, position));
    this.readSize = READ_SIZE_MIN;
    return file;
  }

  /** Moves over entries below `position`, a buffer full of them; false when it has arrived. */
  private async walk(file: SegmentFile, position: number): Promise<boolean> {
    const bytes = await this.load(file);
    let at = 0;
    while (this.next <= position && bytes.length > 0) {
      if (!this.readEntry(file, bytes, at)) break;
      if (this.entry.last >= position) {
        this.moveBy(at);
        return false;
      }
      this.next = this.entry.last + 1;
      at = this.entry.end;
    }
    this.moveBy(at);
    return at > 0;
  }

  private open(first: number): SegmentFile {
    if (!existsSync(segmentPath(this.dir, this.role, first))) {
      const begin = listSegments(this.dir, this.role)[0] ?? 0;
      if (begin > first) throw new Gone(begin, `position ${first} of ${this.role} in ${this.dir}`);
      const where = this.file === null ? this.dir : `${this.file.path} at offset ${this.offset}`;
      throw new LogFault(`${where}: position ${first} is announced but not there`);
    }
    const file = SegmentFile.open(this.dir, this.role, first, "r");
    this.close();
    this.file = file;
    this.places = [];
    this.offset = SEGMENT_HEADER_SIZE;
    this.next = first;
    return file;
  }

  private moveBy(size: number): void {
    this.offset += size;
    const newest = this.places.at(-1)?.offset ?? 0;
    if (this.offset - newest < PLACE_EVERY) return;
    this.places.push({ offset: this.offset, next: this.next });
  }

  private damage(file: SegmentFile, at: number, what: string): LogFault {
    return new LogFault(`${file.path} at offset ${this.offset + at}: ${what}`);
  }

  close(): void {
    this.file?.close();
    this.file = null;
  }
}

function beginOf(first: number): Place {
  return { offset: SEGMENT_HEADER_SIZE, next: first };
}
