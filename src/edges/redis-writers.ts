/**
 * Redis writers: every append is one script call that may be repeated.
 *
 *   in   (slot, term, pack number) names a pack: repeated, it is answered and not appended again
 *   ex   (epoch, tip before, tip after) does the same for execution records
 *
 * While an outcome is unknown nothing else is appended. Once it stays unknown for too long, or
 * somebody else writes, the writer is over and says so to every later call.
 *
 * At D3 the writer of ex waits, on the connection that appended, until all replicas hold it; then
 * it publishes the durable position. A replica that does not come leaves everything where it is.
 */
import { assert } from "../base/assert.ts";
import { readU64, viewOf } from "../base/bytes.ts";
import { EXECUTION_DURABLE_AT } from "../protocol/execution.ts";
import { FRAME_SIZE_MAX } from "../protocol/record.ts";
import { type Appended, type ExecutionWriter, type InputWriter, LogFull } from "./log.ts";
import {
  type Argument,
  listOf,
  numberOf,
  type RedisConnection,
  RedisRefusal,
  type Reply,
  type Script,
} from "./redis-connection.ts";
import { encodeFrames } from "./redis-entries.ts";
import type { RedisLink, SettleOptions } from "./redis-link.ts";
import {
  type EpochMark,
  type Marks,
  newestRead,
  type PackMark,
  type RedisShard,
  refuseVoid,
} from "./redis-marks.ts";
import { APPEND_EX, APPEND_IN, PUBLISH, TAKE_EPOCH } from "./redis-scripts.ts";
import { type SlotOwner, SlotHold, takeSlot } from "./redis-slot.ts";
import { ownRecord } from "./segment-writers.ts";

/** One WAIT; then the append is looked at again, and waited for again. */
const WAIT_MS = 1000;

interface RunOptions extends SettleOptions {
  /** Part of the step: on the same connection, behind the script. */
  readonly after?: (connection: RedisConnection) => Promise<void>;
  /** It has thrown for good: what it knew binds nobody any more. */
  readonly onOver?: () => void;
}

/** Appends one after the other over one link, and stops for good at the first that throws. */
export class Appending {
  readonly shard: RedisShard;
  readonly link: RedisLink;
  isBusy = false;
  private over: Error | null = null;

  constructor(shard: RedisShard, link: RedisLink) {
    this.shard = shard;
    this.link = link;
  }

  async run(
    what: string,
    script: Script,
    args: () => Argument[],
    { after, onOver, ...options }: RunOptions = {},
  ): Promise<Reply> {
    assert(!this.isBusy, "one append is in flight at most");
    if (this.over !== null) throw this.over;
    this.isBusy = true;
    const { shard, keys, venue } = this.shard;
    const step = async (connection: RedisConnection): Promise<Reply> => {
      const reply = await connection.script(script, keys, [venue, ...args()]);
      await after?.(connection);
      return reply;
    };
    try {
      return await this.link.settle(`${what} of shard ${shard}`, step, options);
    } catch (error) {
      if (error instanceof LogFull) throw error;
      this.over = error instanceof Error ? error : new Error(String(error));
      onOver?.();
      throw error;
    } finally {
      this.isBusy = false;
    }
  }
}

export interface InputWriterOptions {
  /** Name of this writer among those of the shard, the same after a restart. */
  readonly slot: string;
  readonly owner: SlotOwner;
  readonly clockDifferenceMsMax: number;
  readonly marks: Marks;
}

export class RedisInputWriter implements InputWriter {
  private readonly appending: Appending;
  private readonly options: InputWriterOptions;
  private readonly hold: SlotHold;
  private readonly mark: PackMark;

  private constructor(appending: Appending, options: InputWriterOptions, mark: PackMark) {
    this.appending = appending;
    this.options = options;
    this.mark = mark;
    options.marks.packs.add(mark);
    this.hold = new SlotHold(appending, options.owner, mark);
  }

  static async open(
    shard: RedisShard,
    link: RedisLink,
    options: InputWriterOptions,
  ): Promise<RedisInputWriter> {
    const appending = new Appending(shard, link);
    const mark = await takeSlot(appending, options.slot, options.owner);
    return new RedisInputWriter(appending, options, mark);
  }

  tip(): number {
    return this.mark.last;
  }

  async append(frames: readonly Uint8Array[]): Promise<Appended> {
    assert(frames.length > 0, "a pack has a frame or a tick");
    for (const { length } of frames) {
      assert(length <= FRAME_SIZE_MAX, "a frame was checked before it is appended");
    }
    const blob = encodeFrames(frames);
    const { mark } = this;
    refuseVoid(mark);
    // The generation may have been raised by others while nothing of ours was lost.
    const args = (): Argument[] => [
      String(mark.generation),
      mark.slot,
      String(mark.term),
      String(mark.pack + 1),
      String(frames.length),
      String(Date.now() * 1000),
      String(this.options.clockDifferenceMsMax * 1000),
      String(mark.last),
      blob,
    ];
    const options = { throwsFull: true, onOver: () => this.retire() };
    const reply = await this.appending.run("append to in", APPEND_IN, args, options);
    const [first, last, logTime] = threeOf(reply);
    assert(last - first + 1 === frames.length, "a pack gets as many positions as it has frames");
    mark.pack++;
    mark.last = last;
    return { first, last, logTime };
  }

