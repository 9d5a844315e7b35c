/**
 * RunSeed: one run from its seed to its verdict.
 *
 *   genesis, accounts, money -> services -> traders and faults -> all heals, all drains -> audit
 */
import { audit } from "./audit.ts";
import { Desk } from "./desk.ts";
import { FenceOperator } from "./fence-operator.ts";
import { heal, planFaults, restartRedis } from "./faults.ts";
import { replaceGlobals } from "./host-time.ts";
import { keyOfTrader, openVenue, shardOfTrader } from "./opening.ts";
import { type Oracle, Violation } from "./oracle.ts";
import { MODELS } from "./script-models.ts";
import { FIRST_TRADER, type Setup } from "./setup.ts";
import { signerOf } from "./signers.ts";
import { Trader } from "./trader.ts";
import { Venue } from "./venue.ts";
import { Workload } from "./workload.ts";
import { MS, SECOND, World } from "./world.ts";

export interface Verdict {
  readonly setup: Setup;
  /** As it is at the end. */
  readonly venue: Venue;
  /** "" if all held. */
  readonly wrong: string;
  readonly hash: number;
  readonly events: number;
  readonly virtualUs: number;
  readonly records: number;
  readonly reports: number;
  readonly losses: number;
  readonly faults: ReadonlyMap<string, number>;
  readonly effects: ReadonlyMap<string, number>;
  readonly trace: readonly string[];
}

export interface CrashPoint {
  readonly role: string;
  readonly effect: number;
}

export interface RunOptions {
  readonly keepsTrace?: boolean;
  readonly crashPoint?: CrashPoint | null;
  /** Runs on for a while when all is at rest, so that checkpoints cover what shards had of others. */
  readonly isForStranger?: boolean;
  /** A disk that says that it has synced and has not: what is acknowledged will be lost. */
  readonly isDiskLying?: boolean;
}

/** All must drain within this once all is healed. */
const DRAIN_US = 60 * SECOND;
const REST_US = 4 * SECOND;
const LOOK_US = 20 * MS;
/** One run of so many asks all services to stop at the same moment. */
const ALL_AT_ONCE = 8;
/** One run of so many ends only when all of before is archived. */
const ALL_EXPORTED = 6;
const EVENTS_MAX = 3_000_000;

export function runSeed(setup: Setup, options: RunOptions = {}): Verdict {
  const world = new World(setup.seed, options.keepsTrace ?? false);
  const restore = replaceGlobals(world);
  // Refusals are thrown by the thousand; where from is told when a seed is run alone.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = world.keepsTrace ? stackTraceLimit : 0;
  for (const script of MODELS.keys()) script.hash = "";
  try {
    return new Run(world, setup, options).toEnd();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    restore();
  }
}

class Run {
  private readonly world: World;
  private readonly setup: Setup;
  private readonly venue: Venue;
  private readonly options: RunOptions;
  private traders: Trader[] = [];

  constructor(world: World, setup: Setup, options: RunOptions) {
    this.world = world;
    this.setup = setup;
    this.options = options;
    this.venue = new Venue(world, setup);
    for (const { file } of this.venue.nodes.values()) file.isLying = options.isDiskLying ?? false;
  }

  toEnd(): Verdict {
    const { venue } = this;
    try {
      this.all();
    } catch (error) {
      venue.fail(error instanceof Error ? error : new Error(String(error)));
    }
    const { violation, weather } = venue;
    const oracles = [...venue.oracles.values()];
    const sum = (of: (oracle: Oracle) => number): number =>
      oracles.reduce((total, oracle) => total + of(oracle), 0);
    return {
      setup: this.setup,
      venue,
      wrong: violation === null ? "" : describe(violation),
      hash: this.world.hash,
      events: this.world.events,
      virtualUs: this.world.now,
      records: sum(({ tip }) => tip),
      reports: sum(({ reports }) => [...reports.values()].flat().length),
      losses: sum(({ losses }) => losses),
      faults: weather.counts,
      effects: weather.effects,
      trace: this.world.trace,
    };
  }

