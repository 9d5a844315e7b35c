/**
 * Program: one process on one host over all its lives, with a supervisor that does what systemd
 * does for our units: whoever ends by itself is started again after a second.
 *
 * What it prints goes to one file, over all lives.
 */
import { closeSync, openSync, readFileSync } from "node:fs";
import type { Hosts } from "./hosts.ts";

export interface ProgramTerms {
  readonly name: string;
  readonly hosts: Hosts;
  readonly host: string;
  readonly out: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

const RESTART_MS = 1000;
const STOP_MS_MAX = 60_000;

export class Program {
  readonly terms: ProgramTerms;
  /** How it ended by itself, each time. */
  readonly ends: string[] = [];
  private command: readonly string[] = [];
  private child: Bun.Subprocess | null = null;
  private isWanted = false;

  constructor(terms: ProgramTerms) {
    this.terms = terms;
  }

  get name(): string {
    return this.terms.name;
  }

  get isAlive(): boolean {
    return this.child !== null;
  }

  start(command: readonly string[]): void {
    this.command = command;
    this.isWanted = true;
    this.spawn();
  }

  /** SIGTERM; the exit code. */
  async stop(): Promise<number> {
    return this.end("SIGTERM");
  }

  /** SIGKILL: no goodbye. */
  async kill(): Promise<void> {
    await this.end("SIGKILL");
  }

  said(): string {
    return readFileSync(this.terms.out, "utf8");
  }

  private async end(signal: "SIGTERM" | "SIGKILL"): Promise<number> {
    this.isWanted = false;
    const { child } = this;
    if (child === null) return -1;
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    child.kill(signal);
    await child.exited;
    clearTimeout(late);
    return child.exitCode ?? -1;
  }

  private spawn(): void {
    const { hosts, host, out, cwd, env } = this.terms;
    const file = openSync(out, "a");
    const child = Bun.spawn(hosts.on(host, this.command), {
      cwd,
      env,
      stdin: "ignore",
      stdout: file,
      stderr: file,
    });
    closeSync(file);
    this.child = child;
    void this.watch(child);
  }

  private async watch(child: Bun.Subprocess): Promise<void> {
    await child.exited;
    this.child = null;
    if (!this.isWanted) return;
    const last = this.said().trimEnd().split("\n").at(-1) ?? "";
    this.ends.push(`${child.signalCode ?? `exit ${child.exitCode}`}: ${last.slice(0, 300)}`);
    await Bun.sleep(RESTART_MS);
    if (this.isWanted) this.spawn();
  }
}
