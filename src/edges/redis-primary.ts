/**
 * Redis primary: a connection to a server that may be read from and written to.
 *
 *   a replica                  refused: it may know less than its primary, or another log
 *   a torn append-only file    cured before anything is written
 *
 * A power loss may cut the file in the middle of a transaction, MULTI without its EXEC. The server
 * leaves that transaction out when it starts, and yet keeps its whole commands in the file (Redis,
 * and Valkey before its change 4342) and appends to them: at the next start it takes them and the
 * next transaction as one, and comes back with another log than the one that it acknowledged. So a
 * server that has not rewritten its file since it started is asked to, before anything is appended.
 * One that syncs every second loses its end in a power loss anyway, and is left alone: where it has
 * rewritten its file and its disk is full, Redis 7.0 spoils that file.
 */
import type { RedisHost } from "./config-address.ts";
import {
  listOf,
  type RedisAccess,
  RedisConnection,
  RedisRefusal,
  textOf,
} from "./redis-connection.ts";

export async function openPrimary(
  access: RedisAccess,
  host: RedisHost,
  name: string,
): Promise<RedisConnection> {
  const connection = await RedisConnection.open(access, host, name);
  try {
    const info = textOf(await connection.command(["INFO"]));
    if (!/^role:master/m.test(info)) throw new RedisRefusal("READONLY this Redis is a replica");
    if (mayBeTorn(info) && (await syncsAlways(connection))) await rewriteFile(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

/** It has read the file that it appends to, or the rewriting did not succeed. */
function mayBeTorn(info: string): boolean {
  const has = (line: string): boolean => info.includes(`\n${line}\r\n`);
  if (!has("aof_enabled:1") || has("aof_rewrite_in_progress:1")) return false;
  return has("aof_last_rewrite_time_sec:-1") || has("aof_last_bgrewrite_status:err");
}

async function syncsAlways(connection: RedisConnection): Promise<boolean> {
  try {
    const reply = listOf(await connection.command(["CONFIG", "GET", "appendfsync"]));
    return reply.length > 1 && textOf(reply[1]) === "always";
  } catch (error) {
    return refused(error, false);
  }
}

/** From here on what is appended goes to a file of its own. */
async function rewriteFile(connection: RedisConnection): Promise<void> {
  try {
    await connection.command(["BGREWRITEAOF"]);
  } catch (error) {
    refused(error, null); // Another connection was first.
  }
}

/** `instead`, where a command is not ours to give: managed products keep their files to themselves. */
function refused<T>(error: unknown, instead: T): T {
  if (error instanceof RedisRefusal && /^(?:ERR|NOPERM)\b/.test(error.message)) return instead;
  throw error;
}
