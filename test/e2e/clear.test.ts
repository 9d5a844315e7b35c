/**
 * A shard is halted by hand and lifted again, with real processes: what is refused meanwhile, what
 * lifts it, and what does not.
 */
import { expect, test } from "bun:test";
import { RedisConnection } from "../../src/edges/redis-connection.ts";
import { decodeExecution, EXECUTION_HEADER_SIZE } from "../../src/protocol/execution.ts";
import { REPORT_FIRST_AT } from "../../src/protocol/report.ts";
import { accessTo, hostOf } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import {
  anyFrame,
  clearFrame,
  cli,
  deposit,
  fencedAndCleared,
  halted,
  httpOf,
  openAccount,
  post,
  TIMEOUT_MS,
} from "./halted-fleet.ts";

test(
  "embedded log, one process",
  async () => {
    await using fleet = await KillFleet.start({ services: "one" });
    await fencedAndCleared(fleet, 1);
    expect(await fleet.terminate("venue")).toBe(0);
  },
  TIMEOUT_MS,
);

test.skipIf(!redisAvailable())(
  "Redis, three processes",
  async () => {
    await using redis = await RedisServer.start();
    await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
    await fencedAndCleared(fleet);
  },
  TIMEOUT_MS,
);

/** Rewrites `ex` with one number in the first report of an early record changed. */
async function forge(port: number): Promise<number> {
  const redis = await RedisConnection.open(accessTo(port), hostOf(port), "forger");
  const rows = (await redis.command(["XRANGE", "ex:{1}", "-", "+"])) as [
    Uint8Array,
    Uint8Array[],
  ][];
  const at = rows.findIndex(([, fields]) => fields[1]!.length > EXECUTION_HEADER_SIZE);
  const record = rows[at]![1][1]!.slice();
  record[EXECUTION_HEADER_SIZE + REPORT_FIRST_AT]! ^= 1;
  rows[at]![1][1] = record;
  await redis.command(["DEL", "ex:{1}"]);
  for (const [id, fields] of rows) {
    await redis.command(["XADD", "ex:{1}", Buffer.from(id).toString(), ...fields]);
  }
  redis.close();
  const execution = decodeExecution(record);
  if (typeof execution === "string") throw new Error(execution);
  return execution.last;
}

test.skipIf(!redisAvailable())(
  "a shard whose ex was forged is not lifted, not even by who signs that it is right",
  async () => {
    await using redis = await RedisServer.start();
    await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
    await openAccount(fleet);
    expect(await deposit(fleet)).toBe("deposited");
    await cli(fleet, "admin", "fence", "somebody was at the store");
    await Promise.all(fleet.parts.map((part) => fleet.exitOf(part)));
    const position = await forge(redis.port);
    await Promise.all(fleet.parts.map((part) => fleet.launch(part)));

    const { recomputed } = await halted(fleet);
    const sentence = `record ${position} has no successor state: the matcher's reports differ`;
    expect(recomputed.wrong).toContain(sentence);
    const said = await cli(fleet, "admin", "clear", "--yes");
    expect(said.code).toBe(1);
    expect(said.err).toContain("shard 1 has ended and can't be lifted");

    // The chain in the headers was left as it was: an operator may state the right one.
    const tip = (await httpOf(fleet).status()).shards[0]!;
    const frame = await clearFrame(fleet, {
      position: recomputed.position,
      chain: await chainAtTip(redis.port),
    });
    const posting = post(fleet, frame);
    await until(
      () => fleet.saidNow("matcher").includes("not lifted: this shard has ended"),
      "the matcher to refuse",
    );
    expect(tip.halted?.mark).toContain("somebody was at the store");
    expect((await halted(fleet)).mark).toBe(tip.halted!.mark);
    expect(await anyFrame(fleet)).toBe("halted");
    await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
    await posting;
  },
  TIMEOUT_MS,
);

async function chainAtTip(port: number): Promise<string> {
  const redis = await RedisConnection.open(accessTo(port), hostOf(port), "reader");
  const rows = await redis.command(["XREVRANGE", "ex:{1}", "+", "-", "COUNT", "1"]);
  redis.close();
  const [[, fields]] = rows as [[Uint8Array, Uint8Array[]]];
  const execution = decodeExecution(fields[1]!);
  if (typeof execution === "string") throw new Error(execution);
  return execution.chain.toHex();
}
