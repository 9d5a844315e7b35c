/**
 * A log has lost what was shown, and is lifted all the same: state that services have kept of what
 * is lost is put aside, neither gone on with nor a reason to halt again, whoever missed it all
 * included.
 */
import { expect, test } from "bun:test";
import { cpSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import {
  cli,
  deposit,
  expectVerified,
  halted,
  httpOf,
  onLog,
  openAccount,
  TIMEOUT_MS,
} from "./halted-fleet.ts";

const TICK = new Uint8Array(0);

/** Three records of one time, so that no commitment covers any of them; the last one's position. */
async function addPack(fleet: KillFleet): Promise<number> {
  const { last } = await onLog(fleet, async (log) => {
    const writer = await log.openInputWriter();
    return writer.append([TICK, TICK, TICK]);
  });
  await until(async () => (await position(fleet)) === last, "settlement to have it too");
  return last;
}

/** The newest pack of `in`, and its reports; the position behind which all is lost. */
async function loseNewest(port: number): Promise<number> {
  const script = `
    local tip = redis.call('HGET', KEYS[3], 'in_tip')
    local before
    for i = 1, 2 do
      redis.call('XDEL', KEYS[i], '0-' .. tip)
      local row = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
      redis.call('XSETID', KEYS[i], row[1])
      if i == 1 then before = row end
    end
    local last = string.sub(before[1], 3)
    redis.call('DEL', KEYS[4])
    redis.call('HSET', KEYS[3], 'in_tip', last, 'ex_tip', last, 'durable', last,
      'log_time', before[2][4])
    return tonumber(last)`;
  const keys = ["in:{1}", "ex:{1}", "ctl:{1}", "dur:{1}"];
  return Number(await ask(port, "EVAL", script, "4", ...keys));
}

function snapshotsOf(fleet: KillFleet, sub: string): string[] {
  return readdirSync(join(fleet.data, "shard-1", sub)).filter((name) => name.includes(".snap"));
}

/** A settlement of a halted shard that has no state of its own, neither in files nor in memory. */
async function knowsWithoutSnapshot(fleet: KillFleet): Promise<void> {
  await fleet.kill("settlement");
  const files = join(fleet.data, "shard-1", "settlement", "snapshots");
  renameSync(files, `${files}-away`);
  await fleet.launch("settlement");
  await halted(fleet);
  const [shard] = (await httpOf(fleet).status()).shards;
  expect([shard?.accounts, shard?.directory]).toEqual([1, 1]);
  expect(await deposit(fleet)).toBe("halted");
  await fleet.kill("settlement");
  rmSync(files, { recursive: true });
  renameSync(`${files}-away`, files);
  await fleet.launch("settlement");
  await halted(fleet);
}

async function position(fleet: KillFleet): Promise<number> {
  return (await httpOf(fleet).status()).shards[0]?.position ?? 0;
}

test.skipIf(!redisAvailable())(
  "what services have kept of lost positions halts nobody, once the halt is lifted",
  async () => {
    await using redis = await RedisServer.start();
    await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
    await openAccount(fleet);
    expect(await deposit(fleet)).toBe("deposited");
    await fleet.terminate("ingress");
    const lost = await addPack(fleet);
    for (const part of ["matcher", "settlement"] as const) await fleet.terminate(part);
    const left = await loseNewest(redis.port);
    expect(left).toBe(lost - 3);
    const file = `${String(lost).padStart(20, "0")}.snap`;
    expect(snapshotsOf(fleet, "snapshots")).toContain(`matcher-${file}`);
    expect(snapshotsOf(fleet, "settlement/snapshots")).toContain(`settlement-${file}`);
    // Of a matcher that is away until all is over.
    const kept = join(fleet.dir, "kept");
    cpSync(join(fleet.data, "shard-1", "snapshots"), kept, { recursive: true });

    for (const part of fleet.parts) fleet.begin(part);
    await fleet.exitOf("matcher");
    expect(fleet.saidNow("matcher")).toContain(`in ends at ${left}, and reports up to ${lost}`);
    await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
    await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
    const { recomputed } = await halted(fleet);
    await knowsWithoutSnapshot(fleet);
    expect([recomputed.wrong, recomputed.position]).toEqual(["", left]);
    expect(await position(fleet)).toBe(left);
    const cleared = await cli(fleet, "admin", "clear", "--yes");
    expect([cleared.out, cleared.code]).toEqual(["shard 1 is lifted, and goes on\n", 0]);
    await until(async () => (await deposit(fleet)) === "deposited", "the shard to go on");
    await until(async () => (await position(fleet)) > lost + 1, "others to take the places");
    const aside = expect.stringContaining(`${file}.lost-`);
    expect(snapshotsOf(fleet, "snapshots")).toContainEqual(aside);
    expect(snapshotsOf(fleet, "settlement/snapshots")).toContainEqual(aside);

    await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
    rmSync(join(fleet.data, "shard-1", "snapshots"), { recursive: true });
    cpSync(kept, join(fleet.data, "shard-1", "snapshots"), { recursive: true });
    await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
    expect(fleet.saidNow("matcher")).toContain("snapshot put aside");
    await until(async () => (await deposit(fleet)) === "deposited", "the shard to be served");
    expect((await httpOf(fleet).status()).shards[0]?.halted).toBeNull();
    await expectVerified(fleet, "export");
  },
  TIMEOUT_MS,
);