  private all(): void {
    const { venue, world, setup } = this;
    let isReady = false;
    const writer = world.spawn("setup");
    world.enter(writer, () => void openVenue(venue).then(() => (isReady = true)));
    this.until("the log is set up", 10 * SECOND, () => isReady);
    world.kill(writer, "done");
    const workload = new Workload(world, setup, venue.oracles);
    this.traders = this.makeTraders(workload);
    const desk = new Desk(venue, workload);
    this.makeMortal();
    for (const service of venue.services) service.start();
    const areKnown = (): boolean => venue.crossings.lacks === "";
    if (setup.shards > 1) this.until("accounts and funds are everywhere", DRAIN_US, areKnown);
    for (const trader of this.traders) trader.start();
    desk.start();
    if (setup.hasFence) new FenceOperator(venue).start();
    planFaults(venue, this.traders);
    const faultsEnd = world.now + setup.faultSeconds * SECOND;
    venue.calmAt = faultsEnd;
    this.until("the faults are over", DRAIN_US, () => world.now >= faultsEnd);
    world.say("nature", "heals everything");
    heal(venue);
    this.awaitExport();
    const isDrained = (): boolean => this.lacks(desk) === "";
    this.until("everything has drained", DRAIN_US, isDrained, () => this.lacks(desk));
    const restEnd = world.now + (this.options.isForStranger === true ? REST_US : 0);
    this.until("a rest", DRAIN_US, () => world.now >= restEnd);
    this.stopAll();
    audit(venue, this.traders);
  }

  /** The first record of each shard; in some runs all that is there now, which takes a while. */
  private awaitExport(): void {
    const isAll = this.setup.seed % ALL_EXPORTED === 0;
    for (const [shard, { tip }] of this.venue.oracles) {
      this.venue.archive?.await(shard, isAll ? tip : 1);
    }
  }

  /** In the order in which records go, but for some runs: without a matcher ingress waits long. */
  private stopAll(): void {
    const { services, rivals } = this.venue;
    const firsts = services.filter(({ role }) => role.startsWith("ingress")).concat(rivals);
    const isAtOnce = this.setup.seed % ALL_AT_ONCE === 0;
    for (const group of isAtOnce ? [services.concat(rivals)] : [firsts, services]) {
      for (const service of group) service.stopGently(true);
      const isOver = (): boolean => group.every(({ isRunning }) => !isRunning);
      this.until("all services have stopped", DRAIN_US, isOver);
    }
  }

  /** For runs of which one crash point is the fault. */
  private makeMortal(): void {
    const { weather, nodes } = this.venue;
    const { prng } = this.world.nature;
    weather.effects.clear();
    weather.crashPoint = this.options.crashPoint ?? null;
    for (const trader of this.traders) weather.crashes.set(trader.role, () => trader.crash());
    for (const name of nodes.keys()) {
      weather.crashes.set(name, () => restartRedis(true)(this.venue, this.traders, prng));
    }
  }

  /** What is not yet at rest; "" for nothing. */
  private lacks(desk: Desk): string {
    const { oracles, crossings, settlements, services, fence, primary, archive } = this.venue;
    const trader = this.traders.find(({ lacks }) => lacks !== "");
    if (trader !== undefined) return trader.lacks;
    if (!desk.isDone) return "the desk has frames to send";
    for (const [shard, { tip, executedTip }] of oracles) {
      if (executedTip < tip) return `ex of shard ${shard} is at ${executedTip} of ${tip}`;
      for (const { role } of services.filter((one) => one.role.startsWith("settlement"))) {
        const settled = settlements.get(`${role} ${shard}`)?.engine.position ?? 0;
        if (settled < tip) return `${role} of shard ${shard} is at ${settled} of ${tip}`;
      }
    }
    if (crossings.lacks !== "") return crossings.lacks;
    if (archive !== null && archive.lacks !== "") return archive.lacks;
    const halted = fence.haltedIn(primary);
    if (halted !== 0) return `shard ${halted} is halted`;
    const down = services.find(({ isRunning }) => !isRunning);
    return down === undefined ? "" : `${down.role} does not run`;
  }

  /** Runs on until that holds, at most so long. */
  private until(what: string, us: number, holds: () => boolean, lacks = () => ""): void {
    const { world, venue } = this;
    const end = world.now + us;
    for (let lookAt = world.now; ; ) {
      if (venue.violation !== null) throw venue.violation;
      if (world.now >= lookAt) {
        if (holds()) return;
        venue.checkBounds();
        lookAt = world.now + LOOK_US;
      }
      if (world.now > end) throw new Violation(`not within ${us / SECOND} s: ${what} ${lacks()}`);
      if (world.events > EVENTS_MAX) throw new Violation(`too many events: ${what}`);
      if (world.step()) continue;
      if (holds()) return;
      throw new Violation(`nothing happens any more: ${what}`);
    }
  }

  private makeTraders(workload: Workload): Trader[] {
    const { venue, setup } = this;
    return Array.from({ length: setup.profile.accounts }, (_, i) => {
      const account = i + 1;
      const signer = signerOf(FIRST_TRADER + account);
      const shard = shardOfTrader(setup, account);
      return new Trader({ venue, workload, account, shard, key: keyOfTrader(account), signer });
    });
  }
}

function describe(error: Error): string {
  return error instanceof Violation ? error.message : (error.stack ?? error.message);
}
