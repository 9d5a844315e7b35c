/**
 * Redis probe: what this server is, and which durability level an append reply of it means.
 *
 *   appendonly no           D0    a crash of Redis loses what it held
 *   appendfsync everysec    D1    about a second is lost on power loss
 *   appendfsync always      D2    unless no-appendfsync-on-rewrite takes it back now and then
 *
 * Managed products refuse CONFIG: then INFO says at least whether there is an append-only file, and
 * the level is taken to be D1, never more than what was seen.
 */
import { LogFault } from "./log.ts";
import { listOf, type RedisConnection, RedisRefusal, textOf } from "./redis-connection.ts";

const VERSION_MIN = 7;

export interface RedisFacts {
  readonly version: string;
  readonly level: "D0" | "D1" | "D2";
  /** What the level rests on, in a word or two. */
  readonly sync: string;
}

export async function probeRedis(connection: RedisConnection): Promise<RedisFacts> {
  const info = textOf(await connection.command(["INFO"]));
  const version = /^redis_version:(\S+)/m.exec(info)?.[1] ?? "0";
  if (Number.parseInt(version, 10) < VERSION_MIN) {
    throw new LogFault(`Redis ${version} is too old: the log needs ${VERSION_MIN}.0 or later`);
  }
  if (/^role:slave/m.test(info)) throw new LogFault("this Redis is a replica, not a primary");
  if (!/^aof_enabled:1/m.test(info)) return { version, level: "D0", sync: "no append-only file" };
  const settings = await configOf(connection);
  if (settings === null) return { version, level: "D1", sync: "CONFIG refused" };
  const sync = settings.get("appendfsync") ?? "no";
  if (sync === "no") return { version, level: "D0", sync: "appendfsync no" };
  const isAlways = sync === "always" && settings.get("no-appendfsync-on-rewrite") === "no";
  return { version, level: isAlways ? "D2" : "D1", sync };
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

/** Used share of maxmemory as Redis itself counts it, or null where there is no maxmemory. */
export function memoryShare(info: string): number | null {
  const field = (name: string): number =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
  const max = field("maxmemory");
  // Buffers for replicas and the append-only file do not count against maxmemory.
  return max === 0 ? null : (field("used_memory") - field("mem_not_counted_for_evict")) / max;
}
