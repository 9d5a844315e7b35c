/**
 * RedisNodes: the Redis servers of one round, and what may happen to them.
 *
 *   a <--wire-- b <--wire-- c     a is the primary; at D3 b must hold what is acknowledged, and c
 *                                 stands by so that b has a replica once it has taken over
 *
 * `failOver` makes b the primary.
 */
import { mkdirSync, readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import type { Prng } from "../../src/base/prng.ts";
import { ask, untilAsked } from "../log/redis-stand.ts";
import { lastingPort } from "../support/free-ports.ts";
import { type RedisOptions, RedisServer } from "../support/redis-server.ts";
import type { Level } from "../sim/setup.ts";
import type { Room } from "./room.ts";
import { Control } from "./shim.ts";
import type { Timeline } from "./timeline.ts";
import { Wire } from "./wire.ts";

export type NodeName = "a" | "b" | "c";

export interface NodesParts {
  readonly dir: string;
  readonly level: Level;
  readonly appendfsync: "no" | "everysec" | "always";
  readonly count: number;
  readonly shards: readonly number[];
  /** Where the primary keeps its files, if that place is small. */
  readonly room: Room | null;
  readonly prng: Prng;
  readonly timeline: Timeline;
}

interface Node {
  readonly name: NodeName;
  readonly server: RedisServer;
  readonly control: Control;
  /** Its folder, as we see it. */
  readonly seen: string;
  /** To the node that it follows. */
  readonly wire: Wire | null;
}

/** Tip of `in` by shard; null for a shard that is not there at all. */
export type Tips = ReadonlyMap<number, number | null>;

const NAMES: readonly NodeName[] = ["a", "b", "c"];
const CATCH_UP_MS = 15_000;
const READ_TRIES = 100;

export class RedisNodes {
  primary: NodeName = "a";
  /** Being killed, or down on purpose: nobody else starts them again. */
  readonly owned = new Set<NodeName>();
  private readonly nodes = new Map<NodeName, Node>();
  /** Whom a former primary follows, as its operator would write it into its file. */
  private readonly followed = new Map<NodeName, string>();
  private readonly parts: NodesParts;

  private constructor(parts: NodesParts) {
    this.parts = parts;
  }

  static async start(parts: NodesParts): Promise<RedisNodes> {
    const nodes = new RedisNodes(parts);
    for (const name of NAMES.slice(0, parts.count)) await nodes.add(name);
    return nodes;
  }

  get names(): NodeName[] {
    return [...this.nodes.keys()];
  }

  get(name: NodeName): Node {
    const node = this.nodes.get(name);
    if (node === undefined) throw new Error(`there is no redis ${name} in this round`);
    return node;
  }

  get port(): number {
    return this.get(this.primary).server.port;
  }

  get wires(): Wire[] {
    return [...this.nodes.values()].flatMap(({ wire }) => (wire === null ? [] : [wire]));
  }

  /** Follows the primary, directly or not. */
  get replicas(): NodeName[] {
    return this.names.filter((name) => name !== this.primary);
  }

  async kill(name: NodeName): Promise<void> {
    this.owned.add(name);
    this.get(name).server.resume();
    await this.get(name).server.kill();
  }

  async restart(name: NodeName, changed: RedisOptions = {}): Promise<void> {
    const { server } = this.get(name);
    await server.kill();
    // One that has taken over does not go back to whom it followed.
    const replicaof = name === this.primary ? "no one" : this.followed.get(name);
    const options = { ...(replicaof === undefined ? {} : { replicaof }), ...changed };
    // One that was killed while it rewrote a torn file cuts that and refuses; the next start goes.
    await server.restart(options).catch(() => server.restart(options));
    this.owned.delete(name);
  }

  /** Those that ended by themselves: a full disk does that. */
  async revive(): Promise<void> {
    for (const name of this.names) {
      if (this.owned.has(name) || this.get(name).server.isAlive) continue;
      this.parts.timeline.say(`redis ${name} has ended by itself and is started again`);
      await this.restart(name).catch((error: unknown) => {
        this.parts.timeline.say(`redis ${name} does not start: ${String(error).split("\n")[1]}`);
      });
    }
  }

  /**
   * Whether b has caught up with the primary since it was started: a replica that has not is two
   * nodes lost at once, and no failover may choose it.
   */
  async mayTakeOver(): Promise<boolean> {
    const until = performance.now() + CATCH_UP_MS;
    while (performance.now() < until) {
      const info = await this.ask("b", "INFO", "replication").catch(() => "");
      if (info.includes("master_link_status:up")) return true;
      await Bun.sleep(20);
    }
    return false;
  }

  /** b takes over; what it has. */
  async failOver(killsOld: boolean): Promise<Tips> {
    const [old, next] = [this.primary, "b"] as const;
    if (killsOld) await this.kill(old);
    const { server } = this.get(next);
    await ask(server.port, "REPLICAOF", "NO", "ONE");
    this.primary = next;
    return this.tips(next);
  }

  /** A former primary follows the new one; what it had alone is gone. */
  async follow(name: NodeName): Promise<void> {
    const { server } = this.get(name);
    const of = this.port;
    this.followed.set(name, `127.0.0.1 ${of}`);
    if (server.isAlive) await ask(server.port, "REPLICAOF", "127.0.0.1", `${of}`);
    else await this.restart(name);
  }

  async tips(name: NodeName): Promise<Tips> {
    const { port } = this.get(name).server;
    const tips = new Map<number, number | null>();
    for (const shard of this.parts.shards) {
      const tip = await answer(port, "HGET", `ctl:{${shard}}`, "in_tip");
      tips.set(shard, tip === "null" ? null : Number(tip));
    }
    return tips;
  }

  /** Bytes of the append-only file, and how many of them a power loss cannot take. */
  file(name: NodeName): { path: string; size: number; synced: number } {
    const { seen, control } = this.get(name);
    const dir = join(seen, "appendonlydir");
    const number = (file: string): number => Number(/\.(\d+)\.incr\.aof$/.exec(file)?.[1] ?? 0);
    const newest = readdirSync(dir).toSorted((x, y) => number(x) - number(y));
    const path = join(dir, newest.at(-1)!);
    const { size, ino } = statSync(path);
    const { inode, size: synced } = control.synced;
    return { path, size, synced: inode === ino ? Math.min(size, synced) : size };
  }

  /** Of a server that is down. */
  cutFile(name: NodeName, size: number): void {
    truncateSync(this.file(name).path, size);
  }

  async ask(name: NodeName, ...args: string[]): Promise<string> {
    return String(await ask(this.get(name).server.port, ...args));
  }

  async stop(): Promise<void> {
    for (const { server, control, wire } of this.nodes.values()) {
      wire?.stop();
      server.resume();
      await server.kill();
      control.close();
    }
  }

  private async add(name: NodeName): Promise<void> {
    const { dir, room, prng, timeline } = this.parts;
    const small = name === "a" ? room : null;
    const own = small === null ? join(dir, `redis-${name}`) : join(small.dir, "redis");
    const seen = small?.seen("redis") ?? own;
    mkdirSync(seen, { recursive: true });
    const control = new Control(join(dir, `redis-${name}.control`));
    const before = name === "b" ? "a" : name === "c" ? "b" : null;
    const target = before === null ? 0 : this.get(before).server.port;
    const wire =
      before === null
        ? null
        : new Wire({
            name: `redis ${name} to ${before}`,
            port: lastingPort(),
            target,
            prng,
            speech: "other",
            onFault: (kind: string) => timeline.count(kind),
          });
    const server = await RedisServer.start(
      {
        ...this.options(),
        ...(wire === null ? {} : { replicaof: `127.0.0.1 ${wire.port}` }),
      },
      {
        dir: own,
        port: lastingPort(),
        environment: control.environment,
        conf: join(dir, `redis-${name}.conf`),
        within: small?.within ?? [],
      },
    );
    this.nodes.set(name, { name, server, control, seen, wire });
    if (before !== null) await untilAsked(server.port, "INFO", /master_link_status:up/);
  }

  private options(): RedisOptions {
    const { appendfsync } = this.parts;
    return {
      ...(appendfsync === "no" ? {} : { appendonly: "yes", appendfsync }),
      "auto-aof-rewrite-percentage": "0",
      "enable-debug-command": "local",
      "repl-diskless-sync-delay": "0",
      "repl-timeout": "10",
      "maxmemory-policy": "noeviction",
    };
  }
}

/** Waits while the server loads its file. */
async function answer(port: number, ...args: string[]): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      const reply = await ask(port, ...args);
      return reply instanceof Uint8Array ? Buffer.from(reply).toString() : "null";
    } catch (error) {
      if (tries === READ_TRIES) throw error;
      await Bun.sleep(20);
    }
  }
}
