/** How the Redis suites reach their server. */
import { type RedisAccess, RedisConnection } from "../../src/edges/redis-connection.ts";

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
