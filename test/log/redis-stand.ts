/** How the Redis suites reach their server. */
import type { ShardLog } from "../../src/edges/log.ts";
import { type RedisAccess, RedisConnection } from "../../src/edges/redis-connection.ts";

import { openRedisLog, type RedisLogOptions } from "../../src/edges/redis-log.ts";
import { SHARD } from "./records.ts";

export function accessTo(port: number): RedisAccess {
  return {
    host: "127.0.0.1",
    port,
    tls: false,
    ca: null,
    username: null,
    password: null,
    connectTimeoutMs: 2000,
    commandTimeoutMs: 2000,
  };
}

/** Runs one command on a connection of its own. */
export async function ask(port: number, ...args: string[]): Promise<unknown> {
  const connection = await RedisConnection.open(accessTo(port), "test");
  try {
    return await connection.command(args);
  } finally {
    connection.close();
  }
}

export async function flush(port: number): Promise<void> {
  await ask(port, "FLUSHALL");
}

const opened: ShardLog[] = [];

/** A handle with little patience; `closeLogs` closes it. */
export async function open(
  port: number,
  options: Partial<RedisLogOptions> = {},
): Promise<ShardLog> {
  const access = { ...accessTo(port), commandTimeoutMs: 150, connectTimeoutMs: 150 };
  const base = { access, shard: SHARD, unreachableMsMax: 5000, clockDifferenceMsMax: 5000 };
  const log = await openRedisLog({ ...base, ...options });
  opened.push(log);
  return log;
}

export async function closeLogs(): Promise<void> {
  for (const log of opened.splice(0)) await log.close();
}
