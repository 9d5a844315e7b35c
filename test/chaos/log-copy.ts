/**
 * LogCopy: one shard's log as it lies in a Redis, read without any of our readers' help.
 */
import type { RedisHost } from "../../src/edges/config-address.ts";
import type { Reply } from "../../src/edges/redis-connection.ts";
import { RedisConnection } from "../../src/edges/redis-connection.ts";
import { composeRecords, readPackEntry } from "../../src/edges/redis-entries.ts";
import { readEntry, type StreamEntry } from "../../src/edges/redis-marks.ts";
import { accessTo } from "../log/redis-stand.ts";

export interface Copy {
  readonly shard: number;
  /** Position of the first record that is still there. */
  readonly from: number;
  /** Of the last one; 0 for none. */
  readonly tip: number;
  /** Records one after the other, from there on. */
  readonly records: Uint8Array;
  /** Execution records, in order. */
  readonly executions: readonly Uint8Array[];
  /** Reason, or "". */
  readonly halted: string;
  /** All of it is gone. */
  readonly isGone: boolean;
}

/** Of all these shards, one after the other. */
export async function copyLog(host: RedisHost, shards: readonly number[]): Promise<Copy[]> {
  const access = { ...accessTo(host.port), commandTimeoutMs: 10_000 };
  const connection = await RedisConnection.open(access, host, "copy");
  try {
    const copies: Copy[] = [];
    for (const shard of shards) copies.push(await copyShard(connection, shard));
    return copies;
  } finally {
    connection.close();
  }
}

async function copyShard(connection: RedisConnection, shard: number): Promise<Copy> {
  // `ex` first: it never covers what is not yet in `in`.
  const executions = await entries(connection, `ex:{${shard}}`);
  const packs = await entries(connection, `in:{${shard}}`);
  const halted = await connection.command(["HGET", `ctl:{${shard}}`, "halted"]);
  const isGone = (await connection.command(["EXISTS", `ctl:{${shard}}`])) === 0;
  const all = packs.map(packOf);
  const [first] = packs;
  const from = first === undefined ? 1 : first.last - all[0]!.count + 1;
  return {
    shard,
    from,
    tip: packs.at(-1)?.last ?? 0,
    records: composeRecords(shard, all, { first: from, skip: 0 }),
    executions: executions.map(({ fields }) => fields.get("d") ?? new Uint8Array(0)),
    halted: halted instanceof Uint8Array ? Buffer.from(halted).toString() : "",
    isGone,
  };
}

function packOf({ fields, last }: StreamEntry) {
  const text = (name: string): string => Buffer.from(fields.get(name) ?? []).toString();
  const pack = readPackEntry(fields.get("d"), [text("t"), text("b")], text("s"));
  if (typeof pack === "string") throw new Error(`entry ${last} of in: ${pack}`);
  return pack;
}

async function entries(connection: RedisConnection, key: string): Promise<StreamEntry[]> {
  const reply: Reply = await connection.command(["XRANGE", key, "-", "+"]);
  return Array.isArray(reply) ? reply.map((entry: Reply) => readEntry(entry)) : [];
}
