/**
 * Services: ingress and matchers as the processes of a run, each with the parts that its service.ts
 * gives it, and a supervisor that starts it again. Settlement: settlement-service.ts.
 */
import type { Config } from "../../src/edges/config.ts";
import { Logger } from "../../src/edges/logger.ts";
import { Fenced } from "../../src/edges/log.ts";
import { openRedisLog } from "../../src/edges/redis-log.ts";
import { Halt } from "../../src/engine/halt.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Ingress } from "../../src/ingress-verifier/ingress.ts";
import { Matcher } from "../../src/market-matcher/matcher.ts";
import { haltShard } from "../../src/service/halted.ts";
import { openShard, type OpenShard } from "../../src/service/open-shards.ts";
import { Exporting } from "./exporting.ts";
import { APPEND_QUEUE_MAX } from "./setup.ts";
import type { Venue } from "./venue.ts";
import { MS, type Process } from "./world.ts";

const DATA = "/data";
/** What is left to a service that has met a fault, as in src/service/run.ts. */
const FAULT_STOP_MS = 1000;
const CLOCK_DIFFERENCE_MS = 5000;

/** What services derive from a shard's log lies there, each on its host's disk. */
export function shardDir(shard: number): string {
  return `${DATA}/shard-${shard}`;
}

type OnFault = (fault: unknown) => void;
/** Starts it; what comes back stops it gently. */
export type Begin = (
  venue: Venue,
  process: Process,
  onFault: OnFault,
) => Promise<() => Promise<void>>;

/** A service's logs as its process opens them. */
interface Place {
  readonly shard: number;
  readonly slot: string;
  /** On whose disk it keeps what it derives; its own role's if absent. */
  readonly host?: string;
}

export async function openShardOf(
  venue: Venue,
  process: Process,
  logger: Logger,
  { shard, slot, host = process.role }: Place,
): Promise<OpenShard> {
  const { setup } = venue;
  const log = await openRedisLog({
    shard,
    access: venue.accessOf(process),
    unreachableMsMax: setup.unreachableMsMax,
    clockDifferenceMsMax: CLOCK_DIFFERENCE_MS,
    slot,
    slotLeaseMs: setup.slotLeaseMs,
    matcherLeaseMs: setup.matcherLeaseMs,
    replicas: setup.replicas,
    owner: `${process.name}:0:0`,
    notice: (why) => logger.warning("waiting", { why }),
  });
  const files = venue.diskOf(host).filesOf(process, venue.weather);
  const opened = await openShard({ log: { dataDir: DATA } } as Config, log, files);
  const { halted } = opened;
  if (halted !== null) logger.warning("not served until it is cleared", { why: halted });
  return Exporting.open(venue, process, logger)?.archived({ ...opened, log }) ?? opened;
}

export function loggerOf(venue: Venue, process: Process): Logger {
  const write = (line: string): void => {
    const { message, ...rest } = JSON.parse(line) as Record<string, unknown>;
    const fields = Object.entries(rest).filter(([name]) => name !== "time");
    const words = fields.map(([name, value]) => `${name}=${String(value)}`);
    venue.world.say(process.name, `${String(message)} ${words.join(" ")}`);
  };
  return new Logger({ sink: { write, close: () => undefined }, severityMin: "info" });
}

export function ingressOf(slot: string): Begin {
  return async (venue, process, onFault) => {
    const { setup } = venue;
    const logger = loggerOf(venue, process);
    const shards: OpenShard[] = [];
    for (const shard of venue.shards) {
      shards.push(await openShardOf(venue, process, logger, { shard, slot }));
    }
    const stopping = new AbortController();
    const { signal } = stopping;
    const exporting = Exporting.open(venue, process, logger);
    const ingress = await Ingress.start({
      shards: exporting === null ? shards : shards.map((shard) => exporting.withPast(shard)),
      verifier: venue.verifier,
      hostname: process.role,
      port: 1,
      reusePort: false,
      entryLimits: venue.entryLimits,
      doorLimits: {
        appendQueueBytesMax: APPEND_QUEUE_MAX,
        packBytesMax: setup.packBytesMax,
        unmatchedRecordsMax: 64,
        reportsKept: setup.reportsKept,
        resumeRecordsMax: 1 << 16,
        resumesMax: 64,
      },
      memoryMarks: { memoryRefuseOrdersPercent: 70, memoryCancelsOnlyPercent: 85 },
      tickMs: 1000,
      drainTimeoutMs: 2000,
      dashboard: "",
      listen: venue.net.listenOf(process),
      logger,
      now: () => performance.now(),
      stop: signal,
      onFault,
    });
    venue.ingresses.set(process.role, ingress);
    const places = shards.map((shard) => {
      const position = (): number => ingress.doors.get(shard.genesis.shard)?.followed ?? 0;
      return exporting?.holdPlace(shard, { name: () => `ingress-${slot}`, position }, signal);
    });
    return async () => {
      stopping.abort();
      await Promise.all(places);
      await ingress.drain();
      for (const { log } of shards) await log.close();
    };
  };
}

