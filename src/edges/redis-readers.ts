/**
 * Redis readers: streams turned into records of `in` and execution records of `ex`.
 *
 * A reader of `ex` holds what it has read back until it is durable: an execution record says so of
 * those before it, and, where the matcher waits for replicas, the bell says so of itself.
 */
import { crc32 } from "../base/crc32.ts";
import { readU64, viewOf } from "../base/bytes.ts";
import {
  EXECUTION_CHAIN_AT,
  EXECUTION_DURABLE_AT,
  EXECUTION_EPOCH_AT,
  EXECUTION_FIRST_AT,
  EXECUTION_HEADER_SIZE,
} from "../protocol/execution.ts";
import { BrokenLog } from "./broken-log.ts";
import {
  type ExecutionReader,
  type InputBatch,
  type InputReader,
  Gone,
  LogFault,
  LostSuffix,
} from "./log.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { composeRecords, type PackEntry, readPackEntry } from "./redis-entries.ts";
import {
  entryFrom,
  type LogState,
  type ReadMark,
  refuseTrimmed,
  refuseVoid,
  type StreamEntry,
  sumOf,
} from "./redis-marks.ts";
import { RedisStream, type StreamPlace } from "./redis-stream.ts";

export type AskTip = () => Promise<number>;

type Place = Omit<StreamPlace, "key">;

/** Before the first. */
const NO_ENTRY = { last: 0, time: 0 };

export class RedisInputReader implements InputReader {
  readonly tip: AskTip;
  private readonly stream: RedisStream;
  private readonly place: Place;
  private readonly mark: ReadMark = { last: 0, sum: 0, time: 0, isVoid: false };
  private newest = NO_ENTRY;

  constructor(place: Place, tip: AskTip) {
    this.tip = tip;
    this.place = place;
    this.stream = new RedisStream({ ...place, key: 0 }, async (_, { inputTip }, after) => {
      refuseVoid(this.mark);
      if (inputTip >= after) return;
      throw new LostSuffix(`in ends at ${inputTip}, and ${after} was known`);
    });
    place.marks.reads.add(this.mark);
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null> {
    const entries = await this.stream.next(after, bytesMax, stop);
    refuseVoid(this.mark);
    if (entries === null) return null;
    const packs = entries.map((entry) => this.packOf(entry));
    this.refuseOther(entries, packs, after);
    const skip = after + 1 - checkDense(entries, after, (i) => packs[i]!.count);
    const newest = entries.at(-1)!;
    this.mark.last = newest.last;
    this.mark.sum = sumOf(newest);
    this.mark.time = this.newest.time;
    this.stream.handedOut(newest.last);
    const { shard } = this.place.shard;
    const count = newest.last - after;
    const place = { first: after + 1 - skip, skip };
    return { first: after + 1, count, bytes: composeRecords(shard, packs, place) };
  }

  /**
   * Another log may have come over the same connection, when its server began to follow one; what
   * one server says in one reply is of one log.
   */
  private refuseOther(
    entries: readonly StreamEntry[],
    packs: readonly PackEntry[],
    after: number,
  ): void {
    let { last, time } = after === this.mark.last ? this.newest : NO_ENTRY;
    for (const [i, entry] of entries.entries()) {
      const { count, logTime, before } = packs[i]!;
      const gap = entry.last - count - last;
      const goesOn = gap === 0 && before === time;
      // A gap is no other log: see checkDense.
      if (last !== 0 && gap <= 0 && !goesOn) {
        const why = `entry 0-${entry.last} of in does not go on from 0-${last}`;
        throw i === 0 ? new LostSuffix(why) : new BrokenLog(why);
      }
      last = entry.last;
      time = logTime;
    }
    this.newest = { last, time };
  }

  private packOf({ last, fields }: StreamEntry): PackEntry {
    const text = (name: string): string => Buffer.from(fields.get(name) ?? "").toString();
    const pack = readPackEntry(fields.get("d"), [text("t"), text("b")], text("s"));
    if (typeof pack !== "string") return pack;
    throw new LogFault(`entry 0-${last} of in, shard ${this.place.shard.shard}: ${pack}`);
  }

  async close(): Promise<void> {
    this.place.marks.reads.delete(this.mark);
    this.stream.close();
  }
}

interface Held {
  readonly entry: StreamEntry;
  readonly record: Uint8Array;
  readonly epoch: number;
  readonly durable: number;
}

export class RedisExecutionReader implements ExecutionReader {
  readonly tip: AskTip;
  private readonly keys: readonly string[];
  private readonly stream: RedisStream;
  /** Read, and not handed out yet; what they begin behind, and over which connection. */
  private held: Held[] = [];
  private heldAfter = 0;
  private heldBy = 0;
  /** The durable position as far as it is known. */
  private known = 0;
  /** Of the record handed out last. */
  private last: { position: number; epoch: number; sum: number } | null = null;

