/**
 * A record that the rules have no answer for, on a venue of real processes: they halt, another
 * build is rolled out, an operator's Upgrade cures the record and a Clear lifts the halt, with a
 * `kill -9` of everything between the two.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { OperatorClient } from "../../src/client/operator.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { FRAME_TRADER, SCOPES_TRADER } from "../../src/protocol/codes.ts";
import { encodeWithdraw } from "../../src/protocol/commands.ts";
import { signFrame } from "../../src/protocol/frame.ts";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { MAIN } from "../support/restore-steps.ts";
import { POISON } from "../upgrade/second-rules.ts";
import { deposit, halted, httpOf, post } from "./halted-fleet.ts";

const TEST_MS = 180_000;
const FIRST = ["--preload", join(import.meta.dir, "..", "upgrade", "first-build.ts")];
const SECOND = ["--preload", join(import.meta.dir, "..", "upgrade", "second-build.ts")];
const USD = 1;
const TRADER = signerFromSeed(new Uint8Array(32).fill(9));

const textOf = (reply: unknown): string => Buffer.from(reply as Uint8Array).toString();
let runs = 0;

/** The command as a process of this build. */
async function clob(fleet: KillFleet, ...words: string[]): Promise<{ code: number; said: string }> {
  const { ingress, settlement } = fleet.address;
  const name = `clob-${++runs}`;
  const where = ["--ingress", ingress, "--settlement", settlement];
  const isOfVenue = words[0] !== "verify";
  const args = [MAIN, ...words, ...(isOfVenue ? where : [])];
  return { code: await fleet.run(name, args, isOfVenue), said: fleet.said(name) };
}

/** The trader's account and key, with money. */
async function openTrader(fleet: KillFleet): Promise<{ account: number; key: number }> {
  await until(async () => {
    const status = await httpOf(fleet).status();
    return (status.shards[0]?.position ?? 0) > 0;
  }, "settlement to have begun");
  const operator = new OperatorClient(httpOf(fleet), fleet.operator);
  const own = await operator.openAccount(TRADER.publicKey, { scopes: SCOPES_TRADER });
  await operator.deposit({ asset: USD, account: own.account, amount: 5000, reference: 1 });
  return own;
}

async function withdraw(
  fleet: KillFleet,
  who: { account: number; key: number },
  [nonce, amount]: [number, number],
): Promise<string> {
  const venue = Uint8Array.fromHex((await httpOf(fleet).status()).venue);
  const header = { kind: FRAME_TRADER, shard: 1, venue, ...who, nonce, expiry: 0 };
  const command = encodeWithdraw(USD, amount, new Uint8Array(32));
  return post(
    fleet,
    signFrame(header, [command], (message) => TRADER.sign(message)),
  );
}

async function ended(fleet: KillFleet): Promise<void> {
  for (const part of fleet.parts) expect(await fleet.exitOf(part)).toBe(1);
}

async function launch(fleet: KillFleet): Promise<void> {
  await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
}

async function killAll(fleet: KillFleet): Promise<void> {
  await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
}

/** Halts the shard by a withdrawal that its rules have no answer for; the record's position. */
async function poisoned(fleet: KillFleet, who: { account: number; key: number }): Promise<number> {
  expect(await withdraw(fleet, who, [1, 10])).toBe("withdrawn");
  const poison = withdraw(fleet, who, [2, POISON]);
  const [culprit] = fleet.parts;
  expect(await fleet.exitOf(culprit!)).toBe(1);
  // On an embedded log nobody tells the others.
  for (const part of fleet.parts) if (fleet.env()["CLOB_LOG"] !== "redis") await fleet.kill(part);
  if (fleet.env()["CLOB_LOG"] === "redis") await ended(fleet);
  await poison;
  await launch(fleet);
  const { recomputed } = await halted(fleet);
  expect(recomputed.wrong).toContain("its frame: amount is zero or not below 2^53");
  return recomputed.poison;
}

