/**
 * Faults: what goes wrong in a round, drawn by seed, one thing after the other and some at once.
 *
 * Each kind is a function that does it, waits and undoes it; `heal` makes all of them stop waiting.
 * What touches Redis takes turns, so that the state of its servers is always known here.
 */
import type { Prng } from "../../src/base/prng.ts";
import { Blows } from "./blows.ts";
import type { Service } from "./fleet.ts";
import { Operator } from "./operator.ts";
import type { Kind } from "./setup.ts";
import type { Stand } from "./stand.ts";
import { CALM, type Wire, type WireRates } from "./wire.ts";

const AT_ONCE_MAX = 4;
/** Longer than a matcher may be silent before another takes its place. */
const LEASE_OVER_MS = 1500;
const SECOND_US = 1_000_000;
const CLOCKS = [1, -1, 4, 7, -7, 3600, -3600].map((seconds) => seconds * SECOND_US);

export class Faults {
  readonly blows: Blows;
  readonly operator: Operator;
  private readonly stand: Stand;
  private readonly prng: Prng;
  private readonly running = new Set<Promise<void>>();
  private readonly healing = Promise.withResolvers<void>();
  private isHealing = false;
  /** Of those who touch Redis: each waits for the one before. */
  private turn: Promise<void> = Promise.resolve();

  constructor(stand: Stand) {
    this.stand = stand;
    this.prng = stand.prng;
    this.operator = new Operator(stand, (ms) => this.wait(ms));
    this.blows = new Blows(stand, this.operator, (ms) => this.wait(ms));
  }

  /** Until the time for it is over. */
  async run(): Promise<void> {
    const { faultMs, pauseMs, kinds, blow, sequel, end } = this.stand.setup;
    const { prng } = this;
    const startMs = performance.now();
    const blowMs = startMs + faultMs * (0.3 + 0.5 * prng.unit());
    let isBlown = blow === "none" && sequel !== "clear";
    while (performance.now() < startMs + faultMs) {
      await Bun.sleep(prng.below(pauseMs));
      if (!isBlown && performance.now() >= blowMs) {
        isBlown = true;
        await this.onRedis(() => this.blows.strike(blow));
        if (end !== "on") return;
      }
      if (kinds.length > 0 && this.running.size < AT_ONCE_MAX) this.begin(prng.pick(kinds));
    }
    if (!isBlown) await this.onRedis(() => this.blows.strike(blow));
  }

  async heal(): Promise<void> {
    const { stand } = this;
    stand.timeline.say("everything heals");
    this.isHealing = true;
    this.healing.resolve();
    await Promise.all(this.running);
    await this.turn;
    for (const wire of stand.wires) {
      wire.rates = CALM;
      wire.open();
    }
    await this.blows.heal();
  }

