/**
 * Redis log: one shard's two streams and their control hash in one Redis primary.
 *
 *   in:{7} ex:{7} ctl:{7}    the braces keep a shard's keys in one slot; see redis-scripts.ts
 *
 * Connections: one per writer, one per reader (it may block), one for questions. Cluster and the
 * waiting for replicas (D3) are not built yet; `durable` in an execution record's header is the
 * seam.
 */
import { toHex } from "../base/bytes.ts";
import {
  type ExecutionReader,
  type ExecutionWriter,
  type InputReader,
  type InputWriter,
  LogFault,
  type ShardLog,
} from "./log.ts";
import { checkedGenesis, genesisFacts } from "./log-genesis.ts";
import { numberOf, textOf } from "./redis-connection.ts";
import { encodeFrames } from "./redis-entries.ts";
import { addressOf, RedisLink, type RedisLinkOptions } from "./redis-link.ts";
import { memoryShare, probeRedis, type RedisFacts } from "./redis-probe.ts";
import { RedisExecutionReader, RedisInputReader } from "./redis-readers.ts";
import { CREATE, HALT } from "./redis-scripts.ts";
import { RedisExecutionWriter, RedisInputWriter, type RedisShard } from "./redis-writers.ts";
import { RECORD_HEADER_SIZE } from "../protocol/record.ts";

export interface RedisLogOptions extends RedisLinkOptions {
  readonly shard: number;
  readonly clockDifferenceMsMax: number;
  /** Name of this ingress among those of the shard; whoever takes it last writes. */
  readonly slot?: string;
}

/** Connects, and finds out what this Redis promises. */
export async function openRedisLog(options: RedisLogOptions): Promise<RedisLog> {
  const link = new RedisLink(options, `clob-ask-${options.shard}`);
  try {
    const facts = await link.settle("probe", probeRedis);
    return new RedisLog(options, link, facts);
  } catch (error) {
    link.close();
    throw error;
  }
}

export class RedisLog implements ShardLog {
  readonly shard: number;
  readonly describe: string;
  readonly facts: RedisFacts;
  private readonly options: RedisLogOptions;
  private readonly link: RedisLink;
  private readonly keys: readonly string[];
  private readonly ends = new Set<{ close(): Promise<void> }>();
  private known: RedisShard | null = null;

  constructor(options: RedisLogOptions, link: RedisLink, facts: RedisFacts) {
    this.options = options;
    this.link = link;
    this.facts = facts;
    this.shard = options.shard;
    this.keys = ["in", "ex", "ctl"].map((role) => `${role}:{${options.shard}}`);
    const address = addressOf(options.access);
    this.describe = `${address}, ${facts.level} ${facts.sync}, version ${facts.version}`;
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

  async openInputWriter(): Promise<InputWriter> {
    const { slot = "1", clockDifferenceMsMax } = this.options;
    const link = new RedisLink(this.options, `clob-in-${this.shard}`);
    this.keep({ close: async () => link.close() });
    const options = { slot, clockDifferenceMsMax };
    return RedisInputWriter.open(await this.same(), link, options);
  }

  openRestReader(): Promise<InputReader> {
    return this.openInputReader();
  }

  async openInputReader(): Promise<InputReader> {
    const place = { ...this.options, shard: await this.same(), role: "in" as const };
    return this.keep(new RedisInputReader(place, () => this.tip("in_tip")));
  }

  async openExecutionWriter(): Promise<ExecutionWriter> {
    const link = new RedisLink(this.options, `clob-ex-${this.shard}`);
    this.keep({ close: async () => link.close() });
    return RedisExecutionWriter.open(await this.same(), link);
  }

  async openExecutionReader(): Promise<ExecutionReader> {
    const place = { ...this.options, shard: await this.same(), role: "ex" as const };
    return this.keep(new RedisExecutionReader(place, () => this.tip("ex_tip")));
  }

  async halt(reason: string): Promise<void> {
    const { keys, venue } = await this.same();
    await this.link.settle("halt", (connection) => connection.script(HALT, keys, [venue, reason]));
  }

  async fullness(): Promise<number | null> {
    const info = await this.link.settle("memory", (connection) =>
      connection.command(["INFO", "memory"]),
    );
    return memoryShare(textOf(info));
  }

  async halted(): Promise<string | null> {
    const ask = ["HGET", this.keys[2]!, "halted"];
    const reply = await this.link.settle("halted mark", (connection) => connection.command(ask));
    return reply === null ? null : `shard ${this.shard} is halted: ${textOf(reply)}`;
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
