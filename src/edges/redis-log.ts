/**
 * Redis log: one shard's two streams, their control hash and bell in one Redis primary.
 *
 *   in:{7} ex:{7} ctl:{7} dur:{7}   the braces keep a shard's keys in one slot; redis-scripts.ts
 *
 * Connections: one per writer, one per reader (it may block), one for questions. Each goes to the
 * primary of the shard's slot and is checked against what this process knows (redis-marks.ts).
 */
import { toHex } from "../base/bytes.ts";
import { haltReason } from "./halt-mark.ts";
import {
  type Agreement,
  type ExecutionReader,
  type ExecutionWriter,
  type InputReader,
  type InputWriter,
  LogFault,
  type LogEnd,
  type LostSuffix,
  type Mark,
  type Retention,
  type ShardLog,
  type SaidCommitment,
  type Turn,
} from "./log.ts";
import { checkedGenesis, genesisFacts } from "./log-genesis.ts";
import { readRules } from "./log-rules.ts";
import { numberOf, type RedisConnection, textOf } from "./redis-connection.ts";
import { encodeFrames } from "./redis-entries.ts";
import { RedisLink } from "./redis-link.ts";
import type { RedisLogOptions } from "./redis-log-options.ts";
import { checkMarks, Marks, type RedisShard } from "./redis-marks.ts";
import { describeFacts, memoryShare, probeRedis, type RedisFacts } from "./redis-probe.ts";
import { RedisRetention, restoreRedis } from "./redis-retention.ts";
import { RedisExecutionWriter } from "./redis-execution-writer.ts";
import { RedisExecutionReader, RedisInputReader } from "./redis-readers.ts";
import { CREATE, HALT, RAISE } from "./redis-scripts.ts";
import { makeOwner, SLOT_LEASE_MS, type SlotOwner } from "./redis-slot.ts";
import { hostText, RedisTargets } from "./redis-targets.ts";
import { lookTurn, openTurn, sayCommitment, type Turns, turnsOf } from "./redis-turn.ts";
import { RedisInputWriter, waitFor } from "./redis-writers.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { RECORD_HEADER_SIZE } from "../protocol/record.ts";

/** Connects, and finds out what this Redis promises. */
export async function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  const targets = new RedisTargets(options.access.hosts);
  const link = new RedisLink({ ...options, targets }, `clob-ask-${options.shard}`);
  try {
    const key = `ctl:{${options.shard}}`;
    const facts = await link.settle("probe", (connection) => probeRedis(connection, key));
    return new RedisLog(options, { link, targets, facts });
  } catch (error) {
    link.close();
    throw error;
  }
}

interface Opened {
  readonly link: RedisLink;
  readonly targets: RedisTargets;
  readonly facts: RedisFacts;
}

export class RedisLog implements ShardLog {
  readonly shard: number;
  readonly describe: string;
  readonly hasStandbys = true;
  readonly facts: RedisFacts;
  private readonly options: RedisLogOptions;
  private readonly wait: (connection: RedisConnection) => Promise<void>;
  private readonly targets: RedisTargets;
  private readonly link: RedisLink;
  readonly keys: readonly string[];
  private readonly marks = new Marks();
  private readonly owner: SlotOwner;
  private readonly turns: Turns;
  private readonly ends = new Set<{ close(): Promise<void> }>();
  private known: RedisShard | null = null;

  constructor(options: RedisLogOptions, { link, targets, facts }: Opened) {
    this.options = options;
    this.wait = waitFor(options.replicas ?? 0);
    this.targets = targets;
    this.link = link;
    this.facts = facts;
    this.owner = makeOwner(options.slotLeaseMs ?? SLOT_LEASE_MS, options.owner);
    this.turns = turnsOf(options);
    this.shard = options.shard;
    this.keys = ["in", "ex", "ctl", "dur"].map((role) => `${role}:{${options.shard}}`);
    const address = options.access.hosts.map(hostText).join(",");
    this.describe = `redis ${address}, ${describeFacts(facts, options.replicas, options.declared)}`;
  }

