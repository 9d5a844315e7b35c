/**
 * RunbookFleet: a venue on Redis as docs/RUNBOOK.md speaks of one, and its commands as they stand
 * there. `clob` is this tree's, `systemctl` starts and stops the processes here by their units'
 * names, and HOST:9090 is whoever listens there.
 *
 *   await fleet.follow("Add a shard")    each line of that procedure's sh blocks, in order
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DocShell, type Running } from "./doc-shell.ts";
import { lastingPort } from "./free-ports.ts";

const ROOT = join(import.meta.dir, "..", "..");
const READY = /"message":"ready"/;
const PAGE = readFileSync(join(ROOT, "docs", "RUNBOOK.md"), "utf8");

export interface Unit {
  readonly program: string;
  readonly flags: readonly string[];
}

/** The lines of the sh blocks below a heading, up to the next; "" for those before the first. */
export function linesOf(heading: string): string[] {
  const [, ...sections] = `\n### \n${PAGE}`.split(/\n###? /);
  const section = sections.find((text) => text.split("\n")[0] === heading) ?? "";
  const blocks = [...section.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)];
  const lines = blocks.flatMap(([, block = ""]) => block.split("\n")).map((line) => line.trim());
  return lines.filter((line) => /^[^#]/.test(line));
}

/** All headings of procedures, in order. */
export function procedures(): string[] {
  return [...PAGE.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => heading);
}

export class RunbookFleet {
  readonly shell = new DocShell();
  /** Lines that were run. */
  readonly done = new Set<string>();
  /** What stands for HOST:9090 and its like. */
  readonly hosts = new Map<string, string>();
  readonly units = new Map<string, Unit>();
  /** Words before a unit's program, if it is to run elsewhere. */
  readonly within = new Map<string, readonly string[]>();
  private readonly running = new Map<string, Running>();
  private readonly control: Bun.Server<undefined>;

  constructor(redis: number, config: string) {
    const { shell } = this;
    const bin = join(shell.dir, "bin");
    mkdirSync(bin);
    this.control = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch: async (request) => {
        const [verb = "", ...units] = (await request.text()).split(" ");
        for (const unit of units) await this.systemctl(verb, unit);
        return new Response("");
      },
    });
    const bun = join(ROOT, "node_modules", ".bin", "bun");
    const asks = `http://127.0.0.1:${this.control.port}/`;
    const curl = 'curl --silent --show-error --fail --data "$*"';
    for (const [name, line] of [
      ["clob", `exec ${bun} ${ROOT}/src/cli/main.ts "$@"`],
      ["systemctl", `exec ${curl} ${asks}`],
    ] as const) {
      writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`);
      chmodSync(join(bin, name), 0o755);
    }
    Object.assign(shell.env, {
      PATH: `${bin}:${shell.env["PATH"] ?? ""}`,
      REDIS_ADDR: `127.0.0.1:${redis}`,
      CLOB_CONFIG: join(shell.dir, "config.toml"),
    });
    this.configure(config);
    this.addServices();
  }

  configure(text: string): void {
    writeFileSync(join(this.shell.dir, "config.toml"), text);
  }

  addMatcher(name: string, host: string, markets: string): void {
    const address = this.address(host);
    this.addUnit(name, "market-matcher", [markets, "--http", address]);
  }

  /** One more; its addresses are for orders and for HTTP. */
  addIngress(name: string, hosts: readonly [string, string], flags: readonly string[]): void {
    const [tcp, http] = hosts.map((host) => this.address(host));
    const addresses = ["--tcp", tcp!, "--http", http!];
    this.addUnit(name, "ingress-verifier", [...addresses, ...flags]);
  }

  /** Runs each line of a procedure; a line that is said to differ is run as it says. */
  async follow(heading: string, between: (line: string) => Promise<void> = async () => undefined) {
    const lines = linesOf(heading);
    if (lines.length === 0) throw new Error(`no commands below ${heading}`);
    for (const line of lines) {
      await between(line);
      await this.run(line);
      this.done.add(line);
    }
  }

  /** What it prints; throws if it ends otherwise than well. */
  async run(line: string): Promise<string> {
    let own = line;
    for (const [host, address] of this.hosts) own = own.replaceAll(host, address);
    const { code, out, err } = await this.shell.run(own);
    if (code !== 0) throw new Error(`${own}: ${code}\n${out}${err}`);
    return out;
  }

  async systemctl(verb: string, unit: string): Promise<void> {
    const known = this.units.get(unit);
    if (known === undefined) throw new Error(`no unit ${unit}`);
    const running = this.running.get(unit);
    if (verb !== "start" && running !== undefined) {
      const code = await running.end("SIGTERM");
      if (code !== 0) throw new Error(`${unit} ended with ${code}:\n${running.said}`);
      this.running.delete(unit);
    }
    if (verb === "stop") return;
    const { program, flags } = known;
    const script = ["bun", join(ROOT, "src", program, "main.ts")];
    const words = [...(this.within.get(unit) ?? []), ...script, ...flags];
    this.running.set(unit, await this.shell.begin(words.join(" "), READY));
  }

  /** The exit code of one that ends by itself, and what it said. */
  async endOf(unit: string): Promise<{ code: number; said: string }> {
    const running = this.running.get(unit);
    const code = (await running?.end(null)) ?? -1;
    this.running.delete(unit);
    return { code, said: running?.said ?? "" };
  }

  /** As if its machine were gone. */
  async kill(unit: string): Promise<void> {
    await this.running.get(unit)?.end("SIGKILL");
    this.running.delete(unit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.control.stop(true);
    await this.shell[Symbol.asyncDispose]();
  }

  private addServices(): void {
    const tcp = this.address("HOST:8080");
    const ingress = this.address("HOST:9090");
    const settlement = this.address("HOST:9091");
    this.addUnit("ingress-verifier", "ingress-verifier", ["--tcp", tcp, "--http", ingress]);
    const carries = ["--settlement-ingress-address", ingress];
    this.addUnit("settlement-plane", "settlement-plane", ["--http", settlement, ...carries]);
    Object.assign(this.shell.env, {
      CLOB_TCP: tcp,
      CLOB_INGRESS: `http://${ingress}`,
      CLOB_SETTLEMENT: `http://${settlement}`,
    });
  }

  private addUnit(name: string, program: string, flags: readonly string[]): void {
    const { dir, env } = this.shell;
    const places = ["--data", join(dir, name), "--venue-keys-dir", join(env["CLOB_DATA"]!, "keys")];
    this.units.set(name, { program, flags: [...flags, ...places] });
  }

  private address(host: string): string {
    const address = `127.0.0.1:${lastingPort()}`;
    this.hosts.set(host, address);
    return address;
  }
}
