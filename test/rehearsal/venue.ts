/**
 * Venue: the fleet of deploy/gcp on hosts of one machine, from the executables that are shipped.
 *
 *   traders, desk -> lb (HAProxy) -> ingress1, ingress2 -> redis1 (primary), redis2 (replica)
 *                                                           | matcher1, matcher3: lower half of
 *   matcher2, matcher4: upper half of the shards, ----------+   the shards, each other's standby
 *   settlement1, settlement2
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../../src/edges/config.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { marketsOf } from "../../src/market-matcher/shard-choice.ts";
import { balancerConfig, redisConfig } from "./doc-files.ts";
import type { Hosts } from "./hosts.ts";
import { Program } from "./program.ts";
import type { RehearsalTerms } from "./terms.ts";

export type Role = "ingress" | "matcher" | "settlement";

export interface Service {
  readonly name: string;
  readonly role: Role;
  /** "HOST:PORT". */
  readonly http: string;
  readonly flags: readonly string[];
  readonly program: Program;
}

const LAST: Readonly<Record<string, number>> = {
  lb: 5,
  ingress1: 11,
  ingress2: 12,
  matcher1: 21,
  matcher2: 22,
  matcher3: 23,
  matcher4: 24,
  settlement1: 31,
  settlement2: 32,
  redis1: 41,
  redis2: 42,
  desk: 90,
  traders: 91,
};
const PROGRAMS: Readonly<Record<Role, string>> = {
  ingress: "ingress-verifier",
  matcher: "market-matcher",
  settlement: "settlement-plane",
};
const PORTS: Readonly<Record<Role, number>> = { ingress: 9090, settlement: 9091, matcher: 9092 };
const POLL_MS = 100;
const WAIT_MS = 120_000;

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export class Venue {
  readonly terms: RehearsalTerms;
  readonly hosts: Hosts;
  readonly config: Config;
  readonly configPath: string;
  readonly services: readonly Service[];
  readonly redis: Readonly<Record<"redis1" | "redis2", Program>>;
  private readonly balancer: Program;
  /** Who is started from now on is of this release. */
  release: string;

  constructor(terms: RehearsalTerms, hosts: Hosts, configPath: string) {
    this.terms = terms;
    this.hosts = hosts;
    this.configPath = configPath;
    this.release = terms.releases[0];
    for (const [name, last] of Object.entries(LAST)) hosts.add(name, last);
    for (const name of ["out", "journals", ...Object.keys(LAST).map((host) => `data/${host}`)]) {
      mkdirSync(join(terms.dir, name), { recursive: true });
    }
    const read = readConfig({ file: configPath, env: this.env, flags: {} });
    if (!read.ok) throw new Error(JSON.stringify(read.errors));
    this.config = read.config;
    this.redis = { redis1: this.program("redis1"), redis2: this.program("redis2") };
    this.balancer = this.program("lb");
    this.services = this.allServices();
  }

  get env(): Record<string, string> {
    const at = (host: string, port: number): string => `${this.hosts.address(host)}:${port}`;
    return {
      PATH: process.env["PATH"] ?? "",
      HOME: this.terms.dir,
      CLOB_LOG: "redis",
      CLOB_CONFIG: this.configPath,
      CLOB_EXPORT_DIR: join(this.terms.dir, "export"),
      REDIS_ADDR: `${at("redis1", 6379)},${at("redis2", 6379)}`,
      CLOB_TCP: at("lb", 8080),
      CLOB_INGRESS: at("lb", 9090),
      CLOB_SETTLEMENT: at("lb", 9091),
      CLOB_DATA: join(this.terms.dir, "data", "desk"),
    };
  }

  get(name: string): Service {
    const service = this.services.find((one) => one.name === name);
    if (service === undefined) throw new Error(`there is no ${name}`);
    return service;
  }

  ofRole(role: Role): Service[] {
    return this.services.filter((one) => one.role === role);
  }

  /** Redis with its replica, the load balancer, keys and genesis. */
  async begin(): Promise<string> {
    const { dir } = this.terms;
    await Bun.write(join(dir, "redis.conf"), redisConfig());
    await Bun.write(join(dir, "haproxy.cfg"), balancerConfig());
    this.startRedis("redis1", null);
    this.startRedis("redis2", "redis1");
    await this.untilFollowed("redis1");
    this.balancer.start([this.terms.haproxy, "-f", join(dir, "haproxy.cfg")]);
    const { shards } = await this.clob<{ shards: { venue: string }[] }>("init");
    return shards[0]?.venue ?? "";
  }

  startRedis(name: "redis1" | "redis2", follows: "redis1" | "redis2" | null): void {
    const { dir, redis } = this.terms;
    const of = follows === null ? [] : ["--replicaof", this.hosts.address(follows), "6379"];
    const words = [join(dir, "redis.conf"), "--dir", join(dir, "data", name), ...of];
    this.redis[name].start([redis, ...words]);
  }

  /** One command to one Redis, over the network. */
  async ask(name: "redis1" | "redis2", ...words: string[]): Promise<string> {
    const cli = join(this.terms.redis, "..", "redis-cli");
    const said = await this.run([cli, "-h", this.hosts.address(name), ...words]);
    return `${said.out}${said.err}`;
  }

  /** On the host itself, as from its console: also where no cable leads. */
  async askAtConsole(name: "redis1" | "redis2", ...words: string[]): Promise<string> {
    const cli = join(this.terms.redis, "..", "redis-cli");
    const said = await this.run(this.hosts.on(name, [cli, ...words]));
    return `${said.out}${said.err}`;
  }

  async untilFollowed(name: "redis1" | "redis2"): Promise<void> {
    await this.until(`a replica of ${name}`, async () =>
      (await this.ask(name, "INFO", "replication")).includes("state=online"),
    );
  }

  start(service: Service): void {
    const command = join(this.release, PROGRAMS[service.role]);
    const data = ["--data", join(this.terms.dir, "data", service.name)];
    service.program.start([command, ...data, ...service.flags]);
  }

  async untilReady(service: Service): Promise<void> {
    await this.until(`${service.name} to be ready`, async () => {
      return (await page(`http://${service.http}/readyz`)).startsWith("200");
    });
  }

  /** Of these services the one that leads, on a shard if it is a matcher. */
  async leader(services: readonly Service[], shard = 0): Promise<Service> {
    let found: Service | undefined;
    await this.until("a leader", async () => {
      for (const service of services) {
        const text = await page(`http://${service.http}/metrics`);
        const label = shard === 0 ? "" : `\\{shard="${shard}"\\}`;
        const leads = new RegExp(`^clob_${service.role}_is_leader${label} 1$`, "m").test(text);
        if (leads) found = service;
      }
      return found !== undefined;
    });
    return found!;
  }

  /** The compiled command on the desk's host, its JSON; throws what it refuses. */
  async clob<T>(...words: readonly string[]): Promise<T> {
    const { code, out, err } = await this.tryClob(...words, "-o", "json");
    if (code !== 0) throw new Error(`clob ${words.join(" ")}: ${out}${err}`);
    return JSON.parse(out);
  }

  tryClob(...words: readonly string[]): Promise<Said> {
    return this.run(this.hosts.on("desk", [join(this.release, "clob"), ...words]));
  }

  verifier(...words: readonly string[]): Promise<Said> {
    return this.run([join(this.release, "verifier"), ...words]);
  }

  /** Waits for a condition; one that throws does not hold yet. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + WAIT_MS;
    for (;;) {
      let why = "";
      try {
        if (await isSo()) return;
      } catch (error) {
        why = `: ${error instanceof Error ? error.message : String(error)}`;
      }
      if (performance.now() > end) throw new Error(`waited ${WAIT_MS} ms for ${what}${why}`);
      await Bun.sleep(POLL_MS);
    }
  }

  private async run(command: readonly string[]): Promise<Said> {
    const { dir } = this.terms;
    const child = Bun.spawn([...command], {
      cwd: dir,
      env: this.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const streams = [child.stdout, child.stderr].map((stream) => new Response(stream).text());
    const [out = "", err = ""] = await Promise.all(streams);
    return { code: await child.exited, out, err };
  }

  private program(name: string): Program {
    const { dir } = this.terms;
    const out = join(dir, "out", `${name}.log`);
    return new Program({ name, host: name, hosts: this.hosts, out, cwd: dir, env: this.env });
  }

  private allServices(): Service[] {
    const ids = this.config.shards.map(({ id }) => id);
    const half = Math.ceil(ids.length / 2);
    const markets = [ids.slice(0, half), ids.slice(half)].map((shards) =>
      shards.length === 0 ? [] : rangesOf(marketsOf(this.config, shards)),
    );
    const keys = join(this.terms.dir, "data", "desk", "keys");
    const ingress = `${this.hosts.address("lb")}:9090`;
    const settles = ["--venue-keys-dir", keys, "--settlement-ingress-address", ingress];
    const add = (name: string, role: Role, flags: readonly string[]): Service => {
      const http = `${this.hosts.address(name)}:${PORTS[role]}`;
      return { name, role, flags, http, program: this.program(name) };
    };
    const all = [
      ...[1, 2, 3, 4].map((n) => add(`matcher${n}`, "matcher", markets[(n - 1) % 2]!)),
      ...[1, 2].map((n) => add(`settlement${n}`, "settlement", settles)),
      ...[1, 2].map((n) => add(`ingress${n}`, "ingress", ["--ingress-slot", `${n}`])),
    ];
    return all.filter(({ role, flags }) => role !== "matcher" || flags.length > 0);
  }
}

/** "200 body", or why there is none. */
export async function page(url: string): Promise<string> {
  const signal = AbortSignal.timeout(1000);
  const answer = await fetch(url, { signal }).catch((error: unknown) => String(error));
  return typeof answer === "string" ? answer : `${answer.status} ${await answer.text()}`;
}

function rangesOf(ids: readonly number[]): string[] {
  const sorted = ids.toSorted((a, b) => a - b);
  const starts = sorted.filter((id, i) => i === 0 || sorted[i - 1] !== id - 1);
  const ends = sorted.filter((id, i) => sorted[i + 1] !== id + 1);
  return starts.map((first, i) => `${first}-${ends[i]}`);
}