  async genesis(): Promise<Uint8Array | null> {
    const ask = ["HGET", this.keys[2]!, "genesis"];
    const reply = await this.link.settle("genesis", (connection) => connection.command(ask));
    if (reply === null) {
      if (this.known === null) return null;
      throw new LogFault(`LOST: there is no log at ${this.keys[2]} any more`);
    }
    return reply instanceof Uint8Array ? new Uint8Array(reply) : null;
  }

  async create(genesisRecord: Uint8Array): Promise<void> {
    const facts = checkedGenesis(genesisRecord, this.shard);
    const stamp = `${facts.rulesVersion}:${facts.directoryOrigin}`;
    const blob = encodeFrames([genesisRecord.subarray(RECORD_HEADER_SIZE)]);
    const args = [toHex(facts.venue), genesisRecord, stamp, String(facts.logTime), blob];
    await this.link.settle("create", async (connection, attempt) => {
      const isNew = numberOf(await connection.script(CREATE, this.keys, args)) === 1;
      if (isNew || attempt > 0) return; // A try before this one may have made it.
      throw new LogFault(`${this.keys[2]} already holds this log`);
    });
  }

  async rules(): Promise<readonly Upgrade[]> {
    const ask = ["HGET", this.keys[2]!, "rules"];
    const reply = await this.link.settle("rules", (connection) => connection.command(ask));
    return reply === null ? [] : readRules(textOf(reply));
  }

  async restore(end: LogEnd): Promise<void> {
    await restoreRedis(this.link, this, end);
  }

  async openInputWriter(): Promise<InputWriter> {
    const { slot = "1", clockDifferenceMsMax } = this.options;
    const { marks, owner } = this;
    const shard = await this.same();
    const options = { slot, owner, clockDifferenceMsMax, marks };
    return this.opened(shard, `clob-in-${this.shard}`, (link) =>
      RedisInputWriter.open(shard, link, options),
    );
  }

  openRestReader(): Promise<InputReader> {
    return this.openInputReader();
  }

  async openInputReader(): Promise<InputReader> {
    const place = this.place(await this.same());
    return this.keep(new RedisInputReader(place, () => this.tip("in_tip")));
  }

  async openExecutionWriter(): Promise<ExecutionWriter> {
    const { marks, link: ask, turns } = this;
    const options = { replicas: this.options.replicas ?? 0, marks, turn: turns.epoch, ask };
    const shard = await this.same();
    return this.opened(shard, `clob-ex-${this.shard}`, (link) =>
      RedisExecutionWriter.open(shard, link, options),
    );
  }

  async openExecutionReader(): Promise<ExecutionReader> {
    const place = this.place(await this.same());
    return this.keep(new RedisExecutionReader(place, () => this.tip("durable")));
  }

  async writerOfExecutions(): Promise<string | null> {
    return lookTurn(this.link, await this.asked(), this.turns.epoch);
  }

  async takeTurn(): Promise<Turn> {
    return this.keep(await openTurn(this.link, await this.asked(), this.turns.term));
  }

  async sayCommitment(said: SaidCommitment): Promise<Agreement> {
    return sayCommitment(this.link, await this.asked(), said, this.wait);
  }

  private place(shard: RedisShard): Place {
    const { options, targets, marks } = this;
    return { ...options, targets, marks, shard };
  }

  /** A writer over a link whose every new connection is checked before it writes. */
  private async opened<T extends { close(): Promise<void> }>(
    shard: RedisShard,
    name: string,
    open: (link: RedisLink) => Promise<T>,
  ): Promise<T> {
    const { options, targets, marks } = this;
    const check = (connection: RedisConnection): Promise<unknown> =>
      checkMarks(connection, shard, marks);
    const link = new RedisLink({ ...options, targets, check }, name);
    const opening = this.keep({ close: async () => link.close() });
    try {
      return this.keep(await open(link));
    } catch (error) {
      link.close();
      throw error;
    } finally {
      this.ends.delete(opening);
    }
  }

