/**
 * Halt, never guess (DESIGN P9): a record without successor state stops its shard, whoever finds it
 * says where and why, and after a restart the shard is not served while others are; nothing lifts
 * such a halt.
 *
 * The record is smuggled in by a writer that checks nothing, as a broken ingress would.
 */
import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeAccountState, encodeKey } from "../../src/protocol/commands.ts";
import { decodeExecution } from "../../src/protocol/execution.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { openShard } from "../../src/service/open-shards.ts";
import { clob } from "../cli/capture.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { onLog } from "./halted-fleet.ts";

const TICK = new Uint8Array(0);
const ROOT = join(import.meta.dir, "..", "..");

/** Appends two frames or ticks, this frame and one more tick as one pack; the frame's position. */
function smuggle(
  fleet: KillFleet,
  frame: (venue: Uint8Array) => Uint8Array,
  before: (venue: Uint8Array) => Uint8Array = () => TICK,
): Promise<number> {
  return onLog(fleet, async (log) => {
    const read = readConfig({ env: fleet.env(), flags: { data: fleet.data } });
    if (!read.ok) throw new Error("it was read a moment ago");
    const { venue } = await openShard(read.config, log);
    const writer = await log.openInputWriter();
    const { first } = await writer.append([TICK, before(venue), frame(venue), TICK]);
    return first + 2;
  });
}

/** Well formed, by the operator's key id or another, and signed by nobody. */
function badlySigned(fleet: KillFleet, key = 1): (venue: Uint8Array) => Uint8Array {
  return (venue) => {
    const kind = codes.FRAME_OPERATOR;
    const header = { kind, shard: 1, venue, account: 0, key, nonce: 1_000, expiry: 0 };
    const sign = (message: Uint8Array): Uint8Array => {
      const signature = fleet.operator.sign(message);
      signature[0]! ^= 1;
      return signature;
    };
    return signFrame(header, [encodeAccountState(1, 1)], sign);
  };
}

/** Adds the venue's second key. */
function newKey(fleet: KillFleet): (venue: Uint8Array) => Uint8Array {
  return (venue) => {
    const { publicKey } = signerFromSeed(new Uint8Array(32).fill(5));
    const directory = { kind: codes.FRAME_DIRECTORY, shard: codes.SHARD_DIRECTORY };
    const header = { ...directory, venue, account: 0, key: 1, nonce: 999, expiry: 0 };
    const command = encodeKey(codes.COMMAND_ACCOUNT_OPEN, publicKey, codes.SCOPES_TRADER, 0);
    return signFrame(header, [command], (message) => fleet.operator.sign(message));
  };
}

function malformed(): Uint8Array {
  return new Uint8Array(200).fill(0xee);
}

/** Positions that `ex` covers at rest. */
function publishedTip(fleet: KillFleet): Promise<number> {
  return onLog(fleet, async (log) => {
    const writer = await log.openExecutionWriter();
    const tip = writer.tip();
    const reader = await log.openExecutionReader();
    const records = await reader.read(tip - 1, 1 << 20, AbortSignal.timeout(5000));
    const newest = decodeExecution(records?.at(-1) ?? new Uint8Array(0));
    if (typeof newest === "string") throw new Error(newest);
    expect(newest.last).toBe(tip);
    return tip;
  });
}

test("a bad signature: settlement halts the shard, and it is not served again", async () => {
  await using fleet = await KillFleet.start({ services: "one" });
  expect(await fleet.terminate("venue")).toBe(0);
  const position = await smuggle(fleet, badlySigned(fleet));
  const sentence = `record ${position} has no successor state: its signature does not verify`;

  fleet.begin("venue");
  expect(await fleet.exitOf("venue")).toBe(1);
  expect(fleet.saidNow("venue")).toContain(`clob: ${sentence}\n`);

  await fleet.launch("venue");
  expect(await recomputed(fleet)).toContain(sentence);
  const { ingress, settlement } = fleet.address;
  const where = ["--ingress", ingress, "--settlement", settlement, "--data", fleet.data];
  const said = await clob(["admin", "clear", "--yes", ...where], fleet.env());
  expect([said.code, said.err]).toEqual([1, expect.stringContaining("shard 1 has ended")]);
  expect(await fleet.terminate("venue")).toBe(0);
}, 60_000);

