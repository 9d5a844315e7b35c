/**
 * Segment readers: records of `in` and execution records of `ex`, up to what the writer announced.
 *
 * A batch of `in` is the bytes of whole packs one after the other, cut only at its begin: where
 * `after` lies inside a pack, the records up to it are left out.
 */
import { assert } from "../base/assert.ts";
import { viewOf } from "../base/bytes.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import type { EntryView } from "../protocol/segment.ts";
import type { BellPlace } from "./doorbell.ts";
import { Follower } from "./doorbell.ts";
import type { Role } from "./directory-lock.ts";
import { type ExecutionReader, type InputBatch, type InputReader, LogFault } from "./log.ts";
import { SegmentCursor } from "./segment-cursor.ts";

export interface ReaderPlace {
  readonly dir: string;
  readonly role: Role;
  readonly bell: BellPlace;
  /** Position that is on the disk whatever a writer says. */
  readonly synced: number;
}

/** What both readers are: a follower, and a cursor behind it. */
class Reading {
  readonly follower: Follower;
  readonly cursor: SegmentCursor;

  private readonly place: ReaderPlace;
  private isBusy = false;

  constructor(place: ReaderPlace) {
    this.place = place;
    this.follower = new Follower(place.bell, place.synced);
    this.cursor = new SegmentCursor(place.dir, place.role);
  }

  /** Waits for entries behind `after` and takes some; false once stopped. */
  async next(
    range: { readonly after: number; readonly bytesMax: number; readonly stop: AbortSignal },
    take: (entry: EntryView, bytes: Uint8Array) => void,
  ): Promise<boolean> {
    const { after, bytesMax, stop } = range;
    assert(!this.isBusy, "a reader reads one batch at a time");
    this.refuseBeyondTip(after);
    this.isBusy = true;
    try {
      if (!(await this.follower.above(after, stop))) return false;
      this.refuseBeyondTip(after);
      await this.cursor.take({ position: after + 1, last: this.follower.tip(), bytesMax }, take);
      return true;
    } finally {
      this.isBusy = false;
    }
  }

  private refuseBeyondTip(after: number): void {
    const tip = this.follower.tip();
    if (after <= tip || !this.follower.knowsWriter()) return;
    throw new LogFault(
      `LOST: ${this.place.role} of ${this.place.dir} ends at ${tip}, and ${after} was known`,
    );
  }

  close(): void {
    this.follower.close();
    this.cursor.close();
  }
}

export class SegmentInputReader implements InputReader {
  private readonly reading: Reading;
  private readonly record = new RecordView();

  constructor(place: ReaderPlace) {
    this.reading = new Reading(place);
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null> {
    const packs: Uint8Array[] = [];
    let last = after;
    const range = { after, bytesMax, stop };
    const isThere = await this.reading.next(range, (entry, bytes) => {
      const pack = bytes.subarray(entry.begin, entry.end);
      packs.push(this.behind(pack, after - entry.first + 1));
      last = entry.last;
    });
    if (!isThere) return null;
    return { first: after + 1, count: last - after, bytes: concatenate(packs) };
  }

  /** The pack without its first `count` records. */
  private behind(pack: Uint8Array, count: number): Uint8Array {
    const view = viewOf(pack);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const wrong = readRecord(view, at, this.record);
      if (wrong !== "") throw new LogFault(`a pack of in is not made of records: ${wrong}`);
      at = this.record.end;
    }
    return pack.subarray(at);
  }

  async tip(): Promise<number> {
    return this.reading.follower.tip();
  }

  async close(): Promise<void> {
    this.reading.close();
  }
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

export class SegmentExecutionReader implements ExecutionReader {
  private readonly reading: Reading;

  constructor(place: ReaderPlace) {
    this.reading = new Reading(place);
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<Uint8Array[] | null> {
    const records: Uint8Array[] = [];
    const range = { after, bytesMax, stop };
    const isThere = await this.reading.next(range, (entry, bytes) => {
      records.push(bytes.slice(entry.begin, entry.end));
    });
    return isThere ? records : null;
  }

  async tip(): Promise<number> {
    return this.reading.follower.tip();
  }

  async close(): Promise<void> {
    this.reading.close();
  }
}
