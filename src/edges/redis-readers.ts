/** Redis readers: streams turned into records of `in` and execution records of `ex`. */
import { readU64, viewOf } from "../base/bytes.ts";
import { EXECUTION_HEADER_SIZE } from "../protocol/execution.ts";
import { type ExecutionReader, type InputBatch, type InputReader, LogFault } from "./log.ts";
import { composeRecords, type PackEntry, readPackEntry } from "./redis-entries.ts";
import { RedisStream, type StreamEntry, type StreamPlace } from "./redis-stream.ts";

export type AskTip = () => Promise<number>;

export class RedisInputReader implements InputReader {
  readonly tip: AskTip;
  private readonly stream: RedisStream;
  private readonly shard: number;

  constructor(place: StreamPlace, tip: AskTip) {
    this.tip = tip;
    this.stream = new RedisStream(place);
    this.shard = place.shard.shard;
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null> {
    const entries = await this.stream.next(after, bytesMax, stop);
    if (entries === null) return null;
    const packs = entries.map((entry) => this.packOf(entry));
    const skip = after + 1 - checkDense(entries, after, (i) => packs[i]!.count);
    const count = entries.at(-1)!.last - after;
    return { first: after + 1, count, bytes: composeRecords(this.shard, packs, skip) };
  }

  private packOf({ last, fields }: StreamEntry): PackEntry {
    const text = (name: string): string => Buffer.from(fields.get(name) ?? "").toString();
    const pack = readPackEntry(fields.get("d"), text("t"), text("s"));
    if (typeof pack !== "string") return pack;
    throw new LogFault(`entry 0-${last} of in, shard ${this.shard}: ${pack}`);
  }

  async close(): Promise<void> {
    this.stream.close();
  }
}

export class RedisExecutionReader implements ExecutionReader {
  readonly tip: AskTip;
  private readonly stream: RedisStream;

  constructor(place: StreamPlace, tip: AskTip) {
    this.tip = tip;
    this.stream = new RedisStream(place);
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<Uint8Array[] | null> {
    const entries = await this.stream.next(after, bytesMax, stop);
    if (entries === null) return null;
    const records = entries.map(({ fields, last }) => {
      const record = fields.get("d");
      if (record !== undefined && record.length >= EXECUTION_HEADER_SIZE) return record;
      throw new LogFault(`entry 0-${last} of ex is no execution record`);
    });
    checkDense(entries, after, (i) => entries[i]!.last - readU64(viewOf(records[i]!), 8) + 1);
    return records;
  }

  async close(): Promise<void> {
    this.stream.close();
  }
}

/** Position of the first record of the first entry; throws if a position is left out. */
function checkDense(
  entries: readonly StreamEntry[],
  after: number,
  countOf: (i: number) => number,
): number {
  let next = after + 1;
  entries.forEach(({ last }, i) => {
    const first = last - countOf(i) + 1;
    if (i === 0 ? first > next : first !== next) {
      throw new LogFault(`positions ${next} to ${first - 1} are gone from the log`);
    }
    next = last + 1;
  });
  return entries[0]!.last - countOf(0) + 1;
}
