/**
 * Ingress of the shards that one process serves: doors, order entry over TCP, ticks, drain.
 *
 *   start: doors recover (keys, newest reports) up to the tip of `in` -> listen
 *   stop:  no new connections, no new frames -> what waits is appended and reported -> goodbye
 */
import type { Logger } from "../edges/logger.ts";
import type { ShardLog } from "../edges/log.ts";
import type { Listen } from "../edges/tcp-server.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { PastParts } from "../service/past.ts";
import { type MemoryMarks, pressureOf } from "./memory-marks.ts";
import { type EntryLimits, OrderEntry } from "./order-entry.ts";
import type { AgeLimits } from "./session-age.ts";
import type { DoorLimits } from "./door-parts.ts";
import { ShardDoor } from "./shard-door.ts";

export interface IngressShard {
  /** See DoorParts. */
  readonly past?: PastParts;
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  /** Why it was halted when it was opened, or null. */
  readonly halted: string | null;
}

export interface IngressParts {
  /** The lowest shard first. */
  readonly shards: readonly IngressShard[];
  readonly verifier: SignatureVerifier;
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
  readonly entryLimits: EntryLimits;
  /** See EntryParts. */
  readonly sessionAge?: AgeLimits;
  readonly doorLimits: DoorLimits;
  readonly memoryMarks: MemoryMarks;
  readonly tickMs: number;
  readonly drainTimeoutMs: number;
  readonly dashboard: string;
  /** See EntryParts. */
  readonly listen?: Listen;
  readonly logger: Logger;
  readonly now: () => number;
  readonly stop: AbortSignal;
  /** Called with the first fault of a log; the process should end. */
  readonly onFault: (fault: unknown) => void;
}

const POLL_MS = 10;
const MEMORY_LOOK_MS = 500;
const HALT_LOOK_MS = 200;
/** A log that stays full is told of this often. */
const FULL_NOTICE_MS = 1000;

export class Ingress {
  readonly doors: ReadonlyMap<number, ShardDoor>;
  readonly entry: OrderEntry;
  private readonly parts: IngressParts;
  private readonly following = new AbortController();
  private readonly followers: Promise<void>[] = [];
  private readonly closers: (() => Promise<void>)[] = [];
  private readonly ticker: ReturnType<typeof setInterval>;
  private readonly looker: ReturnType<typeof setInterval>;
  private isLooking = false;
  private readonly haltLooker: ReturnType<typeof setInterval>;
  private isLookingAtHalts = false;

  /** Resolves when the doors have recovered and the port is open. */
  static async start(parts: IngressParts): Promise<Ingress> {
    const doors = new Map<number, ShardDoor>();
    const closers: (() => Promise<void>)[] = [];
    for (const shard of parts.shards) {
      shard.log.standBy(shard.halted);
      let writer = await shard.log.openInputWriter();
      closers.push(() => writer.close());
      const door = new ShardDoor({
        genesis: shard.genesis,
        venue: shard.venue,
        halted: shard.halted,
        readHalt: () => shard.log.halted(),
        verifier: parts.verifier,
        writer,
        openExecutionReader: () => shard.log.openExecutionReader(),
        ...(shard.past === undefined ? {} : { past: shard.past }),
        recoverLoss: async (loss, durable) => {
          parts.logger.error("lost suffix", { shard: shard.log.shard, why: loss.message, durable });
          await writer.close();
          await shard.log.recoverLoss(loss, durable);
          writer = await shard.log.openInputWriter();
          return writer;
        },
        limits: parts.doorLimits,
        onFull: fullNotice(parts, shard.genesis.shard),
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
      age: parts.sessionAge,
      dashboard: parts.dashboard,
      listen: parts.listen,
      now: parts.now,
      stop: parts.stop,
    });
    this.ticker = setInterval(() => this.tick(), parts.tickMs / 4);
    this.looker = setInterval(() => void this.lookAtMemory(), MEMORY_LOOK_MS);
    this.haltLooker = setInterval(() => void this.lookAtHalts(), HALT_LOOK_MS);
  }

  /** A halted shard is looked at until its halt is lifted; then it is served like any. */
  private async lookAtHalts(): Promise<void> {
    if (this.isLookingAtHalts) return;
    this.isLookingAtHalts = true;
    for (const { log, genesis } of this.parts.shards) {
      const door = this.doors.get(genesis.shard);
      if (door?.isHalted !== true) continue;
      const reason = await log.halted().catch(() => undefined);
      if (reason === undefined) continue;
      log.standBy(reason);
      door.halted(reason);
      if (reason === null) this.parts.logger.info("the halt is lifted", { shard: log.shard });
    }
    this.isLookingAtHalts = false;
  }

  /** Asks each log how full it is; a log that can't be asked shows at its next append. */
  private async lookAtMemory(): Promise<void> {
    if (this.isLooking) return;
    this.isLooking = true;
    for (const { log, genesis } of this.parts.shards) {
      const door = this.doors.get(genesis.shard);
      const fullness = await log.fullness().catch(() => undefined);
      if (door === undefined || fullness === undefined) continue;
      const pressure = pressureOf(fullness, this.parts.memoryMarks);
      if (door.pressure === pressure) continue;
      door.pressure = pressure;
      const percent = Math.round((fullness ?? 0) * 100);
      const fields = { shard: genesis.shard, taken: TAKEN[pressure], memory_percent: percent };
      this.parts.logger.warning("memory of the log", fields);
    }
    this.isLooking = false;
  }

  /** After `stop`: appends and reports what was taken, then says goodbye and closes. */
  async drain(): Promise<void> {
    clearInterval(this.ticker);
    clearInterval(this.looker);
    clearInterval(this.haltLooker);
    this.entry.stopListening();
    this.entry.handOver();
    const until = this.parts.now() + this.parts.drainTimeoutMs;
    for (const door of this.doors.values()) {
      await door.queue.drain();
      const isBehind = (): boolean => !door.isHalted && door.followed < door.queue.placedTip;
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
      if (door.isHalted) continue;
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

const TAKEN = { none: "everything", no_new_orders: "no new orders", cancels_only: "cancels" };

/** Logs that the log is full, at most once in a while, with how many frames that refused. */
function fullNotice(
  { logger, now }: IngressParts,
  shard: number,
): (why: string, frames: number) => void {
  let frames = 0;
  let nextAt = 0;
  return (why, count) => {
    frames += count;
    if (now() < nextAt) return;
    nextAt = now() + FULL_NOTICE_MS;
    logger.error("the log is full", { shard, why, refused_frames: frames });
    frames = 0;
  };
}