  constructor(place: Place, tip: AskTip) {
    this.tip = tip;
    this.keys = place.shard.keys;
    this.stream = new RedisStream({ ...place, key: 1 }, (connection, state, after) =>
      this.check(connection, place.shard.keys[1]!, { state, after }),
    );
  }

  async read(after: number, bytesMax: number, stop: AbortSignal): Promise<Uint8Array[] | null> {
    for (;;) {
      const isVoid = this.heldBy !== this.stream.connects || this.heldAfter !== after;
      if (isVoid) this.held = [];
      if (this.held.length === 0) {
        const entries = await this.stream.next(after, bytesMax, stop);
        if (entries === null) return null;
        this.hold(entries, after);
      }
      const free = this.held.filter(({ entry }) => entry.last <= this.known);
      if (free.length > 0) return this.handOut(free);
      const bell = await this.stream.bell(after, this.known, stop);
      if (bell === null) return null;
      this.known = Math.max(this.known, bell.durable);
      // Another matcher's durable record may not be the one that is held: read it again.
      if (this.held.some(({ epoch }) => epoch !== bell.epoch)) this.held = [];
    }
  }

  private hold(entries: readonly StreamEntry[], after: number): void {
    this.held = entries.map((entry) => heldOf(entry));
    checkDense(entries, after, (i) => {
      const { entry, record } = this.held[i]!;
      return entry.last - readU64(viewOf(record), EXECUTION_FIRST_AT) + 1;
    });
    if (this.heldBy !== this.stream.connects) this.known = this.stream.durable;
    this.heldBy = this.stream.connects;
    this.heldAfter = after;
    for (const { durable } of this.held) this.known = Math.max(this.known, durable);
  }

  private handOut(free: readonly Held[]): Uint8Array[] {
    const { entry, record } = free.at(-1)!;
    this.held = this.held.slice(free.length);
    this.heldAfter = entry.last;
    this.last = { position: entry.last, ...fingerprint(record) };
    this.stream.handedOut(entry.last);
    return free.map((one) => one.record);
  }

  /**
   * A server may have lost the end of `ex` alone: the matcher makes it anew of `in`, with other
   * borders perhaps, and the reader waits for that.
   */
  private async check(
    connection: RedisConnection,
    key: string,
    { state, after }: { state: LogState; after: number },
  ): Promise<void> {
    const known = Math.max(after, this.last?.position ?? 0);
    if (state.inputTip < known) {
      throw new LostSuffix(`in ends at ${state.inputTip}, and ex was read up to ${known}`);
    }
    if (this.last === null || state.executionTip < this.last.position) return;
    const { position, epoch, sum } = this.last;
    if (position <= state.trimmed) throw new Gone(state.trimmed + 1, `entry 0-${position} of ex`);
    const entry = await entryFrom(connection, key, position);
    const record = entry?.fields.get("d");
    if (entry !== null && record !== undefined && record.length >= EXECUTION_HEADER_SIZE) {
      const found = fingerprint(record);
      if (entry.last === position ? found.sum === sum : found.epoch > epoch) return;
    }
    await refuseTrimmed(connection, this.keys, position, `entry 0-${position} of ex`);
    throw new LostSuffix(`entry 0-${position} of ${key} is not the one that was read`);
  }

  async close(): Promise<void> {
    this.stream.close();
  }
}

function heldOf(entry: StreamEntry): Held {
  const record = entry.fields.get("d");
  if (record !== undefined && record.length >= EXECUTION_HEADER_SIZE) {
    const view = viewOf(record);
    const epoch = readU64(view, EXECUTION_EPOCH_AT);
    return { entry, record, epoch, durable: readU64(view, EXECUTION_DURABLE_AT) };
  }
  throw new LogFault(`entry 0-${entry.last} of ex is no execution record`);
}

/** The chain stays the same when the same records are executed and published again. */
function fingerprint(record: Uint8Array): { epoch: number; sum: number } {
  const epoch = readU64(viewOf(record), EXECUTION_EPOCH_AT);
  return { epoch, sum: crc32(record.subarray(EXECUTION_CHAIN_AT, EXECUTION_HEADER_SIZE)) };
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
    if (i === 0 && first > next) throw new Gone(first, `position ${next}`);
    if (i > 0 && first !== next) {
      throw new LogFault(`positions ${next} to ${first - 1} are missing in the log`);
    }
    next = last + 1;
  });
  return entries[0]!.last - countOf(0) + 1;
}