/** What is wrong with the halted shard, once it was executed again. */
async function recomputed(fleet: KillFleet): Promise<string> {
  const http = new HttpClient({ settlement: fleet.address.settlement });
  let wrong: string | null = null;
  await until(async () => {
    const { shards } = await http.status();
    wrong = shards[0]?.halted?.recomputed?.wrong ?? null;
    return wrong !== null;
  }, "the shard to be executed once more");
  return wrong ?? "";
}

test("a bad signature by a key that the record before it adds halts the shard too", async () => {
  await using fleet = await KillFleet.start({ services: "one" });
  expect(await fleet.terminate("venue")).toBe(0);
  const position = await smuggle(fleet, badlySigned(fleet, 2), newKey(fleet));
  fleet.begin("venue");
  expect(await fleet.exitOf("venue")).toBe(1);
  const why = "has no successor state: its signature does not verify";
  expect(fleet.saidNow("venue")).toContain(`clob: record ${position} ${why}\n`);
}, 60_000);

test("a malformed frame: the matcher halts, and what came before is published", async () => {
  await using fleet = await KillFleet.start({ services: "three" });
  await Promise.all(fleet.parts.map((part) => fleet.terminate(part)));
  const position = await smuggle(fleet, malformed);
  for (const part of fleet.parts) fleet.begin(part);
  expect(await fleet.exitOf("matcher")).toBe(1);
  expect(fleet.saidNow("matcher")).toContain(`record ${position} has no successor state`);
  await Promise.all([fleet.kill("settlement"), fleet.kill("ingress")]);
  expect(await publishedTip(fleet)).toBe(position - 1);

  await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
  for (const part of fleet.parts) {
    expect(fleet.saidNow(part)).toContain("not served until it is cleared");
    expect(fleet.saidNow(part)).toContain(`shard 1 is halted: record ${position}`);
  }
  expect(await recomputed(fleet)).toContain(`record ${position} has no successor state`);
}, 60_000);

test.skipIf(!redisAvailable())(
  "on Redis the running services end too, and say why",
  async () => {
    await using redis = await RedisServer.start();
    await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
    // The smuggler takes the writer's slot: this ingress is fenced and ends by itself.
    const position = await smuggle(fleet, badlySigned(fleet));
    expect(await fleet.exitOf("settlement")).toBe(1);
    expect(fleet.saidNow("settlement")).toContain(`record ${position} has no successor state`);
    expect(await fleet.exitOf("ingress")).toBe(1);
    expect(fleet.saidNow("ingress")).toMatch(/another writer has taken the slot|is halted/);
    await fleet.launch("ingress");
    expect(fleet.saidNow("ingress")).toContain("not served until it is cleared");
  },
  20_000,
);

test("other shards are served, and the status names the one that is halted", async () => {
  await using made = new KillFleet({ services: "one" });
  const config = join(made.dir, "two-shards.toml");
  writeFileSync(config, twoShards());
  await using fleet = await KillFleet.start({ services: "one", config });
  expect(await fleet.terminate("venue")).toBe(0);
  const position = await smuggle(fleet, badlySigned(fleet));
  fleet.begin("venue");
  expect(await fleet.exitOf("venue")).toBe(1);

  await fleet.launch("venue");
  const http = new HttpClient({ settlement: fleet.address.settlement });
  const positions: number[] = [];
  await until(async () => {
    const { shards } = await http.status();
    const [halted, served] = shards;
    positions.push(served?.position ?? 0);
    return halted?.position === position - 1 && positions.at(-1)! > positions[0]!;
  }, "the served shard to go on, and the halted one to be read up to its halt");
  const { shards } = await http.status();
  expect(shards.map(({ shard, halted }) => [shard, halted?.position ?? null])).toEqual([
    [1, position],
    [2, null],
  ]);
  expect(shards[0]?.halted?.reason).toContain("signature does not verify");
  expect(await fleet.terminate("venue")).toBe(0);
}, 60_000);

/** The demo's config, its last two markets moved to a shard of their own. */
function twoShards(): string {
  const text = readFileSync(join(ROOT, "config.toml"), "utf8");
  return text.replace(
    'markets = "1-100"',
    'markets = "1-2"\n\n[[shard]]\nid = 2\nmarkets = "3-100"',
  );
}
