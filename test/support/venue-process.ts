/**
 * A real venue of a test's own, as processes: all services in one, or each in its own, over the
 * embedded log or a Redis.
 *
 *   await using venue = await VenueProcess.start();
 *   await using venue = await VenueProcess.start({ redis: redis.port, services: "three" });
 *   venue.address, venue.operator      where it listens, and the operator's key
 *   await venue.kill()                 SIGKILL to all its processes; launch() brings them back on
 *                                      the same data
 *   await venue.killSettlement()       of three, only that one; launchSettlement() brings it back
 *
 * Ports are kept from one start to the next.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKeyFile, type Signer } from "../../src/edges/keys.ts";
import type { VenueAddress } from "../../src/load/replay.ts";
import { freePorts } from "./free-ports.ts";

export interface VenueSetting {
  /** Port of a Redis on this machine; absent: the embedded log. */
  readonly redis?: number;
  readonly services?: "one" | "three";
  /** One process only: demo accounts and their flow. */
  readonly demo?: boolean;
  /** More flags for every process. */
  readonly flags?: readonly string[];
  /** More environment for every process. */
  readonly env?: Readonly<Record<string, string>>;
}

const ROOT = join(import.meta.dir, "..", "..");
const LINES_KEPT = 40;

/** Those alive, so that none outlives a test run that breaks off. */
const alive = new Set<Bun.Subprocess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export class VenueProcess {
  readonly dir = mkdtempSync(join(tmpdir(), "clob-venue-"));
  private readonly setting: VenueSetting;
  /** Of order entry, and of the HTTP sides of ingress, settlement and matcher. */
  private readonly ports = freePorts();
  private children: Bun.Subprocess[] = [];
  private settlement: Bun.Subprocess | null = null;

  private constructor(setting: VenueSetting) {
    this.setting = setting;
  }

  static async start(setting: VenueSetting = {}): Promise<VenueProcess> {
    const venue = new VenueProcess(setting);
    try {
      if (setting.services === "three") await venue.init();
      await venue.launch();
    } catch (error) {
      await venue.stop();
      throw error;
    }
    return venue;
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

  /** The HTTP sides of ingress, settlement and matcher. */
  get http(): readonly string[] {
    return this.ports.slice(1).map((port) => `http://127.0.0.1:${port}`);
  }

  get operator(): Signer {
    return readKeyFile(join(this.dir, "keys", "operator.pem"));
  }

  /** Of its processes: which log, and where. */
  get environment(): Readonly<Record<string, string>> {
    return this.env();
  }

  /** Starts what `kill` or a crash ended, on the same ports; resolves when all of it is ready. */
  async launch(): Promise<void> {
    const [tcp, ingress, settlement, matcher] = this.ports;
    if (this.setting.services === "three") {
      await this.spawn("src/market-matcher/main.ts", http(matcher));
      await this.launchSettlement();
      await this.spawn("src/ingress-verifier/main.ts", [
        "--tcp",
        `127.0.0.1:${tcp}`,
        ...http(ingress),
      ]);
      return;
    }
    const flags = [
      `--tcp=127.0.0.1:${tcp}`,
      `--ingress-http-address=127.0.0.1:${ingress}`,
      `--settlement-http-address=127.0.0.1:${settlement}`,
      `--matcher-http-address=127.0.0.1:${matcher}`,
    ];
    const demo = this.setting.demo === true ? [] : ["--no-demo"];
    await this.spawn("src/venue/main.ts", [...demo, ...flags]);
  }

  /** Of services in three processes. */
  async launchSettlement(): Promise<void> {
    const [, ingress, settlement] = this.ports;
    const flags = [...http(settlement), `--settlement-ingress-address=127.0.0.1:${ingress}`];
    this.settlement = await this.spawn("src/settlement-plane/main.ts", flags);
  }

  async killSettlement(): Promise<void> {
    const { settlement } = this;
    this.children = this.children.filter((child) => child !== settlement);
    settlement?.kill("SIGKILL");
    await settlement?.exited;
  }

  /** SIGKILL: no goodbye. Resolves once all are gone. */
  async kill(): Promise<void> {
    const children = this.children;
    this.children = [];
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map((child) => child.exited));
  }

  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async init(): Promise<void> {
    const child = Bun.spawn([process.execPath, "src/cli/main.ts", "init", ...this.common()], {
      cwd: ROOT,
      env: this.env(),
      stdout: "pipe",
      stderr: "pipe",
    });
    const said = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    if ((await child.exited) !== 0) throw new Error(`clob init: ${said.join("")}`);
  }

  private common(): string[] {
    return ["--data", this.dir, ...(this.setting.flags ?? [])];
  }

  private env(): Record<string, string> {
    const { redis } = this.setting;
    const log = redis === undefined ? { CLOB_LOG: "embedded" } : redisEnv(redis);
    const { PATH = "", HOME = "", CLOB_NATIVE_LIB = "" } = process.env;
    const native = CLOB_NATIVE_LIB === "" ? {} : { CLOB_NATIVE_LIB };
    return { PATH, HOME, ...native, ...log, ...this.setting.env };
  }

  private async spawn(script: string, flags: readonly string[]): Promise<Bun.Subprocess> {
    const child = Bun.spawn([process.execPath, script, ...this.common(), ...flags], {
      cwd: ROOT,
      env: this.env(),
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    this.children.push(child);
    alive.add(child);
    void child.exited.then(() => alive.delete(child));
    const said: string[] = [];
    if (await this.becomesReady(child, said)) return child;
    const complaint = await new Response(child.stderr).text();
    await child.exited;
    throw new Error(`${script} did not start:\n${said.join("\n")}\n${complaint}`);
  }

  /** Reads what it says until it is ready; then reads on, so that its pipe never fills. */
  private async becomesReady(
    child: Bun.Subprocess<"ignore", "pipe", "pipe">,
    said: string[],
  ): Promise<boolean> {
    const reader = child.stdout.getReader();
    const decoder = new TextDecoder();
    let text = "";
    while (!READY.test(text)) {
      const { done, value } = await reader.read();
      if (done) return false;
      text += decoder.decode(value, { stream: true });
      said.splice(0, said.length, ...text.split("\n").slice(-LINES_KEPT));
    }
    void (async () => {
      while (!(await reader.read()).done);
    })();
    return true;
  }
}

/** What the venue's banner ends with, and the log line of a service. */
const READY = /Ctrl-C stops|"message":"ready"/;

const http = (port: number): string[] => ["--http", `127.0.0.1:${port}`];

function redisEnv(port: number): Record<string, string> {
  return { CLOB_LOG: "redis", REDIS_ADDR: `127.0.0.1:${port}` };
}
