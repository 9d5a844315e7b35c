/**
 * A real redis-server of a test's own, in its own folder: it can be killed, paused and restarted.
 *
 *   await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
 *   redis.port, redis.socket     loopback port and unix socket: both answer
 *   await redis.kill()           SIGKILL, as a crash would; redis.restart() brings it back on the
 *                                same port and folder, so what was on disk is there again
 *   redis.pause(), redis.resume()   SIGSTOP and SIGCONT: alive and silent
 *
 * Suites say `describe.skipIf(!redisAvailable())`. Where the binary comes from: scripts/redis.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedis } from "../../scripts/redis.ts";
import { freePort } from "./free-ports.ts";

const START_TRIES_MAX = 5;
const LOG_LINES_KEPT = 20;
const binary = findRedis();

/** Those alive, so that none outlives a test run that breaks off. */
const alive = new Set<Bun.Subprocess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

export function redisAvailable(): boolean {
  return binary !== null;
}

/** Lines of redis.conf, e.g. `{ save: '""', appendonly: "yes", replicaof: "127.0.0.1 7001" }`. */
export type RedisOptions = Readonly<Record<string, string>>;

/** How it is run, where that matters. */
export interface RedisPlace {
  /** Its folder, as it sees it; one of its own if absent. */
  readonly dir?: string;
  /** Where we write what it is to read; its folder if absent. */
  readonly conf?: string;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Words before the command that starts it. */
  readonly within?: readonly string[];
}

/** Nothing on disk unless a test asks for it. */
const DEFAULTS: RedisOptions = { save: '""', appendonly: "no", bind: "127.0.0.1", daemonize: "no" };

export class RedisServer {
  readonly dir: string;
  readonly socket: string;
  port = 0;
  private options: RedisOptions;
  private readonly place: RedisPlace;
  private process: Bun.Subprocess<"ignore", "pipe", "pipe"> | null = null;

  private constructor(options: RedisOptions, place: RedisPlace) {
    this.options = options;
    this.place = place;
    this.dir = place.dir ?? mkdtempSync(join(tmpdir(), "clob-redis-"));
    this.socket = join(this.dir, "redis.sock");
  }

  /** Starts on a free port and resolves once it takes connections. */
  static async start(options: RedisOptions = {}, place: RedisPlace = {}): Promise<RedisServer> {
    const server = new RedisServer(options, place);
    for (let tries = 1; ; tries++) {
      server.port = place.port ?? freePort();
      const refusal = await server.launch();
      if (refusal === null) return server;
      if (tries === START_TRIES_MAX || !refusal.includes("Address already in use")) {
        await server.stop();
        throw new Error(`redis-server did not start:\n${refusal}`);
      }
    }
  }

  get isAlive(): boolean {
    const { exitCode = 0, signalCode = null } = this.process ?? {};
    return exitCode === null && signalCode === null;
  }

  get pid(): number {
    return this.process?.pid ?? 0;
  }

  /** Starts again on the same port and folder, perhaps otherwise; only after kill(). */
  async restart(changed: RedisOptions = {}): Promise<void> {
    this.options = { ...this.options, ...changed };
    const refusal = await this.launch();
    if (refusal !== null) throw new Error(`redis-server did not restart:\n${refusal}`);
  }

  /** SIGKILL: no goodbye, no save. Resolves once the process is gone. */
  async kill(): Promise<void> {
    this.process?.kill("SIGKILL");
    await this.process?.exited;
    this.process = null;
  }

  pause(): void {
    this.process?.kill("SIGSTOP");
  }

  resume(): void {
    this.process?.kill("SIGCONT");
  }

  /** Kills the process and removes the folder. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Null once it takes connections; what it said, if it ended before that. */
  private async launch(): Promise<string | null> {
    if (binary === null) throw new Error("no redis-server here: ask redisAvailable() first");
    const place = { port: `${this.port}`, unixsocket: this.socket, dir: this.dir };
    const lines = Object.entries({ ...DEFAULTS, ...place, ...this.options });
    const { within = [], environment, conf = join(this.dir, "redis.conf") } = this.place;
    writeFileSync(conf, lines.map(([name, value]) => `${name} ${value}\n`).join(""));
    const child = Bun.spawn([...within, binary, conf], {
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
      ...(environment === undefined ? {} : { env: { ...process.env, ...environment } }),
    });
    this.process = child;
    alive.add(child);
    void child.exited.then(() => alive.delete(child));
    const { isReady, said } = await untilReady(child.stdout);
    if (isReady) return null;
    const complaint = await new Response(child.stderr).text();
    await child.exited;
    return [...said.split("\n").slice(-LOG_LINES_KEPT), complaint].join("\n");
  }
}

/** Until Redis says that it takes connections; then reads on, so that its pipe never fills. */
async function untilReady(
  output: ReadableStream<Uint8Array>,
): Promise<{ isReady: boolean; said: string }> {
  const reader = output.getReader();
  const decoder = new TextDecoder();
  // All of it: on a busy machine much of what it says next may come with the line that counts.
  let said = "";
  while (!said.includes("Ready to accept connections")) {
    const { done, value } = await reader.read();
    if (done) return { isReady: false, said };
    said += decoder.decode(value, { stream: true });
  }
  void drain(reader);
  return { isReady: true, said };
}

async function drain(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}
