/**
 * Redis execution writer: the matcher's end of `ex`, for as long as it has the turn.
 *
 * At D3 it waits, on the connection that appended, until all replicas hold the record; then it
 * publishes the durable position. A replica that does not come leaves everything where it is.
 */
import { assert } from "../base/assert.ts";
import { readU64, viewOf } from "../base/bytes.ts";
import { EXECUTION_DURABLE_AT } from "../protocol/execution.ts";
import type { Upgrade } from "../protocol/governing.ts";
import type { ExecutionWriter } from "./log.ts";
import type { Argument, RedisConnection } from "./redis-connection.ts";
import type { RedisLink } from "./redis-link.ts";
import {
  type EpochMark,
  type Marks,
  newestRead,
  type RedisShard,
  refuseVoid,
} from "./redis-marks.ts";
import { APPEND_EX, GOVERN, PUBLISH } from "./redis-scripts.ts";
import { asInUse, type Taken, takeTurn, TurnHold, type TurnTerms } from "./redis-turn.ts";
import { Appending, waitFor } from "./redis-writers.ts";
import { ownRecord } from "./segment-writers.ts";

export interface ExecutionWriterOptions {
  /** Replicas that must hold an execution record before it is durable; 0 below D3. */
  readonly replicas: number;
  readonly marks: Marks;
  readonly turn: TurnTerms;
  /** Over which the turn is renewed: that of the writer may wait for replicas. */
  readonly ask: RedisLink;
}

export class RedisExecutionWriter implements ExecutionWriter {
  readonly epoch: number;
  private readonly appending: Appending;
  private readonly options: ExecutionWriterOptions;
  private readonly mark: EpochMark;
  private readonly hold: TurnHold;
  private again: Promise<void> | null = null;
  private last: number;
  private durable: number;

  private constructor(
    appending: Appending,
    options: ExecutionWriterOptions,
    { number: epoch, tip }: Taken,
  ) {
    this.appending = appending;
    this.options = options;
    this.epoch = epoch;
    this.last = tip;
    this.durable = tip;
    const onDurable = (known: number): void => this.publishAgain(known);
    this.mark = { epoch, isVoid: false, onDurable };
    options.marks.epochs.add(this.mark);
    this.hold = new TurnHold(options.ask, appending.shard, options.turn, epoch);
  }

  /** Whatever a matcher before us appended is durable, and published as such, once this returns. */
  static async open(
    shard: RedisShard,
    link: RedisLink,
    options: ExecutionWriterOptions,
  ): Promise<RedisExecutionWriter> {
    const wait = waitFor(options.replicas);
    const take = async (connection: RedisConnection): Promise<Taken> => {
      const taken = await takeTurn(connection, shard, options.turn);
      await wait(connection);
      return taken;
    };
    const term = await link.settle(`epoch of shard ${shard.shard}`, take).catch((error) => {
      throw asInUse(error, `shard ${shard.shard} is matched`);
    });
    const writer = new RedisExecutionWriter(new Appending(shard, link), options, term);
    await writer.publish(term.tip);
    return writer;
  }

  tip(): number {
    return this.last;
  }

  durableWith(last: number): number {
    return this.options.replicas === 0 ? last : this.durable;
  }

  async append(record: Uint8Array, lifts?: string): Promise<void> {
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
      ...(lifts === undefined ? [] : [lifts]),
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

  /** What is refused now is said once more at the next look: the writer is over only by appends. */
  private async publishQuietly(): Promise<void> {
    const { link, shard } = this.appending;
    const args = [shard.venue, String(this.epoch), String(this.durable)];
    const what = `durable position of shard ${shard.shard}, once more`;
    const saying = link.settle(what, (to) => to.script(PUBLISH, shard.keys, args));
    await saying.catch(() => undefined);
    this.again = null;
  }

  private async publish(durable: number): Promise<void> {
    const args = (): Argument[] => [String(this.epoch), String(durable)];
    const options = { onOver: () => this.retire() };
    await this.appending.run("durable position", PUBLISH, args, options);
    this.durable = durable;
  }

  async govern({ version, from }: Upgrade): Promise<void> {
    await this.again;
    refuseVoid(this.mark);
    const args = (): Argument[] => [String(this.epoch), String(version), String(from)];
    const options = { after: waitFor(this.options.replicas), onOver: () => this.retire() };
    await this.appending.run("rules version", GOVERN, args, options);
  }

  private retire(): void {
    this.options.marks.epochs.delete(this.mark);
    this.hold.stop();
  }

  async close(): Promise<void> {
    this.retire();
    await this.hold.release();
    this.appending.link.close();
  }
}
