/**
 * Redis stream: entries of one stream in order, over a connection of its own that may block.
 *
 *   read on     XREAD BLOCK behind the last entry; a watchdog ends a read that does not come back
 *   every new connection, jump and idle second: is it still our log, is its tip at or above what
 *               we know, is the entry that we read last still there, byte for byte? If not: LOST
 *
 * To stop, the connection is cut: nothing else ends a blocked read at once.
 */
import { crc32 } from "../base/crc32.ts";
import { LogFault } from "./log.ts";
import { listOf, numberOf, RedisConnection, type Reply, textOf } from "./redis-connection.ts";
import { asLogError, passingReason, Patience, type RedisLinkOptions } from "./redis-link.ts";
import type { RedisShard } from "./redis-writers.ts";

const BLOCK_MS = 1000;
const COUNT_MAX = 1024;
const ENTRY_SIZE_GUESS = 65_536;

export interface StreamEntry {
  /** Position of the last record that it covers. */
  readonly last: number;
  readonly fields: ReadonlyMap<string, Uint8Array>;
}

export interface StreamPlace extends RedisLinkOptions {
  readonly shard: RedisShard;
  readonly role: "in" | "ex";
}

export class RedisStream {
  private readonly place: StreamPlace;
  private readonly key: string;
  private connection: RedisConnection | null = null;
  private entrySize = ENTRY_SIZE_GUESS;
  /** The entry read last, and the sum of its bytes. */
  private overlap = { last: 0, sum: 0 };
  private isClosed = false;

  constructor(place: StreamPlace) {
    this.place = place;
    this.key = place.shard.keys[place.role === "in" ? 0 : 1]!;
  }

  /** Entries that cover positions above `after`, one or more; null once stopped or closed. */
  async next(after: number, bytesMax: number, stop: AbortSignal): Promise<StreamEntry[] | null> {
    const cut = (): void => this.drop();
    stop.addEventListener("abort", cut, { once: true });
    let patience = new Patience(this.place);
    try {
      while (!stop.aborted && !this.isClosed) {
        try {
          const entries = await this.readOnce(after, bytesMax, stop);
          if (entries.length > 0) return stop.aborted ? null : entries;
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
    if (reason === "") throw asLogError(error);
    if (!stop.aborted && !this.isClosed) {
      await patience.pause(`reading ${this.key}: ${reason}`, error);
    }
  }

  private async readOnce(
    after: number,
    bytesMax: number,
    stop: AbortSignal,
  ): Promise<StreamEntry[]> {
    const connection = await this.connected(after);
    if (stop.aborted || this.isClosed) return [];
    const count = Math.min(Math.max(1, Math.floor(bytesMax / this.entrySize)), COUNT_MAX);
    const ask = ["XREAD", "COUNT", `${count}`, "BLOCK", `${BLOCK_MS}`, "STREAMS", this.key];
    const reply = await connection.command([...ask, `0-${after}`], BLOCK_MS);
    if (reply === null) {
      await this.check(connection, after);
      return [];
    }
    const entries = listOf(listOf(listOf(reply)[0])[1]).map(readEntry);
    this.note(entries);
    return entries;
  }

  private note(entries: readonly StreamEntry[]): void {
    const newest = entries.at(-1);
    if (newest === undefined) return;
    let size = 0;
    for (const { fields } of entries) for (const { length } of fields.values()) size += length;
    this.entrySize = Math.ceil((this.entrySize + size / entries.length) / 2);
    this.overlap = { last: newest.last, sum: sumOf(newest) };
  }

  /** The open connection, or a new one; after a jump or a reconnect the log is looked at first. */
  private async connected(after: number): Promise<RedisConnection> {
    const open = this.connection;
    if (open?.isOpen() === true && after === this.overlap.last) return open;
    const name = `clob-read-${this.key}`;
    const connection =
      open?.isOpen() === true ? open : await RedisConnection.open(this.place.access, name);
    this.connection = connection;
    await this.check(connection, after);
    return connection;
  }

  private async check(connection: RedisConnection, after: number): Promise<void> {
    const { keys, venue } = this.place.shard;
    const ask = ["HMGET", keys[2]!, "venue", `${this.place.role}_tip`];
    const [found = null, tip = null] = listOf(await connection.command(ask));
    if (found === null) throw new LogFault(`LOST: there is no log at ${keys[2]} any more`);
    if (textOf(found) !== venue) throw new LogFault(`LOST: ${keys[2]} has another genesis`);
    const known = Math.max(after, this.overlap.last);
    if (numberOf(tip) < known) {
      throw new LogFault(`LOST: ${this.key} ends at ${numberOf(tip)}, and ${known} was known`);
    }
    if (this.overlap.last > 0) await this.checkOverlap(connection);
  }

  private async checkOverlap(connection: RedisConnection): Promise<void> {
    const { last, sum } = this.overlap;
    const id = `0-${last}`;
    const [found] = listOf(await connection.command(["XRANGE", this.key, id, id]));
    if (found !== undefined && sumOf(readEntry(found)) === sum) return;
    throw new LogFault(`LOST: entry ${id} of ${this.key} is not the one that was read`);
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

function readEntry(reply: Reply): StreamEntry {
  const [id, list] = listOf(reply);
  const [, position] = textOf(id).split("-");
  const items = listOf(list);
  const fields = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < items.length; i += 2) {
    const value = items[i + 1];
    if (value instanceof Uint8Array) fields.set(textOf(items[i]), value);
  }
  return { last: Number(position), fields };
}

function sumOf(entry: StreamEntry): number {
  let sum = 0;
  for (const value of entry.fields.values()) sum = crc32(value, sum);
  return sum;
}
