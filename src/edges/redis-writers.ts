/**
 * Redis writers: every append is one script call that may be repeated.
 *
 *   in   (slot, term, pack number) names a pack: repeated, it is answered and not appended again
 *   ex   (epoch, tip before, tip after) does the same for execution records
 *
 * While an outcome is unknown nothing else is appended. Once it stays unknown for too long, or
 * somebody else writes, the writer is over and says so to every later call.
 */
import { assert } from "../base/assert.ts";
import { FRAME_SIZE_MAX } from "../protocol/record.ts";
import { type Appended, type ExecutionWriter, type InputWriter, LogFull } from "./log.ts";
import { type Argument, listOf, numberOf, type Reply, type Script } from "./redis-connection.ts";
import { encodeFrames } from "./redis-entries.ts";
import type { RedisLink, SettleOptions } from "./redis-link.ts";
import { APPEND_EX, APPEND_IN, TAKE_EPOCH, TAKE_SLOT } from "./redis-scripts.ts";
import { ownRecord } from "./segment-writers.ts";

export interface RedisShard {
  readonly shard: number;
  /** in, ex, ctl. */
  readonly keys: readonly string[];
  /** Hex of the venue id that this log had when it was opened. */
  readonly venue: string;
}

/** Appends one after the other over one link, and stops for good at the first that throws. */
class Appending {
  readonly shard: RedisShard;
  readonly link: RedisLink;
  private isBusy = false;
  private over: Error | null = null;

  constructor(shard: RedisShard, link: RedisLink) {
    this.shard = shard;
    this.link = link;
  }

  async run(
    what: string,
    script: Script,
    args: () => Argument[],
    options: SettleOptions = {},
  ): Promise<Reply> {
    assert(!this.isBusy, "one append is in flight at most");
    if (this.over !== null) throw this.over;
    this.isBusy = true;
    try {
      return await this.link.settle(
        `${what} of shard ${this.shard.shard}`,
        (connection) => connection.script(script, this.shard.keys, [this.shard.venue, ...args()]),
        options,
      );
    } catch (error) {
      if (error instanceof LogFull) throw error;
      this.over = error instanceof Error ? error : new Error(String(error));
      throw error;
    } finally {
      this.isBusy = false;
    }
  }
}

export interface InputWriterOptions {
  /** Name of this writer among those of the shard, the same after a restart. */
  readonly slot: string;
  readonly clockDifferenceMsMax: number;
}

export class RedisInputWriter implements InputWriter {
  private readonly appending: Appending;
  private readonly options: InputWriterOptions;
  private generation = 0;
  private term = 0;
  private pack = 0;
  private last = 0;

  private constructor(appending: Appending, options: InputWriterOptions) {
    this.appending = appending;
    this.options = options;
  }

  static async open(
    shard: RedisShard,
    link: RedisLink,
    options: InputWriterOptions,
  ): Promise<RedisInputWriter> {
    const writer = new RedisInputWriter(new Appending(shard, link), options);
    const reply = await writer.appending.run("slot", TAKE_SLOT, () => [options.slot]);
    [writer.generation, writer.term, writer.last] = threeOf(reply);
    return writer;
  }

  tip(): number {
    return this.last;
  }

  async append(frames: readonly Uint8Array[]): Promise<Appended> {
    assert(frames.length > 0, "a pack has a frame or a tick");
    for (const { length } of frames) {
      assert(length <= FRAME_SIZE_MAX, "a frame was checked before it is appended");
    }
    const blob = encodeFrames(frames);
    const known = this.last;
    const args = (): Argument[] => [
      String(this.generation),
      this.options.slot,
      String(this.term),
      String(this.pack + 1),
      String(frames.length),
      String(Date.now() * 1000),
      String(this.options.clockDifferenceMsMax * 1000),
      String(known),
      blob,
    ];
    const reply = await this.appending.run("append to in", APPEND_IN, args, { throwsFull: true });
    const [first, last, logTime] = threeOf(reply);
    assert(last - first + 1 === frames.length, "a pack gets as many positions as it has frames");
    this.pack++;
    this.last = last;
    return { first, last, logTime };
  }

  async close(): Promise<void> {
    this.appending.link.close();
  }
}

function threeOf(reply: Reply): [number, number, number] {
  const [a, b, c] = listOf(reply);
  return [numberOf(a), numberOf(b), numberOf(c)];
}

export class RedisExecutionWriter implements ExecutionWriter {
  readonly epoch: number;
  private readonly appending: Appending;
  private last: number;

  private constructor(appending: Appending, epoch: number, last: number) {
    this.appending = appending;
    this.epoch = epoch;
    this.last = last;
  }

  static async open(shard: RedisShard, link: RedisLink): Promise<RedisExecutionWriter> {
    const appending = new Appending(shard, link);
    const [epoch, tip] = listOf(await appending.run("epoch", TAKE_EPOCH, () => []));
    return new RedisExecutionWriter(appending, numberOf(epoch), numberOf(tip));
  }

  tip(): number {
    return this.last;
  }

  async append(record: Uint8Array): Promise<void> {
    const { last } = ownRecord(record, this.epoch, this.last);
    await this.appending.run("append to ex", APPEND_EX, () => [
      String(this.epoch),
      String(this.last),
      String(last),
      record,
    ]);
    this.last = last;
  }

  async close(): Promise<void> {
    this.appending.link.close();
  }
}