/** Each shard's matcher has a process and a host of its own. */
export function matcherRole(shard: number): string {
  return shard === 1 ? "matcher" : `matcher/${shard}`;
}

export function matcherOf(number: number): Begin {
  return async (venue, process, onFault) => {
    const { setup } = venue;
    const logger = loggerOf(venue, process);
    // A rival is a second process on the host of the first.
    const host = process.role === "rival" ? matcherRole(number) : process.role;
    const shard = await openShardOf(venue, process, logger, { shard: number, slot: "", host });
    const stopping = new AbortController();
    const options = { levels: createLevels, roots: false, seed: setup.seed };
    const exporting = Exporting.open(venue, process, logger);
    const service = new Matcher({
      ...shard,
      options,
      ...(exporting === null ? {} : { exportedStates: exporting.states(shard, options) }),
      snapshotDir: `${shardDir(number)}/snapshots`,
      files: venue.diskOf(host).filesOf(process, venue.weather),
      snapshotRecords: setup.snapshotRecords,
      batchBytesMax: setup.batchBytesMax,
      standbyPollMs: setup.matcherLeaseMs / 10,
      logger,
      stop: stopping.signal,
    });
    const run = service.run().catch((fault: unknown) => haltShard(shard, fault, onFault));
    const name = (): string => (service.leads ? "matcher" : "matcher-standby");
    const at = { name, position: () => service.counts.position };
    const place = exporting?.holdPlace(shard, at, stopping.signal);
    return async () => {
      stopping.abort();
      await Promise.all([run, place]);
      await shard.log.close();
    };
  };
}

/** Starts a role, and starts it again whenever it has ended. */
export class Supervisor {
  readonly role: string;
  process: Process | null = null;
  starts = 0;
  private readonly venue: Venue;
  private readonly begin: Begin;
  private stop: (() => Promise<void>) | null = null;
  private isWanted = true;
  /** A rival is not started again. */
  private readonly once: boolean;

  constructor(venue: Venue, role: string, begin: Begin, once = false) {
    this.venue = venue;
    this.role = role;
    this.begin = begin;
    this.once = once;
  }

  start(): void {
    const { world } = this.venue;
    if (!this.isWanted || (this.once && this.starts > 0)) return;
    const process = world.spawn(`${this.role}.${++this.starts}`);
    process.clockOffset = this.venue.clockOffsets.get(this.role) ?? 0;
    this.process = process;
    this.stop = null;
    world.enter(process, () => {
      world.say(process.name, "starts");
      this.begin(this.venue, process, (fault) => this.onFault(process, fault)).then(
        (stop) => (this.stop = stop),
        (fault: unknown) => this.end(process, fault),
      );
    });
  }

  /** Kill -9. */
  crash(why: string): void {
    if (this.process !== null) this.end(this.process, why);
  }

  /** SIGTERM; resolves into the next start, or into nothing at the end of a run. */
  stopGently(isLast: boolean): void {
    const { process, stop } = this;
    this.isWanted &&= !isLast;
    if (process === null || !process.isAlive) return;
    if (stop === null) {
      this.end(process, "asked to while it starts");
      return;
    }
    this.venue.world.enter(process, () => {
      stop().then(
        () => this.end(process, "stopped"),
        (fault: unknown) => this.end(process, fault),
      );
    });
  }

  get isRunning(): boolean {
    return this.process?.isAlive === true;
  }

  /** The rest of the process may still do something for a while, as in src/service/run.ts. */
  private onFault(process: Process, fault: unknown): void {
    this.venue.world.say(process.name, `fault: ${sentence(fault)}`);
    this.venue.onFault(this.role, fault);
    const stop = this.stop?.() ?? Promise.resolve();
    const end = (): void => this.end(process, "after a fault");
    void Promise.race([stop, Bun.sleep(FAULT_STOP_MS)]).then(end, end);
  }

  private end(process: Process, why: unknown): void {
    const { world } = this.venue;
    if (this.process !== process || !process.isAlive) return;
    world.kill(process, sentence(why));
    const pause = world.nature.prng.between(10, 500) * MS;
    world.at(pause, world.nature, "", () => this.start());
  }
}

export function sentence(why: unknown): string {
  if (!(why instanceof Error)) return String(why);
  const isPlain = why instanceof Halt || why instanceof Fenced || why.name !== "Error";
  return isPlain ? `${why.name}: ${why.message}` : (why.stack ?? why.message);
}
