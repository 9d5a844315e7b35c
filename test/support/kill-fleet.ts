/**
 * KillFleet: a venue as real processes that a test may kill one by one, and bring back.
 *
 *   await using fleet = await KillFleet.start({ services: "three", redis });
 *   await fleet.kill("matcher")         SIGKILL
 *   await fleet.launch("matcher")       the same process again, same data, same ports
 *   await fleet.terminate("ingress")    SIGTERM, and its exit code
 *
 * Parts are `venue`, or `ingress`, `matcher` and `settlement`. What they print goes to one file
 * each, so that nothing is lost when they die and everything can be searched.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKeyFile, type Signer } from "../../src/edges/keys.ts";
import type { VenueAddress } from "../../src/load/replay.ts";
import { freePorts } from "./free-ports.ts";

export type Part = "venue" | "ingress" | "matcher" | "settlement";

export interface FleetSetting {
  readonly services: "one" | "three";
  /** Port of a Redis on this machine; absent: the embedded log. */
  readonly redis?: number;
  readonly flags?: readonly string[];
  /** Instead of the repository's own config.toml. */
  readonly config?: string;
}

const ROOT = join(import.meta.dir, "..", "..");
const READY = /Ctrl-C stops|"message":"ready"/;
const POLL_MS = 5;
const LAST_WORDS_SIZE = 3000;
const VITALS_MS = 2000;
const WAIT_MS = 30_000;
const MAINS: Readonly<Record<Part, string>> = {
  venue: "src/venue/main.ts",
  ingress: "src/ingress-verifier/main.ts",
  matcher: "src/market-matcher/main.ts",
  settlement: "src/settlement-plane/main.ts",
};

