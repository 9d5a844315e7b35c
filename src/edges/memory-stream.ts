/**
 * Memory stream: one stream of the memory log, and its readers.
 */
import { assert } from "../base/assert.ts";
import { viewOf } from "../base/bytes.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { type ExecutionReader, Gone, type InputBatch, type InputReader, LogFault } from "./log.ts";

interface Entry {
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
}

/** One stream: its entries, and who waits for more. */
export class MemoryStream {
  entries: Entry[] = [];
  readonly waiters = new Set<() => void>();
  /** Number of the newest writer. */
  term = 0;

  tip(): number {
    return this.entries.at(-1)?.last ?? 0;
  }

  add(count: number, bytes: Uint8Array): void {
    const first = this.tip() + 1;
    this.entries.push({ first, last: first + count - 1, bytes });
    for (const waiter of this.waiters) waiter();
  }

  /** One entry of one position, the first of all. */
  begin(position: number, bytes: Uint8Array): void {
    this.entries = [{ first: position, last: position, bytes }];
  }

  /** Lets go of the entries that lie whole below that position. */
  trim(floor: number): void {
    this.entries = this.entries.filter(({ last }) => last >= floor);
  }

  /** Entries that cover positions above `after`, about `bytesMax` bytes; null once stopped. */
  async next(after: number, bytesMax: number, stop: AbortSignal): Promise<Entry[] | null> {
    if (after > this.tip()) throw new LogFault(`LOST: ends at ${this.tip()}, ${after} was known`);
    while (this.tip() <= after && !stop.aborted) await this.change(stop);
    if (stop.aborted) return null;
    const taken: Entry[] = [];
    let size = 0;
    const first = this.entries[0]?.first ?? 1;
    if (first > after + 1) throw new Gone(first, `position ${after + 1}`);
    for (let i = this.entries.findIndex(({ last }) => last > after); size < bytesMax; i++) {
      const entry = this.entries[i];
      if (entry === undefined) break;
      taken.push(entry);
      size += entry.bytes.length;
    }
    return taken;
  }

  private async change(stop: AbortSignal): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    this.waiters.add(waiting.resolve);
    stop.addEventListener("abort", () => waiting.resolve(), { once: true });
    await waiting.promise;
    this.waiters.delete(waiting.resolve);
  }
}

export class MemoryInputReader implements InputReader {
  private readonly stream: MemoryStream;

  constructor(stream: MemoryStream) {
    this.stream = stream;
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null> {
    const entries = await this.stream.next(after, bytesMax, stop);
    if (entries === null) return null;
    const bytes = Buffer.concat(entries.map((entry) => entry.bytes));
    const from = offsetOf(bytes, after + 1 - entries[0]!.first);
    const count = entries.at(-1)!.last - after;
    return { first: after + 1, count, bytes: new Uint8Array(bytes.subarray(from)) };
  }

  async tip(): Promise<number> {
    return this.stream.tip();
  }

  async close(): Promise<void> {}
}

/** Offset behind that many records. */
function offsetOf(bytes: Uint8Array, count: number): number {
  const record = new RecordView();
  for (let i = 0; i < count; i++) {
    const wrong = readRecord(viewOf(bytes), record.end, record);
    assert(wrong === "", "the memory log holds what it encoded");
  }
  return record.end;
}

export class MemoryExecutionReader implements ExecutionReader {
  private readonly stream: MemoryStream;

  constructor(stream: MemoryStream) {
    this.stream = stream;
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<Uint8Array[] | null> {
    const entries = await this.stream.next(after, bytesMax, stop);
    return entries?.map(({ bytes }) => bytes.slice()) ?? null;
  }

  async tip(): Promise<number> {
    return this.stream.tip();
  }

  async close(): Promise<void> {}
}
