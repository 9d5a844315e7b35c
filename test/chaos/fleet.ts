/**
 * Fleet: the services of one round as real processes, each with a data directory of its own and
 * wires of its own to every Redis, and a supervisor that starts again whatever ends.
 *
 *   ingress1, ingress2, matcher1, matcher2, settlement1, ...
 *
 * What they print goes to one file each. Whoever says that the log is lost or halted is started
 * once more, so that it says so again, and then left.
 */
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Prng } from "../../src/base/prng.ts";
import { lastingPort } from "../support/free-ports.ts";
import { Control } from "./shim.ts";
import type { RedisNodes } from "./redis-nodes.ts";
import type { Room } from "./room.ts";
import type { Timeline } from "./timeline.ts";
import { type Speech, Wire } from "./wire.ts";

export type Role = "ingress" | "matcher" | "settlement";

export interface ServiceTerms {
  readonly name: string;
  readonly role: Role;
  /** Further words of its command. */
  readonly flags: readonly string[];
  /** Where its data lie, if that place is small. */
  readonly room: Room | null;
}

export interface FleetParts {
  readonly dir: string;
  /** Words of every command. */
  readonly flags: readonly string[];
  readonly nodes: RedisNodes;
  readonly prng: Prng;
  readonly timeline: Timeline;
}

const ROOT = join(import.meta.dir, "..", "..");
const MAINS: Readonly<Record<Role, string>> = {
  ingress: "src/ingress-verifier/main.ts",
  matcher: "src/market-matcher/main.ts",
  settlement: "src/settlement-plane/main.ts",
};
/** Sentences after which nobody may go on by himself. */
export const FINAL =
  /LOST: |is halted|more was lost than log\.durability|has no genesis|another genesis/;
/** Takes part as a fault only. */
export const RIVAL = "matcher-rival";
const POLL_MS = 10;
const RESTART_MS_MAX = 300;

/** Those alive, so that none outlives a run that breaks off. */
const alive = new Set<Bun.Subprocess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** One service over all its lives. */
export class Service {
  readonly terms: ServiceTerms;
  readonly http = lastingPort();
  readonly tcp = lastingPort();
  readonly control: Control;
  readonly wires: Wire[] = [];
  /** Ended with a sentence after which it may not go on, so often. */
  finals = 0;
  /** Nobody starts it again. */
  isOut = false;
  exits: (number | null)[] = [];
  child: Bun.Subprocess | null = null;
  private readonly out: string;
  private begun = 0;

  constructor(terms: ServiceTerms, control: Control, out: string) {
    this.terms = terms;
    this.control = control;
    this.out = out;
  }

  get name(): string {
    return this.terms.name;
  }

  get isAlive(): boolean {
    return this.child !== null;
  }

  /** Shards that it has found halted in this life and stands by; 0 while it is not ready. */
  get standsBy(): number {
    return this.isReady ? this.said(true).split('"not served until it is cleared"').length - 1 : 0;
  }

  /** All that it has printed; of its newest life alone with `now`. */
  said(now = false): string {
    try {
      return readFileSync(this.out, "utf8").slice(now ? this.begun : 0);
    } catch {
      return ""; // It has not begun.
    }
  }

  get isReady(): boolean {
    return this.isAlive && this.said(true).includes('"message":"ready"');
  }

  start(command: readonly string[], env: Record<string, string>): Bun.Subprocess {
    this.begun = this.said().length;
    const out = openSync(this.out, "a");
    const child = Bun.spawn([...command], {
      cwd: ROOT,
      env,
      stdin: "ignore",
      stdout: out,
      stderr: out,
    });
    closeSync(out);
    alive.add(child);
    this.child = child;
    return child;
  }
}

export class Fleet {
  readonly services = new Map<string, Service>();
  readonly wires: Wire[] = [];
  private readonly parts: FleetParts;
  /** A shard is halted, and that will be lifted: nobody ends for good by it. */
  isFenced = false;
  private isStopping = false;

  constructor(parts: FleetParts) {
    this.parts = parts;
    mkdirSync(join(parts.dir, "out"), { recursive: true });
  }

  get(name: string): Service {
    const service = this.services.get(name);
    if (service === undefined) throw new Error(`there is no ${name} in this round`);
    return service;
  }

  ofRole(role: Role): Service[] {
    return [...this.services.values()].filter(({ terms }) => terms.role === role);
  }