  private begin(kind: Kind): void {
    const run = this.perform(kind)
      .catch((error: unknown) => this.stand.timeline.say(`${kind} could not: ${String(error)}`))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async wait(ms: number): Promise<void> {
    await Promise.race([Bun.sleep(ms), this.healing.promise]);
  }

  private async onRedis(act: () => Promise<void>): Promise<void> {
    const before = this.turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.turn = promise;
    await before;
    try {
      // Whoever was waiting when the healing began has nothing to do any more.
      if (!this.isHealing) await act();
    } finally {
      resolve();
    }
  }

  private async perform(kind: Kind): Promise<void> {
    const { nodes } = this.stand;
    switch (kind) {
      case "kill service":
        return this.killService();
      case "stop service":
        return this.stopService(this.anyService(), this.prng.between(100, 2500));
      case "kill redis":
        return this.onRedis(() => this.killRedis(nodes.primary));
      case "stop redis":
        return this.onRedis(() => this.stopRedis(nodes.primary));
      case "kill replica":
        return this.onRedis(() => this.killRedis(this.prng.pick(nodes.replicas)));
      case "stop replica":
        return this.onRedis(() => this.stopRedis(this.prng.pick(nodes.replicas)));
      case "sleep redis":
        return this.onRedis(() => this.sleepRedis());
      case "memory":
        return this.onRedis(() => this.fillMemory());
      case "clock of redis":
        return this.onRedis(() => this.bendClock(`redis ${nodes.primary}`));
      case "clock of a service":
        return this.bendClock(this.anyService().name);
      case "second matcher":
        return this.secondMatcher();
      case "old matcher wakes":
        return this.oldMatcher();
      case "kill client":
        return this.killClient();
      case "full disk":
        return this.fillDisk();
      default:
        return this.spoilWires(kind);
    }
  }

  private anyService(): Service {
    return this.prng.pick([...this.stand.fleet.services.values()].filter(({ isOut }) => !isOut));
  }

  private async killService(): Promise<void> {
    const victims = this.prng.chance(20)
      ? [...this.stand.fleet.services.values()]
      : [this.anyService()];
    this.did("kill service", victims.map(({ name }) => name).join(", "));
    for (const victim of victims) this.stand.fleet.kill(victim);
  }

  private async stopService(service: Service, ms: number): Promise<void> {
    const { child } = service;
    this.did("stop service", `${service.name} for ${ms} ms`);
    child?.kill("SIGSTOP");
    await this.wait(ms);
    child?.kill("SIGCONT");
  }

  private async killRedis(name: "a" | "b" | "c"): Promise<void> {
    const { nodes } = this.stand;
    const what = name === nodes.primary ? "kill redis" : "kill replica";
    if (what === "kill redis") this.blows.mayLose();
    this.did(what, name);
    await nodes.kill(name);
    await this.wait(this.prng.chance(50) ? 0 : this.prng.below(600));
    await nodes.restart(name);
  }

  private async stopRedis(name: "a" | "b" | "c"): Promise<void> {
    const ms = this.prng.between(50, this.prng.pick([300, 1500]));
    const { server } = this.stand.nodes.get(name);
    this.did(
      name === this.stand.nodes.primary ? "stop redis" : "stop replica",
      `${name}, ${ms} ms`,
    );
    server.pause();
    await this.wait(ms);
    server.resume();
  }

  private async sleepRedis(): Promise<void> {
    const seconds = this.prng.between(1, 15) / 10;
    this.did("sleep redis", `${seconds} s`);
    const { nodes } = this.stand;
    await nodes.ask(nodes.primary, "DEBUG", "SLEEP", `${seconds}`).catch(() => undefined);
  }

  private async fillMemory(): Promise<void> {
    const { nodes } = this.stand;
    const info = await nodes.ask(nodes.primary, "INFO", "memory");
    const used = Number(/used_memory:(\d+)/.exec(info)?.[1] ?? 0);
    const max = used + this.prng.below(this.prng.pick([1, 100_000, 1_000_000]));
    this.did("memory", `${max - used} bytes are left`);
    await nodes.ask(nodes.primary, "CONFIG", "SET", "maxmemory", `${max}`);
    await this.wait(this.prng.between(300, 1500));
    await nodes.ask(nodes.primary, "CONFIG", "SET", "maxmemory", "0");
  }

  private async bendClock(name: string): Promise<void> {
    const { nodes, fleet } = this.stand;
    const redis = nodes.names.find((node) => name === `redis ${node}`);
    const { control } = redis === undefined ? fleet.get(name) : nodes.get(redis);
    const us = this.prng.pick(CLOCKS);
    this.did("clock", `${name} by ${us / SECOND_US} s`);
    control.clockUs = us;
    await this.wait(this.prng.between(200, 2000));
    control.clockUs = 0;
  }

  private async secondMatcher(): Promise<void> {
    const { fleet, rival } = this.stand;
    if (!rival.isOut) return;
    this.did("second matcher", "starts");
    rival.isOut = false;
    fleet.start(rival);
    await this.wait(this.prng.between(500, 2500));
    await fleet.retire(rival);
  }

  private async oldMatcher(): Promise<void> {
    const { fleet, rival } = this.stand;
    if (!rival.isOut) return;
    this.did("old matcher wakes", "matcher1 is stopped, another one starts");
    const { child } = fleet.get("matcher1");
    child?.kill("SIGSTOP");
    rival.isOut = false;
    fleet.start(rival);
    await this.wait(LEASE_OVER_MS);
    child?.kill("SIGCONT");
    await this.wait(this.prng.between(100, 1000));
    await fleet.retire(rival);
  }

  private async killClient(): Promise<void> {
    const trader = this.prng.pick(this.stand.traders);
    this.did("kill client", trader.name);
    trader.crash();
    await this.wait(this.prng.below(500));
    trader.start();
  }

  private async fillDisk(): Promise<void> {
    const { room, setup } = this.stand;
    if (room === null) return;
    this.did("full disk", `of ${setup.smallDisk}`);
    room.fill();
    await this.wait(this.prng.between(200, 1500));
    room.clear();
  }

  private async spoilWires(kind: Kind): Promise<void> {
    const { prng } = this;
    const wires = this.someWires();
    const ms = prng.between(100, 2000);
    const names = wires.length > 3 ? `${wires.length} wires` : wires.map(({ name }) => name).join();
    this.did(kind, `${names}, ${ms} ms`);
    const rates = RATES[kind]?.(prng) ?? null;
    for (const wire of wires) {
      if (rates !== null) wire.rates = { ...wire.rates, ...rates };
      else if (kind === "resets") wire.reset();
      else if (kind === "half open") wire.hole();
      else wire.hold();
    }
    await this.wait(ms);
    for (const wire of wires) {
      if (rates !== null) wire.rates = CALM;
      else if (kind !== "resets") wire.open();
    }
  }

  /** All of one part, of one kind, or a single one. */
  private someWires(): Wire[] {
    const { stand, prng } = this;
    const single = [prng.pick(stand.wires)];
    const dice = prng.below(4);
    if (dice === 0) return stand.doors;
    if (dice === 1) return this.anyService().wires;
    if (dice === 2) return stand.nodes.wires.length > 0 ? stand.nodes.wires : single;
    return single;
  }

  private did(kind: string, detail: string): void {
    this.stand.timeline.did(kind, detail);
  }
}

const RATES: Partial<Record<Kind, (prng: Prng) => Partial<WireRates>>> = {
  cuts: (prng) => ({
    cutBefore: prng.pick([0, 20, 100]),
    cutAfter: prng.pick([20, 100, 300]),
    swallowed: prng.pick([0, 20, 100]),
  }),
  doubles: (prng) => ({ doubled: prng.pick([50, 300]), late: prng.pick([50, 300]) }),
  delays: (prng) => ({ delayMs: prng.pick([5, 50, 400]) }),
};