async function cured(fleet: KillFleet, handWritten: (rules: string) => Promise<void>) {
  const who = await openTrader(fleet);
  const p = await poisoned(fleet, who);
  const upgrade = ["admin", "upgrade", "--rules", "2", "--from"];

  const refused = await clob(fleet, "admin", "clear", "--yes");
  expect([refused.code, refused.said]).toEqual([
    1,
    expect.stringContaining("can't be lifted as it is"),
  ]);
  expect(refused.said).toContain(`admin upgrade --rules N --from ${p}`);
  const early = await clob(fleet, ...upgrade, `${p}`);
  expect([early.code, early.said]).toEqual([1, expect.stringContaining("knows rules 1, not 2")]);

  await killAll(fleet);
  fleet.build = SECOND;
  await handWritten(`2@${p}`);
  await launch(fleet);
  // What stands beside the records cures nothing.
  expect((await halted(fleet)).recomputed.poison).toBe(p);
  await handWritten("");
  const wrong = await clob(fleet, ...upgrade, `${p + 1}`);
  expect([wrong.code, wrong.said]).toEqual([1, expect.stringContaining(`and that is ${p}`)]);
  const plan = await clob(fleet, ...upgrade, `${p}`);
  expect([plan.code, plan.said]).toEqual([0, expect.stringContaining("nothing was changed")]);
  expect((await halted(fleet)).recomputed.poison).toBe(p);
  const done = await clob(fleet, ...upgrade, `${p}`, "--yes");
  expect([done.code, done.said]).toEqual([0, expect.stringContaining(`record ${p} is cured`)]);
  expect(await deposit(fleet)).toBe("halted");

  await killAll(fleet);
  await launch(fleet);
  const { recomputed } = await halted(fleet);
  expect([recomputed.wrong, recomputed.rules]).toEqual(["", { version: 2, from: p }]);
  const cleared = await clob(fleet, "admin", "clear", "--yes");
  expect([cleared.code, cleared.said]).toEqual([0, expect.stringContaining("goes on")]);
  // Nothing of it was lost, and version 2 governs: of all that is free it is refused.
  await until(async () => (await withdraw(fleet, who, [3, 5])) === "withdrawn", "it to go on");
  return { who, p };
}

async function expectTrue(fleet: KillFleet, dir: string): Promise<void> {
  const tip = (await httpOf(fleet).status()).shards[0]?.position ?? 0;
  await until(async () => {
    const { shards } = await httpOf(fleet).status();
    return (shards[0]?.checkpoint?.position ?? 0) >= tip;
  }, "a checkpoint of all that was done");
  const exported = await clob(fleet, "export", dir);
  expect([exported.code, exported.said]).toEqual([0, expect.any(String)]);
  for (const engine of ["fast", "naive"]) {
    const verdict = await clob(fleet, "verify", dir, "--engine", engine);
    expect([engine, verdict.code, verdict.said]).toEqual([
      engine,
      0,
      expect.stringMatching(/^yes/),
    ]);
  }
}

test(
  "embedded log, one process",
  async () => {
    await using fleet = new KillFleet({ services: "one" });
    fleet.build = FIRST;
    await launch(fleet);
    const { who } = await cured(fleet, async () => undefined);
    await expectTrue(fleet, join(fleet.dir, "out"));
    expect(await fleet.terminate("venue")).toBe(0);
    await fleet.launch("venue");
    expect(await withdraw(fleet, who, [4, 5])).toBe("withdrawn");
    await killAll(fleet);
    fleet.build = FIRST;
    fleet.begin("venue");
    expect(await fleet.exitOf("venue")).toBe(1);
    expect(fleet.saidNow("venue")).toContain("and this build knows 1");
  },
  TEST_MS,
);

test.skipIf(!redisAvailable())(
  "Redis, three processes; then it is lost, and made anew from the export",
  async () => {
    await using redis = await RedisServer.start({ appendonly: "no" });
    await using fleet = new KillFleet({ services: "three", redis: redis.port });
    fleet.build = FIRST;
    await fleet.init();
    await launch(fleet);
    const { who, p } = await cured(fleet, async (rules) => {
      const call =
        rules === "" ? ["HDEL", "ctl:{1}", "rules"] : ["HSET", "ctl:{1}", "rules", rules];
      await ask(redis.port, ...call);
    });
    await expectTrue(fleet, join(fleet.dir, "out"));
    const kept = async () => textOf(await ask(redis.port, "HGET", "ctl:{1}", "rules"));
    expect(await kept()).toBe(`2@${p}`);

    const before = (await httpOf(fleet).status()).shards[0]?.position ?? 0;
    await until(async () => {
      const { shards } = await httpOf(fleet).status();
      return (shards[0]?.export?.archived_position ?? 0) >= before;
    }, "all of it to be archived");
    await ask(redis.port, "FLUSHALL");
    await ended(fleet);
    const restored = await clob(fleet, "restore", "--shard", "1");
    expect([restored.code, restored.said]).toEqual([0, expect.any(String)]);
    expect(await kept()).toBe(`2@${p}`);
    await launch(fleet);
    expect(await withdraw(fleet, who, [9, 5])).toBe("withdrawn");
  },
  TEST_MS,
);