  private retire(): void {
    this.options.marks.packs.delete(this.mark);
    this.hold.stop();
  }

  async close(): Promise<void> {
    this.retire();
    await this.hold.release();
    this.appending.link.close();
  }
}

function threeOf(reply: Reply): [number, number, number] {
  const [a, b, c] = listOf(reply);
  return [numberOf(a), numberOf(b), numberOf(c)];
}

export interface ExecutionWriterOptions {
  /** Replicas that must hold an execution record before it is durable; 0 below D3. */
  readonly replicas: number;
  readonly marks: Marks;
}

export class RedisExecutionWriter implements ExecutionWriter {
  readonly epoch: number;
  private readonly appending: Appending;
  private readonly options: ExecutionWriterOptions;
  private readonly mark: EpochMark;
  private again: Promise<void> | null = null;
  private last: number;
  private durable: number;

  private constructor(
    appending: Appending,
    options: ExecutionWriterOptions,
    { epoch, tip }: { epoch: number; tip: number },
  ) {
    this.appending = appending;
    this.options = options;
    this.epoch = epoch;
    this.last = tip;
    this.durable = tip;
    const onDurable = (known: number): void => this.publishAgain(known);
    this.mark = { epoch, isVoid: false, onDurable };
    options.marks.epochs.add(this.mark);
  }

  /** Whatever a matcher before us appended is durable, and published as such, once this returns. */
  static async open(
    shard: RedisShard,
    link: RedisLink,
    options: ExecutionWriterOptions,
  ): Promise<RedisExecutionWriter> {
    const appending = new Appending(shard, link);
    const after = waitFor(options.replicas);
    const [epoch, tip] = listOf(await appending.run("epoch", TAKE_EPOCH, () => [], { after }));
    const term = { epoch: numberOf(epoch), tip: numberOf(tip) };
    const writer = new RedisExecutionWriter(appending, options, term);
    await writer.publish(term.tip);
    return writer;
  }

  tip(): number {
    return this.last;
  }

  durableWith(last: number): number {
    return this.options.replicas === 0 ? last : this.durable;
  }

  async append(record: Uint8Array): Promise<void> {
    await this.again;
    refuseVoid(this.mark);
    const { last } = ownRecord(record, this.epoch, this.last);
    const said = readU64(viewOf(record), EXECUTION_DURABLE_AT);
    assert(said === this.durableWith(last), "a record says durable what its writer knows to be");
    const { replicas } = this.options;
    const args = (): Argument[] => [
      String(this.epoch),
      String(this.last),
      String(last),
      record,
      String(this.durableWith(last)),
      ...newestRead(this.options.marks),
    ];
    const options = { after: waitFor(replicas), onOver: () => this.retire() };
    await this.appending.run("append to ex", APPEND_EX, args, options);
    this.last = last;
    if (replicas > 0) await this.publish(last);
  }

  /**
   * What was published is not waited for, and a failover may have lost it: readers wait for it, and
   * without them perhaps nothing more comes that would publish it.
   */
  private publishAgain(known: number): void {
    if (this.again !== null || this.appending.isBusy || known >= this.durable) return;
    if (this.options.replicas === 0) return;
    this.again = this.publishQuietly();
  }

  /** If it can't be done for good, the next append says so. */
  private async publishQuietly(): Promise<void> {
    await this.publish(this.durable).catch(() => undefined);
    this.again = null;
  }

  private async publish(durable: number): Promise<void> {
    const args = (): Argument[] => [String(this.epoch), String(durable)];
    const options = { onOver: () => this.retire() };
    await this.appending.run("durable position", PUBLISH, args, options);
    this.durable = durable;
  }

  private retire(): void {
    this.options.marks.epochs.delete(this.mark);
  }

  async close(): Promise<void> {
    this.retire();
    this.appending.link.close();
  }
}

/** The number that Redis answers counts: it answers after the time too, with fewer. */
export function waitFor(replicas: number): (connection: RedisConnection) => Promise<void> {
  return async (connection) => {
    if (replicas === 0) return;
    const ask = ["WAIT", `${replicas}`, `${WAIT_MS}`];
    const held = numberOf(await connection.command(ask, WAIT_MS));
    if (held < replicas) throw new RedisRefusal(`REPLICAS ${held} of ${replicas} hold it`);
  };
}
