/**
 * Cell: a program as a container or a hardened unit would run it, without either of them: process 1
 * in a read-only root, another user, no privileges to be had, nothing to write but what is named.
 *
 *   await using cell = new Cell({ root, user, mounts, env, program });
 *   await cell.says(/"message":"ready"/);   cell.pid   as this machine counts it
 *   await cell.stop()                       SIGTERM to process 1; its exit code
 *
 * Needs root, unshare, nsenter and setpriv (util-linux), chroot (coreutils), ip (iproute2).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Net } from "./net.ts";

export interface CellSpec {
  readonly root: string;
  /** "65532:65532". */
  readonly user: string;
  /** FROM:TO:ro or FROM:TO:rw. */
  readonly mounts: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly program: readonly string[];
  /** Options of a fresh /tmp; absent: there is none to write to. */
  readonly tmp?: "exec" | "noexec";
  readonly net: Net;
}

export interface Outcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

const SCRIPT = join(import.meta.dir, "cell.sh");

/** What a machine lacks for cells, in words, or null. */
export function cellsNeed(): string | null {
  if (process.platform !== "linux") return "Linux";
  if (process.geteuid?.() !== 0) return "root";
  const tools = ["unshare", "nsenter", "setpriv", "chroot", "ip", "dpkg-deb", "apt-get"];
  const missing = [...tools, "debootstrap"].find((name) => Bun.which(name) === null);
  if (missing !== undefined) return missing;
  const canMount = Bun.spawnSync([
    "unshare",
    "--mount",
    "--net",
    "--pid",
    "--fork",
    "true",
  ]).success;
  return canMount ? null : "leave to make mount and process namespaces";
}

/** Those alive, so that none outlives a test run that breaks off. */
const alive = new Set<Cell>();
process.once("exit", () => {
  for (const cell of alive) process.kill(cell.pid, "SIGKILL");
});

export class Cell {
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private said = "";
  private complaint = "";
  private readonly ended: Promise<unknown>;

  constructor(spec: CellSpec) {
    const { root, user, mounts, env, program } = spec;
    const script = [SCRIPT, root, spec.tmp ?? "none", user, ...mounts, "--", ...program];
    const namespaces = ["--mount", "--pid", "--fork"];
    const command = spec.net.within(["unshare", ...namespaces, "sh", ...script]);
    this.child = Bun.spawn(command, {
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    alive.add(this);
    void this.child.exited.then(() => alive.delete(this));
    const out = pour(this.child.stdout, (text) => (this.said += text));
    const err = pour(this.child.stderr, (text) => (this.complaint += text));
    this.ended = Promise.all([out, err, this.child.exited]);
  }

  /** Runs it to its end. */
  static async run(spec: CellSpec): Promise<Outcome> {
    const cell = new Cell(spec);
    await cell.ended;
    return { exitCode: cell.child.exitCode ?? -1, out: cell.said, err: cell.complaint };
  }

  /** Resolves once its output matches; throws with all it said if it ends before. */
  async says(pattern: RegExp): Promise<void> {
    let isOver = false;
    void this.ended.then(() => (isOver = true));
    while (!pattern.test(this.said)) {
      if (isOver) throw new Error(`it ended without ${pattern}:\n${this.said}${this.complaint}`);
      await Bun.sleep(5);
    }
  }

  get log(): string {
    return this.said + this.complaint;
  }

  /** Process 1 of the cell; throws if it has ended. */
  get pid(): number {
    const { pid } = this.child;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    if (!/^\d+$/.test(children)) throw new Error(`it has no process:\n${this.log}`);
    return Number(children);
  }

  /** The files that it has mapped with this in their names. */
  mapped(word: string): string[] {
    const lines = readFileSync(`/proc/${this.pid}/maps`, "utf8").split("\n");
    const paths = lines.map((line) => line.split(/\s+/).slice(5).join(" "));
    return [...new Set(paths.filter((path) => path.includes(word)))];
  }

  /** SIGTERM, as systemd and Docker send it. */
  async stop(): Promise<number> {
    process.kill(this.pid, "SIGTERM");
    await this.ended;
    return this.child.exitCode ?? -1;
  }

  /** The namespace's end takes all in it along. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null) process.kill(this.pid, "SIGKILL");
    await this.ended;
  }
}

async function pour(stream: ReadableStream<Uint8Array>, take: (text: string) => void) {
  const decoder = new TextDecoder();
  for await (const bytes of stream) take(decoder.decode(bytes, { stream: true }));
}
