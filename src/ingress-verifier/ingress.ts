/**
 * Ingress of the shards that one process serves: doors, order entry over TCP, ticks, drain.
 *
 *   start: doors recover (keys, newest reports) up to the tip of `in` -> listen
 *   stop:  no new connections, no new frames -> what waits is appended and reported -> goodbye
 */
import type { Logger } from "../edges/logger.ts";
import type { ShardLog } from "../edges/log.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { type EntryLimits, OrderEntry } from "./order-entry.ts";
import { type DoorLimits, ShardDoor } from "./shard-door.ts";

export interface IngressShard {
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
}

export interface IngressParts {
  /** The lowest shard first. */
  readonly shards: readonly IngressShard[];
  readonly verifier: SignatureVerifier;
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly entryLimits: EntryLimits;
  readonly doorLimits: DoorLimits;
  readonly tickMs: number;
  readonly drainTimeoutMs: number;
  readonly dashboard: string;
  readonly logger: Logger;
  readonly now: () => number;
  readonly stop: AbortSignal;
  /** Called with the first fault of a log; the process should end. */
  readonly onFault: (fault: unknown) => void;
}

const POLL_MS = 10;

export class Ingress {
  readonly doors: ReadonlyMap<number, ShardDoor>;
  readonly entry: OrderEntry;
  private readonly parts: IngressParts;
  private readonly following = new AbortController();
  private readonly followers: Promise<void>[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly ticker: ReturnType<typeof setInterval>;

  /** Resolves when the doors have recovered and the port is open. */
  static async start(parts: IngressParts): Promise<Ingress> {
    const doors = new Map<number, ShardDoor>();
    const closers: (() => Promise<void>)[] = [];
    for (const shard of parts.shards) {
      const writer = await shard.log.openInputWriter();
      closers.push(() => writer.close());
      const door = new ShardDoor({
        genesis: shard.genesis,
        venue: shard.venue,
        verifier: parts.verifier,
        writer,
        openExecutionReader: () => shard.log.openExecutionReader(),
        limits: parts.doorLimits,
        onFault: parts.onFault,
      });
      await door.recover(writer.tip(), parts.stop);
      doors.set(shard.genesis.shard, door);
    }
    return new Ingress(parts, doors, closers);
  }

  private constructor(
    parts: IngressParts,
    doors: ReadonlyMap<number, ShardDoor>,
    closers: (() => Promise<void>)[],
  ) {
    this.parts = parts;
    this.doors = doors;
    this.closers = closers;
    for (const door of doors.values()) this.followers.push(door.follow(this.following.signal));
    this.entry = new OrderEntry({
      hostname: parts.hostname,
      port: parts.port,
      reusePort: parts.reusePort,
      doors,
      limits: parts.entryLimits,
      dashboard: parts.dashboard,
      now: parts.now,
      stop: parts.stop,
    });
    this.ticker = setInterval(() => this.tick(), parts.tickMs / 4);
  }

  /** After `stop`: appends and reports what was taken, then says goodbye and closes. */
  async drain(): Promise<void> {
    clearInterval(this.ticker);
    this.entry.stopListening();
    this.entry.handOver();
    const until = this.parts.now() + this.parts.drainTimeoutMs;
    for (const door of this.doors.values()) {
      await door.queue.drain();
      const isBehind = (): boolean => door.followed < door.queue.placedTip;
      while (isBehind() && !door.queue.isBroken && this.parts.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    }
    this.entry.end();
    this.following.abort();
    await Promise.all(this.followers);
    for (const close of this.closers) await close();
  }

  private readonly lastTick = new Map<ShardDoor, { position: number; at: number }>();

  /** A shard whose newest record is older than a tick gets a tick. */
  private tick(): void {
    const now = this.parts.now();
    for (const door of this.doors.values()) {
      const position = Math.max(door.queue.placedTip, door.followed);
      const last = this.lastTick.get(door);
      if (last === undefined || last.position !== position) {
        this.lastTick.set(door, { position, at: now });
      } else if (now - last.at >= this.parts.tickMs * 0.75) {
        door.queue.tick();
      }
    }
  }
}