  async halt(reason: string): Promise<void> {
    const { keys, venue } = await this.same();
    const args = [venue, haltReason(reason)];
    await this.link.settle("halt", async (connection) => {
      const reply = await connection.script(HALT, keys, args);
      // Once, for this process is about to end: what halts it is found again, but for a fence.
      await this.wait(connection).catch(() => undefined);
      return reply;
    });
  }

  async halted(): Promise<string | null> {
    const ask = ["HGET", this.keys[2]!, "halted"];
    const reply = await this.link.settle("halted mark", (connection) => connection.command(ask));
    return reply === null ? null : textOf(reply);
  }

  standBy(reason: string | null): void {
    this.marks.standsBy = reason;
  }

  async recoverLoss(loss: LostSuffix, durable: number): Promise<void> {
    const { keys, venue } = await this.same();
    const seen = this.marks.generation || (await this.tip("generation"));
    // Who has been told by another part of this process raises nothing once more.
    const generation = loss.isHandled ? 0 : seen;
    this.marks.generation = await this.link.settle("recover", async (connection) => {
      const args = [venue, String(generation), String(durable)];
      const raised = numberOf(await connection.script(RAISE, keys, args));
      await this.wait(connection);
      return raised;
    });
    if (!loss.isHandled) this.marks.voidAll();
  }

  async reaches(position: number): Promise<boolean> {
    return (await this.tip("in_tip")) >= position;
  }

  async consume(name: string, position: number, silentMsMax: number): Promise<void> {
    await (await this.kept()).consume(name, position, silentMsMax);
  }

  async cover(mark: Mark, position: number): Promise<void> {
    await (await this.kept()).cover(mark, position);
  }

  async trim(upTo: number): Promise<Retention> {
    return (await this.kept()).trim(upTo);
  }

  async retention(): Promise<Retention> {
    return (await this.kept()).read();
  }

  private async kept(): Promise<RedisRetention> {
    return new RedisRetention(this.link, await this.asked());
  }

  async fullness(): Promise<number | null> {
    const ask = ["INFO", "memory"];
    const info = await this.link.settle("memory", (connection) => connection.command(ask));
    return memoryShare(textOf(info));
  }

  private async tip(field: string): Promise<number> {
    const ask = ["HGET", this.keys[2]!, field];
    const reply = await this.link.settle("tip", (connection) => connection.command(ask));
    if (reply === null) throw new LogFault(`LOST: there is no log at ${this.keys[2]} any more`);
    return numberOf(reply);
  }

  /** The log that this handle knows since its first look: never another one in its place. */
  private async same(): Promise<RedisShard> {
    const record = await this.genesis();
    if (record === null) throw new LogFault(`${this.keys[2]} holds no log`);
    const facts = genesisFacts(record);
    if (typeof facts === "string") throw new LogFault(`${this.keys[2]}: genesis: ${facts}`);
    const venue = toHex(facts.venue);
    this.known ??= { shard: this.shard, keys: this.keys, venue };
    if (this.known.venue === venue) return this.known;
    throw new LogFault(`LOST: ${this.keys[2]} has another genesis`);
  }

  /** For scripts, which compare the venue themselves: a genesis of many markets is long. */
  private async asked(): Promise<RedisShard> {
    return this.known ?? this.same();
  }

  private keep<T extends { close(): Promise<void> }>(end: T): T {
    this.ends.add(end);
    return end;
  }

  async close(): Promise<void> {
    for (const end of this.ends) await end.close();
    this.ends.clear();
    this.link.close();
  }
}

type Place = Omit<ConstructorParameters<typeof RedisInputReader>[0], "key">;
