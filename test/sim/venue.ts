/**
 * Venue: all parts of one run, and who is primary.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { RedisAccess } from "../../src/edges/redis-connection.ts";
import type { SignatureVerifier } from "../../src/edges/verify.ts";
import type { Ingress } from "../../src/ingress-verifier/ingress.ts";
import type { EntryLimits } from "../../src/ingress-verifier/order-entry.ts";
import { decodeGenesis, type Genesis, venueOf } from "../../src/protocol/genesis.ts";
import type { Settlement } from "../../src/settlement-plane/settlement.ts";
import { Archive } from "./archive.ts";
import { Crossings } from "./crossings.ts";
import { Fence } from "./fence.ts";
import { Oracle, Violation } from "./oracle.ts";
import { Places } from "./places.ts";
import { RedisNode } from "./redis-node.ts";
import { type Arg, textOf } from "./resp.ts";
import { RedisWire } from "./redis-wire.ts";
import { ingressOf, matcherOf, matcherRole, sentence, Supervisor } from "./services.ts";
import { settlement, signedPosition } from "./settlement-service.ts";
import { APPEND_QUEUE_MAX, genesisFrameOf, type Setup } from "./setup.ts";
import { rememberingVerifier } from "./signers.ts";
import { SimDisk } from "./sim-files.ts";
import { SimNet } from "./sim-net.ts";
import { SimStore } from "./sim-store.ts";
import { Weather } from "./weather.ts";
import { MS, type Process, SECOND, type World } from "./world.ts";

const ENTRY_LIMITS: EntryLimits = {
  connectionsMax: 100,
  connectionsPerIpMax: 100,
  accountsPerConnectionMax: 16,
  outQueueBytesMax: 65_536,
  badFramesPerSecondMax: 100,
  reportsKeptMs: 86_400_000_000,
  loginTimeoutMs: 5000,
  frameTimeoutMs: 10_000,
  heartbeatMs: 1000,
  clientSilentMsMax: 15_000,
};

const CALM_GAP_MS = 20;

/** Scripts that change slots and turns. */
const OF_PLACES = new Set(["APPEND_IN", "TAKE_SLOT", "HOLD_SLOT", "TAKE_TURN", "HOLD_TURN"]);

/** Of a script's words: the third of its keys. */
const CTL_AT = 5;

/** What the log has let go of, or a store that cannot be asked for it. */
const OF_EXPORTS = new Set(["Gone", "StoreUnreachable"]);

/** Scripts that may halt a shard. */
const MARKS = new Set(["HALT", "RAISE"]);

/** All is healed for so long: whoever waits for Redis now waits in vain. */
const REACHED_US = 10 * SECOND;

/** Faults that end a process and are part of the plan; any other is a bug of ours. */
const EXPECTED = new Set(["LogFault", "LostSuffix", "Fenced", "Unreachable", "InUse"]);

export class Venue {
  readonly world: World;
  readonly setup: Setup;
  readonly weather: Weather;
  readonly net: SimNet;
  readonly verifier: SignatureVerifier = rememberingVerifier();
  /** By shard, lowest first. */
  readonly genesisFrames = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly oracles = new Map<number, Oracle>();
  readonly crossings = new Crossings(this.oracles);
  readonly places: Places;
  readonly fence = new Fence(this.oracles);
  /** Null where nothing is exported. */
  readonly store: SimStore | null;
  readonly archive: Archive | null;
  readonly venueId: Uint8Array<ArrayBuffer>;
  readonly nodes = new Map<string, RedisNode>();
  readonly services: Supervisor[] = [];
  /** Ingresses of a slot that another one has. */
  readonly rivals: Supervisor[] = [];
  /** By role. */
  readonly ingresses = new Map<string, Ingress>();
  /** By role: what the clock of its host is off, microseconds. */
  readonly clockOffsets = new Map<string, number>();
  readonly entryLimits: EntryLimits;
  /** By role and shard. */
  readonly settlements = new Map<string, Settlement>();
  /** Nothing goes wrong any more. */
  isHealed = false;
  /** From then on, and what is left to be sent is sent at once. */
  calmAt = Number.POSITIVE_INFINITY;
  primary: RedisNode;
  /** How often another server, or the same one started anew, was to be the primary. */
  upheavals = 0;
  /** Told of each write of the primary, before its replicas get it. */
  onWrite: (what: string) => void = () => undefined;
  /** The first thing that may never happen. */
  violation: Error | null = null;
  private readonly disks = new Map<string, SimDisk>();
  private readonly wire: RedisWire;

  constructor(world: World, setup: Setup) {
    this.world = world;
    this.setup = setup;
    this.entryLimits = { ...ENTRY_LIMITS, outQueueBytesMax: setup.outQueueBytesMax };
    this.places = new Places(setup);
    this.weather = new Weather(world);
    this.weather.latencyUs = setup.latencyUs;
    this.net = new SimNet(world, this.weather);
    const first = genesisFrameOf(setup);
    this.venueId = new Uint8Array(venueOf(first, genesisIn(first)));
    for (let shard = 1; shard <= setup.shards; shard++) {
      const frame = shard === 1 ? first : genesisFrameOf(setup, shard, this.venueId);
      this.genesisFrames.set(shard, frame);
      this.oracles.set(shard, new Oracle(frame, shard));
    }
    this.store = setup.isExported ? new SimStore(world, this.weather) : null;
    this.archive = this.store === null ? null : this.watched(this.store);
    this.wire = new RedisWire(world, this.weather, this.nodes);
    this.wire.onWrong = (why) => this.fail(new Violation(why));
    this.primary = this.addNode("redisA");
    this.primary.start(0);
    if (setup.replicas > 0) {
      const replica = this.addNode("redisB");
      replica.start(0);
      this.primary.follow(replica);
    }
    for (let i = 1; i <= setup.ingresses; i++) this.add(`ingress${i}`, ingressOf(`${i}`));
    for (const shard of this.shards) this.add(matcherRole(shard), matcherOf(shard));
    this.add("settlement", settlement);
    if (setup.hasStandbyMatcher) this.add("standby", matcherOf(1));
    if (setup.hasSecondSettlement) this.add("settlement2", settlement);
  }

