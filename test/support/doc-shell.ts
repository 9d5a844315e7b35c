/**
 * DocShell: the commands of a page as its reader pastes them, run by sh at the top of the tree.
 *
 *   shellLines("README.md")             every line of its sh blocks
 *   await using shell = new DocShell()  a home, a data directory and a place for files of its own
 *   await shell.run(line)               until it ends: exit code and what it said
 *   await shell.begin(line, /ready/)    until it says so; interrupt() is Ctrl-C, end() is SIGTERM
 *
 * What the page writes to `./x` lands in the shell's own folder. Nothing of npm or Bun in this
 * process's environment reaches the commands, since these say how their reader started.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** Continued lines are not used in our pages; comments are. */
export function shellLines(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
  return blocks.flatMap((block) => block.split("\n")).filter((line) => /^[^#\s]/.test(line));
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Ports that the system picks, for the venue in one process. */
export const ANY_PORTS = [
  "--tcp=127.0.0.1:0",
  "--ingress-http-address=127.0.0.1:0",
  "--settlement-http-address=127.0.0.1:0",
  "--matcher-http-address=127.0.0.1:0",
].join(" ");

export class DocShell {
  readonly dir = mkdtempSync(join(tmpdir(), "clob-doc-"));
  /** More variables for the commands to come. */
  readonly env: Record<string, string>;
  private readonly running = new Set<Running>();

  constructor() {
    const path = `${join(ROOT, "node_modules", ".bin")}:${process.env["PATH"] ?? ""}`;
    this.env = { HOME: this.dir, CLOB_DATA: join(this.dir, "data"), PATH: path };
  }

  async run(line: string): Promise<Ended> {
    const child = Bun.spawn(["sh", "-c", this.own(line)], {
      cwd: ROOT,
      env: this.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    return { code: await child.exited, out, err };
  }

  /** Throws what it said if it ends before. */
  async begin(line: string, until: RegExp): Promise<Running> {
    // In a terminal no shell stands between the key press and the program.
    const running = new Running(["sh", "-c", `exec ${this.own(line)}`], ROOT, this.env);
    this.running.add(running);
    await running.says(until);
    return running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.running].map((one) => one.end("SIGKILL")));
    rmSync(this.dir, { recursive: true, force: true });
  }

  private own(line: string): string {
    return line.replaceAll(/(?<= )\.\/(?=\w)/g, `${this.dir}/`);
  }
}

/** A command that goes on; a process group of its own, as in a terminal. */
export class Running {
  said = "";
  private readonly child: Bun.Subprocess<"ignore", "pipe", "pipe">;
  private readonly readers: Promise<void>[];
  private wake = Promise.withResolvers<void>();
  private isOver = false;

  constructor(command: string[], cwd: string, env: Record<string, string>) {
    this.child = Bun.spawn(command, {
      cwd,
      env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      detached: true,
    });
    void this.child.exited.then(() => (this.isOver = true));
    this.readers = [this.child.stdout, this.child.stderr].map((stream) => this.read(stream));
  }

  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.said)) {
      if (this.isOver) throw new Error(`it ended:\n${this.said}`);
      await Promise.race([this.wake.promise, this.child.exited]);
    }
  }

  /** Sends a signal to all of it, as a terminal does for Ctrl-C, null for none; the exit code. */
  async end(signal: "SIGINT" | "SIGTERM" | "SIGKILL" | null): Promise<number> {
    if (signal !== null && !this.isOver) process.kill(-this.child.pid, signal);
    const code = await this.child.exited;
    await Promise.all(this.readers);
    return code;
  }

  private async read(stream: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      this.said += decoder.decode(chunk, { stream: true });
      this.wake.resolve();
      this.wake = Promise.withResolvers();
    }
  }
}