/** Those alive, so that none outlives a test run that breaks off. */
const alive = new Set<Bun.Subprocess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export class KillFleet {
  readonly dir = mkdtempSync(join(tmpdir(), "clob-fleet-"));
  readonly data = join(this.dir, "data");
  readonly parts: readonly Part[];
  private readonly setting: FleetSetting;
  build: readonly string[] = []; // Flags of Bun: with `--preload` what starts is another build.
  /** Of order entry, and of the HTTP sides of ingress, settlement and matcher. */
  private readonly ports = freePorts();
  /** How much each part had printed before its newest life. */
  private readonly begun = new Map<Part, number>();
  private readonly children = new Map<string, Bun.Subprocess>();
  /** Names of those with a data directory of their own. */
  private readonly apart = new Set<string>();
  /** The newest of each name, alive or not. */
  private readonly newest = new Map<string, Bun.Subprocess>();

  constructor(setting: FleetSetting) {
    this.setting = setting;
    const three = ["matcher", "settlement", "ingress"] as const;
    this.parts = setting.services === "one" ? ["venue"] : three;
    mkdirSync(join(this.dir, "out"));
  }

  /** Makes the log, starts every part and resolves when all are ready. */
  static async start(setting: FleetSetting): Promise<KillFleet> {
    const fleet = new KillFleet(setting);
    if (setting.services === "three") await fleet.init();
    await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
    return fleet;
  }

  async init(): Promise<void> {
    const code = await this.run("init", ["src/cli/main.ts", "init"]);
    if (code !== 0) throw new Error(`clob init: ${this.said("init")}`);
  }

  get address(): VenueAddress {
    const [tcp, ingress, settlement] = this.ports;
    return {
      host: "127.0.0.1",
      port: tcp,
      ingress: `http://127.0.0.1:${ingress}`,
      settlement: `http://127.0.0.1:${settlement}`,
    };
  }

  get matcherUrl(): string {
    return `http://127.0.0.1:${this.ports[3]}`;
  }

  get operator(): Signer {
    return readKeyFile(join(this.data, "keys", "operator.pem"));
  }

  pid(name: string): number {
    return this.children.get(name)?.pid ?? 0;
  }

  isAlive(name: string): boolean {
    return this.children.has(name);
  }

  /** Starts a part; resolves when it is ready, throws with what it said when it ends instead. */
  async launch(part: Part): Promise<void> {
    this.begin(part);
    await this.untilReady(part);
  }

  /** Starts a part and waits for nothing; see `untilReady`. */
  begin(part: Part, more: readonly string[] = []): void {
    this.begun.set(part, this.said(part).length);
    this.spawn(part, [MAINS[part], ...this.addressFlags(part), ...more]);
  }

  async untilReady(part: Part, waitMs = WAIT_MS): Promise<void> {
    const isReady = (): boolean => READY.test(this.saidNow(part));
    await until(() => isReady() || !this.isAlive(part), `${part} to be ready`, waitMs);
    if (!isReady()) throw new Error(`${part} did not start: ${this.saidNow(part)}`);
  }

  /** What a part has printed since it was begun last. */
  saidNow(part: Part): string {
    return this.said(part).slice(this.begun.get(part) ?? 0);
  }

  /** Any script of the repository, with the data directory and the log of this fleet. */
  spawn(
    name: string,
    args: readonly string[],
    isOurs = true,
    env: Readonly<Record<string, string>> = {},
  ): Bun.Subprocess {
    const out = openSync(this.outPath(name), "a");
    const more = isOurs ? this.common(name) : [];
    const child = Bun.spawn([process.execPath, ...this.build, ...args, ...more], {
      cwd: ROOT,
      env: { ...this.env(), ...env },
      stdin: "ignore",
      stdout: out,
      stderr: out,
    });
    closeSync(out);
    this.children.set(name, child);
    this.newest.set(name, child);
    alive.add(child);
    void this.forgetWhenGone(name, child);
    return child;
  }

  private async forgetWhenGone(name: string, child: Bun.Subprocess): Promise<void> {
    await child.exited;
    alive.delete(child);
    if (this.children.get(name) === child) this.children.delete(name);
  }

  /** What all parts that live say of themselves, for a test that fails. */
  async vitals(): Promise<string> {
    const [, ...https] = this.ports;
    const ask = async (port: number): Promise<string> => {
      const signal = AbortSignal.timeout(VITALS_MS);
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal })).text();
      return text.replaceAll(/^#.*\n/gm, "");
    };
    const found = await Promise.allSettled(https.map(ask));
    return found.map((one) => (one.status === "fulfilled" ? one.value : one.reason)).join("\n");
  }

  /** The ends of what all parts have printed, for a test that fails. */
  lastWords(): string {
    const names = readdirSync(join(this.dir, "out")).map((file) => file.replace(".out", ""));
    const words = (name: string): string => this.said(name).slice(-LAST_WORDS_SIZE);
    return names
      .map((name) => `--- ${name}, alive: ${this.isAlive(name)}\n${words(name)}`)
      .join("\n");
  }

  /** From now on a process of this name has a data directory of its own. */
  setApart(name: string): void {
    this.apart.add(name);
  }

  dataOf(name: string): string {
    return this.apart.has(name) ? join(this.dir, `data-${name}`) : this.data;
  }

  /** Runs a script to its end; its exit code. */
  async run(name: string, args: readonly string[], isOurs = true): Promise<number> {
    return this.spawn(name, args, isOurs).exited;
  }

  /** SIGKILL: no goodbye. Resolves once it is gone. */
  async kill(name: string): Promise<void> {
    const child = this.children.get(name);
    child?.kill("SIGKILL");
    await child?.exited;
  }

  signal(name: string, signal: "SIGTERM" | "SIGINT" | "SIGSTOP" | "SIGCONT"): void {
    this.children.get(name)?.kill(signal);
  }

  /** SIGTERM; the exit code. */
  async terminate(name: string): Promise<number> {
    const child = this.children.get(name);
    if (child === undefined) throw new Error(`${name} is not alive`);
    child.kill("SIGTERM");
    return this.exitOf(name, child);
  }

  /** The exit code of a part that is about to end, or has ended. */
  async exitOf(name: string, child = this.newest.get(name)): Promise<number> {
    const late = setTimeout(() => child?.kill("SIGKILL"), WAIT_MS);
    const code = (await child?.exited) ?? -1;
    clearTimeout(late);
    return code;
  }

  /** Everything that a part has printed, over all its lives. */
  said(name: string): string {
    try {
      return readFileSync(this.outPath(name), "utf8");
    } catch {
      return ""; // It has not begun.
    }
  }

  outPath(name: string): string {
    return join(this.dir, "out", `${name}.out`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.children.keys()].map((name) => this.kill(name)));
    rmSync(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Flags that every process of this venue gets. */
  common(name = ""): string[] {
    const { config, flags = [] } = this.setting;
    const keys = join(this.data, "keys");
    const data = this.apart.has(name)
      ? ["--data", this.dataOf(name), "--venue-keys-dir", keys]
      : ["--data", this.data];
    return [...data, ...(config === undefined ? [] : ["--config", config]), ...flags];
  }

  env(): Record<string, string> {
    const { redis } = this.setting;
    const { PATH = "", HOME = "", CLOB_NATIVE_LIB = "" } = process.env;
    const native = CLOB_NATIVE_LIB === "" ? {} : { CLOB_NATIVE_LIB };
    const log = redis === undefined ? "embedded" : "redis";
    const address = redis === undefined ? {} : { REDIS_ADDR: `127.0.0.1:${redis}` };
    return { PATH, HOME, ...native, CLOB_LOG: log, ...address };
  }

  private addressFlags(part: Part): string[] {
    const [tcp, ingress, settlement, matcher] = this.ports.map((port) => `127.0.0.1:${port}`);
    const tcpFlags = ["--ingress-tcp-address", tcp!, "--ingress-http-address", ingress!];
    if (part === "ingress") return tcpFlags;
    const matcherFlags = ["--matcher-http-address", matcher!];
    if (part === "matcher") return matcherFlags;
    const settlementFlags = ["--settlement-http-address", settlement!];
    if (part === "settlement") {
      return [...settlementFlags, "--settlement-ingress-address", ingress!];
    }
    return ["--no-demo", ...tcpFlags, ...matcherFlags, ...settlementFlags];
  }
}

/** Waits for a condition; throws when it does not come. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  waitMs = WAIT_MS,
): Promise<void> {
  const end = performance.now() + waitMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${waitMs} ms in vain for ${what}`);
    await Bun.sleep(POLL_MS);
  }
}