  get shards(): number[] {
    return [...this.oracles.keys()];
  }

  oracleOf(shard: number): Oracle {
    return this.oracles.get(shard)!;
  }

  /** From now on that node's log is the one that counts. */
  makePrimary(node: RedisNode): void {
    this.primary = node;
    this.upheavals++;
    this.places.forget();
    this.fence.forget();
    this.archive?.begin(node, this.shards);
    this.guard(() => {
      for (const oracle of this.oracles.values()) oracle.rebase(node);
      this.crossings.check();
    });
  }

  private look(node: RedisNode): void {
    if (node !== this.primary) return;
    for (const oracle of this.oracles.values()) oracle.look(node);
    this.fence.checkLifted();
    this.crossings.check();
  }

  private wrote(node: RedisNode, what: string, args: readonly Arg[]): void {
    if (node !== this.primary) return;
    if (this.setup.hasFence || MARKS.has(what)) this.guard(() => this.fence.check(node, what));
    if (OF_PLACES.has(what)) this.guard(() => this.places.check(node, textOf(args[CTL_AT]!)));
    if (what === "TRIM") this.guard(() => this.archive?.checkTrim(node, this.shards));
    this.onWrite(what);
  }

  private watched(store: SimStore): Archive {
    const archive = new Archive(store, (shard) => signedPosition(this, shard));
    store.onChange = (name, bytes) => this.guard(() => archive.changed(name, bytes));
    store.onDiffers = (name) => this.fail(new Violation(`two exports differ in ${name}`));
    this.crossings.archived = (shard) => archive.recordsOf(shard);
    return archive;
  }

  accessOf(process: Process): RedisAccess {
    const names = [...this.nodes.keys()];
    if (process.prng.chance(50)) names.reverse();
    return {
      hosts: names.map((host) => ({ host, port: 6379 })),
      tls: false,
      ca: null,
      username: null,
      password: null,
      connectTimeoutMs: 500,
      commandTimeoutMs: 500,
      dial: this.wire.dialOf(process),
    };
  }

  /** Milliseconds until somebody sends its next frame. */
  gapMs(prng: Prng): number {
    const leftMs = Math.max(0, this.calmAt - this.world.now) / MS;
    return Math.min(prng.between(0, this.setup.gapMs), leftMs + prng.between(0, CALM_GAP_MS));
  }

  diskOf(role: string): SimDisk {
    const known = this.disks.get(role) ?? new SimDisk();
    this.disks.set(role, known);
    return known;
  }

  /** Runs a check; the first that does not hold ends the run. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Every queue under its bound. */
  checkBounds(): void {
    for (const { doors, entry } of this.ingresses.values()) {
      const most = entry.sessionCount * this.entryLimits.outQueueBytesMax;
      for (const { queue } of doors.values()) {
        const { bytes } = queue;
        if (bytes > APPEND_QUEUE_MAX) this.fail(new Violation(`${bytes} bytes wait for the log`));
      }
      if (entry.queuedBytes > most) this.fail(new Violation(`clients have ${entry.queuedBytes}`));
    }
  }

  fail(violation: Error): void {
    this.violation ??= violation;
  }

  onFault(role: string, fault: unknown): void {
    const name = fault instanceof Error ? fault.name : "";
    const isLate = name === "Unreachable" && this.world.now > this.calmAt + REACHED_US;
    if (EXPECTED.has(name) && !isLate) return;
    if (this.setup.isExported && OF_EXPORTS.has(name)) return;
    const isExceeded = [...this.oracles.values()].some((oracle) => oracle.isExceeded);
    if (name === "Halt" && isExceeded) return;
    this.fail(new Violation(`${role} met ${sentence(fault)}`));
  }

  private add(role: string, begin: ConstructorParameters<typeof Supervisor>[2]): void {
    const supervisor = new Supervisor(this, role, begin);
    this.services.push(supervisor);
    this.weather.crashes.set(role, (why) => supervisor.crash(why));
  }

  private addNode(name: string): RedisNode {
    const { setup, world } = this;
    const times = { turnUs: 20, syncUs: world.prng(`sync of ${name}`).pick([50, 500, 3000]) };
    const node = new RedisNode(world, name, setup.policy, times);
    node.onTurn = () => this.guard(() => this.look(node));
    node.onWrite = (what, args) => this.wrote(node, what, args);
    node.onEffect = (what) => this.weather.effect(node.process, what);
    this.nodes.set(name, node);
    return node;
  }
}

export function genesisIn(frame: Uint8Array): Genesis {
  const genesis = decodeGenesis(frame);
  if (typeof genesis === "string") throw new Error(genesis);
  return genesis;
}
