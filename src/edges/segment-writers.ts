/**
 * Segment writers: the two writing ends of an embedded log, each the only one of its role.
 *
 *   in   frames -> one entry: header | record | record ...     synced, then announced
 *   ex   one execution record -> one entry                     written, then announced
 */
import { assert } from "../base/assert.ts";
import { decodeExecution } from "../protocol/execution.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { FRAME_SIZE_MAX, RECORD_HEADER_SIZE, writeRecord } from "../protocol/record.ts";
import {
  ENTRY_BYTES_MAX,
  ENTRY_HEADER_SIZE,
  encodeEntry,
  SEGMENT_EXECUTION,
  SEGMENT_INPUT,
  sealEntry,
} from "../protocol/segment.ts";
import type { Doorbell } from "./doorbell.ts";
import {
  type Appended,
  type ExecutionWriter,
  Fenced,
  haltSentence,
  type InputWriter,
} from "./log.ts";
import { isAboutRecord } from "./halted-frame.ts";
import { stampedVersion } from "./log-rules.ts";
import type { SegmentAppender } from "./segment-appender.ts";
import type { LogTime } from "./segment-clock.ts";

/** What every record of this log says in its header, until an upgrade governs. */
export interface RecordStamp {
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
}

export interface InputWriterParts {
  readonly appender: SegmentAppender;
  readonly bell: Doorbell;
  readonly logTime: LogTime;
  readonly stamp: RecordStamp;
  /** Why the shard is halted; null while it is not. */
  readonly halted: () => string | null;
  /** The upgrades that the log keeps now. */
  readonly rules: () => readonly Upgrade[];
}

const BUFFER_SIZE_MIN = 65_536;

export class SegmentInputWriter implements InputWriter {
  private buffer = new Uint8Array(BUFFER_SIZE_MIN);
  private isBusy = false;

  private readonly parts: InputWriterParts;
  private last: number;

  constructor(parts: InputWriterParts, last: number) {
    this.parts = parts;
    this.last = last;
  }

  tip(): number {
    return this.last;
  }

  async append(frames: readonly Uint8Array[]): Promise<Appended> {
    assert(frames.length > 0, "a pack has a frame or a tick");
    const halted = this.parts.halted();
    if (halted !== null) throw new Fenced(haltSentence(this.parts.stamp.shard, halted));
    return this.alone(() => this.appendPack(frames));
  }

  async appendToHalted(frame: Uint8Array, mark: string): Promise<Appended | null> {
    if (this.parts.halted() !== mark || !isAboutRecord(frame, this.last)) return null;
    return this.alone(() => this.appendPack([frame]));
  }

  private async alone<T>(step: () => Promise<T>): Promise<T> {
    assert(!this.isBusy, "one append is in flight at most");
    this.isBusy = true;
    try {
      return await step();
    } finally {
      this.isBusy = false;
    }
  }

  private async appendPack(frames: readonly Uint8Array[]): Promise<Appended> {
    const { appender, bell, logTime } = this.parts;
    const first = this.last + 1;
    const last = this.last + frames.length;
    const size = packSize(frames);
    const salt = await appender.prepare(ENTRY_HEADER_SIZE + size, first);
    const time = logTime.next();
    this.fill(frames, size, time);
    const header = { kind: SEGMENT_INPUT, first, count: frames.length, logTime: time };
    sealEntry(this.buffer, { at: 0, size, salt }, header);
    await appender.append(this.buffer.subarray(0, ENTRY_HEADER_SIZE + size));
    this.last = last;
    bell.ring(last);
    return { first, last, logTime: time };
  }

  /** Lays the records where the entry's bytes belong. */
  private fill(frames: readonly Uint8Array[], size: number, logTime: number): void {
    const needed = ENTRY_HEADER_SIZE + size;
    if (this.buffer.length < needed)
      this.buffer = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
    const { stamp } = this.parts;
    const rules = this.parts.rules();
    let at = ENTRY_HEADER_SIZE;
    for (const [i, frame] of frames.entries()) {
      const rulesVersion = stampedVersion(stamp.rulesVersion, rules, this.last + 1 + i);
      at = writeRecord(this.buffer, at, { ...stamp, rulesVersion, logTime }, frame);
    }
  }

  async close(): Promise<void> {
    assert(!this.isBusy, "a writer is closed after its append has settled");
    this.parts.bell.close();
    await this.parts.appender.close();
  }
}

function packSize(frames: readonly Uint8Array[]): number {
  let size = frames.length * RECORD_HEADER_SIZE;
  for (const frame of frames) {
    assert(frame.length <= FRAME_SIZE_MAX, "a frame was checked before it is appended");
    size += frame.length;
  }
  assert(size <= ENTRY_BYTES_MAX, "a pack is smaller than the largest entry");
  return size;
}

export interface ExecutionWriterParts {
  readonly appender: SegmentAppender;
  readonly bell: Doorbell;
  readonly epoch: number;
  /** Ends the halt with this mark, if it is there, before the record at `last`. */
  readonly lift: (mark: string, last: number) => Promise<void>;
  /** Keeps an upgrade beside the records, synced. */
  readonly keep: (upgrade: Upgrade) => void;
}

export class SegmentExecutionWriter implements ExecutionWriter {
  readonly epoch: number;
  private readonly parts: ExecutionWriterParts;
  private isBusy = false;
  private last: number;

  constructor(parts: ExecutionWriterParts, last: number) {
    this.epoch = parts.epoch;
    this.parts = parts;
    this.last = last;
  }

  tip(): number {
    return this.last;
  }

  /** All of `in` that is read is synced, and `ex` can be made of it. */
  durableWith(last: number): number {
    return last;
  }

  async append(record: Uint8Array, lifts?: string): Promise<void> {
    assert(!this.isBusy, "one append is in flight at most");
    this.isBusy = true;
    try {
      await this.appendRecord(record, lifts);
    } finally {
      this.isBusy = false;
    }
  }

  private async appendRecord(record: Uint8Array, lifts?: string): Promise<void> {
    const { appender, bell } = this.parts;
    const { first, last } = ownRecord(record, this.epoch, this.last);
    if (lifts !== undefined) await this.parts.lift(lifts, last - 1);
    const salt = await appender.prepare(ENTRY_HEADER_SIZE + record.length, first);
    const header = { kind: SEGMENT_EXECUTION, first, count: last - first + 1, logTime: 0 };
    await appender.append(encodeEntry(header, record, salt));
    this.last = last;
    bell.ring(last);
  }

  async govern(upgrade: Upgrade): Promise<void> {
    this.parts.keep(upgrade);
  }

  async close(): Promise<void> {
    this.parts.bell.close();
    await this.parts.appender.close();
  }
}

/** The positions of a record that this writer may append now; throws Fenced otherwise. */
export function ownRecord(
  record: Uint8Array,
  epoch: number,
  tip: number,
): { readonly first: number; readonly last: number } {
  const execution = decodeExecution(record);
  assert(typeof execution !== "string", "what is appended to ex is an execution record");
  assert(record.length <= ENTRY_BYTES_MAX, "an execution record is smaller than the largest entry");
  if (execution.epoch !== epoch) {
    throw new Fenced(`a record of epoch ${execution.epoch} for the writer of epoch ${epoch}`);
  }
  if (execution.first !== tip + 1) {
    throw new Fenced(`a record that begins at ${execution.first} for an ex that ends at ${tip}`);
  }
  return execution;
}
