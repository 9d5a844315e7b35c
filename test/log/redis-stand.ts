/** How the Redis suites reach their server. */
import type { RedisHost } from "../../src/edges/config-address.ts";
import type { ShardLog } from "../../src/edges/log.ts";
import { type RedisAccess, RedisConnection } from "../../src/edges/redis-connection.ts";

import { openRedisLog } from "../../src/edges/redis-log.ts";
import type { RedisLogOptions } from "../../src/edges/redis-log-options.ts";
import type { RedisOptions } from "../support/redis-server.ts";
import { RedisServer } from "../support/redis-server.ts";
import { SHARD } from "./records.ts";

export function hostOf(port: number): RedisHost {
  return { host: "127.0.0.1", port };
}

export function accessTo(port: number): RedisAccess {
  return {
    hosts: [hostOf(port)],
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
  const connection = await RedisConnection.open(accessTo(port), hostOf(port), "test");
  try {
    return await connection.command(args);
  } finally {
    connection.close();
  }
}

/** A replica that has caught up. */
export async function replicaOf(
  primary: RedisServer,
  options: RedisOptions = {},
): Promise<RedisServer> {
  const replicaof = `127.0.0.1 ${primary.port}`;
  await ask(primary.port, "CONFIG", "SET", "repl-diskless-sync-delay", "0");
  const replica = await RedisServer.start({ ...options, replicaof });
  await untilAsked(replica.port, "INFO", /master_link_status:up/);
  await untilAsked(primary.port, "INFO", new RegExp(`port=${replica.port},state=online`));
  return replica;
}

/** Asks again and again until the answer is that. */
export async function untilAsked(port: number, command: string, is: RegExp): Promise<void> {
  while (!is.test(String(await ask(port, ...command.split(" "))))) await Bun.sleep(10);
}

export async function flush(port: number): Promise<void> {
  await ask(port, "FLUSHALL");
}

/** For a matcher that finds every lease run out. */
export const TAKES_OVER = { matcherLeaseMs: 0 };

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
