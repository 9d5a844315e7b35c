/**
 * RunSeed: one run from its seed to its verdict.
 *
 *   genesis, accounts, money -> services -> traders and faults -> all heals, all drains -> audit
 */
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeposit, encodeKey } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { encodePack } from "../../src/protocol/record.ts";
import { openRedisLog } from "../../src/edges/redis-log.ts";
import { ASSETS } from "../support/grammar-markets.ts";
import { audit } from "./audit.ts";
import { Desk } from "./desk.ts";
import { heal, planFaults, restartRedis } from "./faults.ts";
import { replaceGlobals } from "./host-time.ts";
import { Violation } from "./oracle.ts";
import { MODELS } from "./script-models.ts";
import { FIRST_TRADER, OPERATOR_SCOPES, type Setup } from "./setup.ts";
import { signerOf } from "./signers.ts";
import { Trader } from "./trader.ts";
import { Venue } from "./venue.ts";
import { Workload } from "./workload.ts";
import { MS, SECOND, START_US, World } from "./world.ts";

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
  /** A disk that says that it has synced and has not: what is acknowledged will be lost. */
  readonly isDiskLying?: boolean;
}

/** All must drain within this once all is healed. */
const DRAIN_US = 60 * SECOND;
const LOOK_US = 20 * MS;
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
  private readonly venueId: Uint8Array;
  private readonly options: RunOptions;
  private traders: Trader[] = [];

  constructor(world: World, setup: Setup, options: RunOptions) {
    this.world = world;
    this.setup = setup;
    this.options = options;
    this.venue = new Venue(world, setup);
    for (const { file } of this.venue.nodes.values()) file.isLying = options.isDiskLying ?? false;
    const genesis = decodeGenesis(this.venue.genesisFrame);
    if (typeof genesis === "string") throw new Error(genesis);
    this.venueId = venueOf(this.venue.genesisFrame, genesis);
  }

  toEnd(): Verdict {
    const { venue } = this;
    try {
      this.all();
    } catch (error) {
      venue.fail(error instanceof Error ? error : new Error(String(error)));
    }
    const { violation, oracle, weather } = venue;
    return {
      setup: this.setup,
      venue,
      wrong: violation === null ? "" : describe(violation),
      hash: this.world.hash,
      events: this.world.events,
      virtualUs: this.world.now,
      records: oracle.tip,
      reports: [...oracle.reports.values()].reduce((sum, { length }) => sum + length, 0),
      losses: oracle.losses,
      faults: weather.counts,
      effects: weather.effects,
      trace: this.world.trace,
    };
  }

  private all(): void {
    const { venue, world, setup } = this;
    let isReady = false;
    const writer = world.spawn("setup");
    world.enter(writer, () => void this.prepare().then(() => (isReady = true)));
    this.until("the log is set up", 10 * SECOND, () => isReady);
    world.kill(writer, "done");
    const workload = new Workload(world, setup, venue.oracle);
    this.traders = this.makeTraders(workload);
    const desk = new Desk(venue, workload, this.venueId);
    this.makeMortal();
    for (const service of venue.services) service.start();
    for (const trader of this.traders) trader.start();
    desk.start();
    planFaults(venue, this.traders);
    const faultsEnd = world.now + setup.faultSeconds * SECOND;
    this.until("the faults are over", DRAIN_US, () => world.now >= faultsEnd);
    world.say("nature", "heals everything");
    heal(venue);
    const isDrained = (): boolean => this.lacks(desk) === "";
    this.until("everything has drained", DRAIN_US, isDrained, () => this.lacks(desk));
    venue.oracle.checkState();
    for (const service of venue.services) service.stopGently(true);
    const isOver = (): boolean => venue.services.every(({ isRunning }) => !isRunning);
    this.until("all services have stopped", DRAIN_US, isOver);
    audit(venue, this.traders);
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
    const { oracle, settlement, services } = this.venue;
    const trader = this.traders.find(({ lacks }) => lacks !== "");
    if (trader !== undefined) return trader.lacks;
    if (!desk.isDone) return "the desk has frames to send";
    if (oracle.executedTip < oracle.tip) return `ex is at ${oracle.executedTip} of ${oracle.tip}`;
    const settled = settlement?.engine.position ?? 0;
    if (settled < oracle.tip) return `settlement is at ${settled} of ${oracle.tip}`;
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

  /** As `clob init` and an operator would: genesis, an account for each trader, and their money. */
  private async prepare(): Promise<void> {
    const { venue, setup, world } = this;
    const log = await openRedisLog({
      shard: 1,
      access: venue.accessOf(world.current),
      unreachableMsMax: 5000,
      clockDifferenceMsMax: 5000,
      owner: "setup:0:0",
      replicas: 0,
      slot: "setup",
    });
    const header = { shard: 1, rulesVersion: codes.RULES_VERSION, directoryOrigin: 1 };
    await log.create(encodePack({ ...header, logTime: START_US }, [venue.genesisFrame]));
    const writer = await log.openInputWriter();
    await writer.append(this.openingFrames(setup.profile.accounts));
    await writer.close();
    await log.close();
  }

  private openingFrames(accounts: number): Uint8Array[] {
    let nonce = 0;
    const operator = signerOf(0);
    const sign = (kind: number, command: Uint8Array): Uint8Array => {
      const shard = kind === codes.FRAME_DIRECTORY ? codes.SHARD_DIRECTORY : 1;
      const who = { venue: this.venueId, account: 0, key: 1, nonce: ++nonce, expiry: 0 };
      return signFrame({ kind, shard, ...who }, [command], (message) => operator.sign(message));
    };
    const each = Math.floor(codes.AMOUNT_MAX / accounts / 100) * this.setup.profile.fundsPercent;
    const frames: Uint8Array[] = [];
    for (let account = 1; account <= accounts; account++) {
      const { publicKey } = signerOf(FIRST_TRADER + account);
      const type = codes.COMMAND_ACCOUNT_OPEN;
      const open = encodeKey(type, publicKey, codes.SCOPES_TRADER, 0);
      frames.push(sign(codes.FRAME_DIRECTORY, open));
      for (const [i, asset] of ASSETS.entries()) {
        const reference = account * ASSETS.length + i;
        frames.push(sign(codes.FRAME_OPERATOR, encodeDeposit(asset, account, each, reference)));
      }
    }
    return frames;
  }

  private makeTraders(workload: Workload): Trader[] {
    const { venue, venueId, setup } = this;
    return Array.from({ length: setup.profile.accounts }, (_, i) => {
      const signer = signerOf(FIRST_TRADER + i + 1);
      const key = OPERATOR_SCOPES.length + i + 1;
      return new Trader({ venue, workload, account: i + 1, key, signer, venueId });
    });
  }
}

function describe(error: Error): string {
  return error instanceof Violation ? error.message : (error.stack ?? error.message);
}