  /** A wire of its own to each Redis comes with it. */
  add(terms: ServiceTerms): Service {
    const { dir, nodes } = this.parts;
    const control = new Control(join(dir, `${terms.name}.control`));
    const service = new Service(terms, control, join(dir, "out", `${terms.name}.out`));
    for (const name of nodes.names) {
      const { port } = nodes.get(name).server;
      service.wires.push(this.wire(`${terms.name} to redis ${name}`, port, "redis"));
    }
    this.services.set(terms.name, service);
    return service;
  }

  /** A wire that ends with this fleet. */
  wire(name: string, target: number, speech: Speech): Wire {
    const { prng, timeline } = this.parts;
    const onFault = (kind: string): void => timeline.count(`${kind} (${speech})`);
    const wire = new Wire({ name, port: lastingPort(), target, speech, prng, onFault });
    this.wires.push(wire);
    return wire;
  }

  start(service: Service): void {
    if (service.isAlive || this.isStopping) return;
    const { dir, flags } = this.parts;
    const { role, name, room, flags: own } = service.terms;
    const data = room?.dir ?? join(dir, "data", name);
    const tcp = role === "ingress" ? ["--tcp", `127.0.0.1:${service.tcp}`] : [];
    const command = [process.execPath, MAINS[role], ...flags, "--data", data, ...own];
    const http = ["--http", `127.0.0.1:${service.http}`];
    const child = service.start([...(room?.within ?? []), ...command, ...http, ...tcp], {
      ...environment(),
      ...service.control.environment,
      CLOB_LOG: "redis",
      REDIS_ADDR: service.wires.map(({ port }) => `127.0.0.1:${port}`).join(","),
    });
    void this.watch(service, child);
  }

  /** Resolves once it is ready, in whichever of its lives, or the time is over. */
  async untilReady(service: Service, msMax: number): Promise<boolean> {
    const until = performance.now() + msMax;
    while (!service.isReady && performance.now() < until) {
      await Bun.sleep(POLL_MS);
    }
    return service.isReady;
  }

  /** SIGKILL; the supervisor brings it back. */
  kill(service: Service): void {
    service.child?.kill("SIGKILL");
  }

  /** Ends for good, the hard way. */
  async retire(service: Service): Promise<void> {
    service.isOut = true;
    service.child?.kill("SIGKILL");
    await service.child?.exited;
  }

  /** All end, the hard way, and nobody starts them again before `startAgain`. */
  async retireAll(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => this.retire(service)));
  }

  /** All but rivals, as if nothing had been said before. */
  startAgain(): void {
    for (const service of this.services.values()) {
      if (service.name === RIVAL) continue;
      service.finals = 0;
      service.isOut = false;
      this.start(service);
    }
  }

  /** SIGTERM to all, and their exit codes by name. */
  async terminate(msMax: number): Promise<Map<string, number>> {
    this.isStopping = true;
    const codes = new Map<string, number>();
    const living = [...this.services.values()].filter(({ isAlive }) => isAlive);
    await Promise.all(
      living.map(async ({ name, child }) => {
        const late = setTimeout(() => child?.kill("SIGKILL"), msMax);
        child?.kill("SIGTERM");
        codes.set(name, (await child?.exited) ?? -1);
        clearTimeout(late);
      }),
    );
    return codes;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    for (const { child } of this.services.values()) child?.kill("SIGKILL");
    await Promise.all([...this.services.values()].map(({ child }) => child?.exited));
    for (const wire of this.wires) wire.stop();
    for (const { control } of this.services.values()) control.close();
  }

  private async watch(service: Service, child: Bun.Subprocess): Promise<void> {
    await child.exited;
    alive.delete(child);
    service.child = null;
    service.exits.push(child.exitCode);
    if (this.isStopping || service.isOut) return;
    const { timeline, prng } = this.parts;
    const words = service.said(true);
    const why = child.signalCode ?? `exit ${child.exitCode}: ${lastLine(words)}`;
    timeline.say(`${service.name} ended: ${why}`);
    service.finals = child.signalCode === null && FINAL.test(words) ? service.finals + 1 : 0;
    if (service.finals >= 2 && !this.isFenced) service.isOut = true;
    await Bun.sleep(50 + prng.below(RESTART_MS_MAX));
    if (!service.isOut) this.start(service);
  }
}

function lastLine(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.slice(0, 300) ?? "";
}

function environment(): Record<string, string> {
  const { PATH = "", HOME = "", CLOB_NATIVE_LIB = "" } = process.env;
  return { PATH, HOME, ...(CLOB_NATIVE_LIB === "" ? {} : { CLOB_NATIVE_LIB }) };
}
