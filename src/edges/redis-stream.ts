/**
 * Redis stream: entries of one stream in order, over a connection of its own that may block.
 *
 *   read on     XREAD BLOCK behind the last entry; a watchdog ends a read that does not come back
 *   every new connection, jump and idle second: is it still our log, is its tip at or above what
 *               we know, is what we read last still there? If not: LOST
 *
 * To stop, the connection is cut: nothing else ends a blocked read at once.
 */
import type { RedisHost } from "./config-address.ts";
import { Fenced } from "./log.ts";
import { listOf, type RedisConnection } from "./redis-connection.ts";
import { asLogError, passingReason, Patience, type RedisLinkOptions } from "./redis-link.ts";
import {
  checkMarks,
  type LogState,
  type Marks,
  readEntry,
  type RedisShard,
  type StreamEntry,
} from "./redis-marks.ts";
import { openPrimary } from "./redis-primary.ts";

const BLOCK_MS = 1000;
const COUNT_MAX = 1024;
const ENTRY_SIZE_GUESS = 65_536;

export interface StreamPlace extends RedisLinkOptions {
  readonly shard: RedisShard;
  /** Index of the stream's key among the shard's. */
  readonly key: 0 | 1;
  readonly marks: Marks;
}

/** The durable position, and the epoch of the matcher that rang; 0 where nobody did. */
export interface Bell {
  readonly durable: number;
  readonly epoch: number;
}

/** Throws if what the reader knows does not agree with this server. */
export type CheckMine = (
  connection: RedisConnection,
  state: LogState,
  after: number,
) => Promise<void>;

export class RedisStream {
  private readonly place: StreamPlace;
  private readonly checkMine: CheckMine;
  private readonly key: string;
  private connection: RedisConnection | null = null;
  private host: RedisHost;
  private entrySize = ENTRY_SIZE_GUESS;
  private at = 0;
  private isClosed = false;
  /** Connections made so far: what was read over an older one and not handed out is void. */
  connects = 0;
  /** As the last check found it. */
  durable = 0;

  constructor(place: StreamPlace, checkMine: CheckMine) {
    this.place = place;
    this.checkMine = checkMine;
    this.key = place.shard.keys[place.key]!;
    this.host = place.targets.current;
  }

  /** Entries that cover positions above `after`, one or more; null once stopped or closed. */
  next(after: number, bytesMax: number, stop: AbortSignal): Promise<StreamEntry[] | null> {
    const count = Math.min(Math.max(1, Math.floor(bytesMax / this.entrySize)), COUNT_MAX);
    return this.turns(after, stop, async (connection) => {
      const entries = await this.block(connection, { key: this.key, after, count });
      if (entries !== null) this.measure(entries);
      else await this.idle(connection, after);
      return entries;
    });
  }

  /** Once the durable position is above `known`, or the connection is new; null once stopped. */
  bell(after: number, known: number, stop: AbortSignal): Promise<Bell | null> {
    const { connects } = this;
    return this.turns(after, stop, async (connection) => {
      if (this.connects !== connects) return { durable: this.durable, epoch: 0 };
      const ask = { key: this.place.shard.keys[3]!, after: known, count: 1 };
      const rung = await this.block(connection, ask);
      if (rung !== null) return bellOf(rung.at(-1)!);
      await this.idle(connection, after);
      return this.durable > known ? { durable: this.durable, epoch: 0 } : null;
    });
  }

  /** Tells how far the reader's caller has come. */
  handedOut(last: number): void {
    this.at = last;
  }

  /** Runs `step` on a checked connection until it has a result. */
  private async turns<T>(
    after: number,
    stop: AbortSignal,
    step: (connection: RedisConnection) => Promise<T | null>,
  ): Promise<T | null> {
    const cut = (): void => this.drop();
    stop.addEventListener("abort", cut, { once: true });
    let patience = new Patience(this.place);
    try {
      while (!stop.aborted && !this.isClosed) {
        try {
          const connection = await this.connected(after);
          if (stop.aborted || this.isClosed) return null;
          const result = await step(connection);
          if (result !== null) return stop.aborted ? null : result;
          patience = new Patience(this.place);
        } catch (error) {
          await this.recover(error, patience, stop);
        }
      }
      return null;
    } finally {
      stop.removeEventListener("abort", cut);
    }
  }

  private async recover(error: unknown, patience: Patience, stop: AbortSignal): Promise<void> {
    this.drop();
    const reason = passingReason(error);
    if (stop.aborted || this.isClosed) return;
    this.place.targets.learn(this.host, error);
    if (reason === "") throw asLogError(error);
    await patience.pause(`reading ${this.key}: ${reason}`, error);
  }

  private async block(
    connection: RedisConnection,
    { key, after, count }: { key: string; after: number; count: number },
  ): Promise<StreamEntry[] | null> {
    const ask = ["XREAD", "COUNT", `${count}`, "BLOCK", `${BLOCK_MS}`, "STREAMS", key];
    const reply = await connection.command([...ask, `0-${after}`], BLOCK_MS);
    return reply === null ? null : listOf(listOf(listOf(reply)[0])[1]).map(readEntry);
  }

  private measure(entries: readonly StreamEntry[]): void {
    let size = 0;
    for (const { fields } of entries) for (const { length } of fields.values()) size += length;
    this.entrySize = Math.ceil((this.entrySize + size / entries.length) / 2);
  }

  /** The open connection, or a new one; after a jump or a reconnect the log is looked at first. */
  private async connected(after: number): Promise<RedisConnection> {
    const open = this.connection?.isOpen() === true ? this.connection : null;
    if (open !== null && after === this.at) return open;
    const connection = open ?? (await this.connect());
    await this.check(connection, after);
    this.at = after;
    return connection;
  }

  private async connect(): Promise<RedisConnection> {
    const { access, targets } = this.place;
    this.host = targets.current;
    const name = `clob-read-${this.key}`;
    this.connection = await openPrimary(access, this.host, name);
    this.connects++;
    return this.connection;
  }

  /** Nothing new came: a shard that is halted has no more to say, but to who stands by. */
  private async idle(connection: RedisConnection, after: number): Promise<void> {
    const { halted } = await this.check(connection, after);
    if (halted === null || halted === this.place.marks.standsBy) return;
    throw new Fenced(`the shard is halted: ${halted}`);
  }

  private async check(connection: RedisConnection, after: number): Promise<LogState> {
    const state = await checkMarks(connection, this.place.shard, this.place.marks);
    this.durable = state.durable;
    await this.checkMine(connection, state, after);
    return state;
  }

  private drop(): void {
    this.connection?.close();
    this.connection = null;
  }

  close(): void {
    this.isClosed = true;
    this.drop();
  }
}

function bellOf({ last, fields }: StreamEntry): Bell {
  return { durable: last, epoch: Number(Buffer.from(fields.get("e") ?? "0").toString()) };
}
