/**
 * Redis probe: what this server is, and which durability level an append reply of it means.
 *
 *   appendonly no           D0    a crash of Redis loses what it held
 *   appendfsync everysec    D1    about a second is lost on power loss
 *   appendfsync always      D2    unless no-appendfsync-on-rewrite takes it back now and then
 *
 * D3 is the writers' work: see `wait` in redis-writers.ts; here is seen whether it can be given.
 * Managed products refuse CONFIG: then INFO says at least whether there is an append-only file, and
 * the level is taken to be D1, never more than what was seen.
 */
import { LogFault } from "./log.ts";
import { listOf, type RedisConnection, RedisRefusal, textOf } from "./redis-connection.ts";

const VERSION_MIN = 7;
const MIB = 1 << 20;

export interface RedisFacts {
  readonly version: string;
  readonly level: "D0" | "D1" | "D2";
  /** What the level rests on, in a word or two. */
  readonly sync: string;
  /** Replicas that follow it now. */
  readonly replicas: number;
  /** Bytes, 0 for no limit, and what happens there. */
  readonly maxmemory: number;
  readonly policy: string;
}

/** `key` is one of the shard: in a cluster the primary of its slot is the one to look at. */
export async function probeRedis(connection: RedisConnection, key: string): Promise<RedisFacts> {
  await connection.command(["EXISTS", key]);
  const info = textOf(await connection.command(["INFO"]));
  const field = (name: string): string => new RegExp(`^${name}:(\\S+)`, "m").exec(info)?.[1] ?? "";
  const version = field("redis_version");
  if (!(Number.parseInt(version, 10) >= VERSION_MIN)) {
    throw new LogFault(`Redis ${version} is too old: the log needs ${VERSION_MIN}.0 or later`);
  }
  if (field("role") !== "master") throw new RedisRefusal("READONLY this Redis is a replica");
  const maxmemory = Number(field("maxmemory") || 0);
  const policy = field("maxmemory_policy");
  if (maxmemory > 0 && policy.startsWith("allkeys")) {
    const advice = "set maxmemory-policy noeviction";
    throw new LogFault(
      `this Redis throws the log away when memory runs out (${policy}): ${advice}`,
    );
  }
  const replicas = info.match(/^slave\d+:.*\bstate=online\b/gm)?.length ?? 0;
  const rest = { version, replicas, maxmemory, policy };
  if (field("aof_enabled") !== "1") return { ...rest, level: "D0", sync: "no append-only file" };
  const settings = await configOf(connection);
  if (settings === null) return { ...rest, level: "D1", sync: "CONFIG refused" };
  const sync = settings.get("appendfsync") ?? "no";
  if (sync === "no") return { ...rest, level: "D0", sync: "appendfsync no" };
  const isAlways = sync === "always" && settings.get("no-appendfsync-on-rewrite") === "no";
  return { ...rest, level: isAlways ? "D2" : "D1", sync };
}

async function configOf(connection: RedisConnection): Promise<Map<string, string> | null> {
  try {
    const reply = listOf(await connection.command(["CONFIG", "GET", "*append*"])).map(textOf);
    const settings = new Map<string, string>();
    for (let i = 0; i + 1 < reply.length; i += 2) settings.set(reply[i]!, reply[i + 1]!);
    return settings;
  } catch (error) {
    if (error instanceof RedisRefusal) return null;
    throw error;
  }
}

/** For the first log line: what was seen of the server, and what each append waits for. */
export function describeFacts(facts: RedisFacts, waitsFor = 0, declared = ""): string {
  const { version, level, sync, replicas, maxmemory, policy } = facts;
  const memory = maxmemory === 0 ? "no maxmemory" : `${Math.round(maxmemory / MIB)} MiB ${policy}`;
  const followed = `${replicas} ${replicas === 1 ? "replica" : "replicas"}`;
  const said = declared === "" ? "" : `, declared: ${declared}`;
  const seen = `${sync}, version ${version}, ${followed}, ${memory}${said}`;
  return waitsFor === 0 ? `${level} ${seen}` : `D3 waits for ${waitsFor} of ${seen}`;
}

/** Used share of maxmemory as Redis itself counts it, or null where there is no maxmemory. */
export function memoryShare(info: string): number | null {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const max = field("maxmemory");
  // Buffers for replicas and the append-only file do not count against maxmemory.
  return max === 0 ? null : (field("used_memory") - field("mem_not_counted_for_evict")) / max;
}
