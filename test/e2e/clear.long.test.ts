/**
 * As clear.test.ts, where nobody tells the matcher: it goes on through the halt, and lifts it. And
 * a log that contradicts itself: a halt, and nothing that could lift it.
 */
import { expect, test } from "bun:test";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { cli, deposit, fencedAndCleared, halted, openAccount, TIMEOUT_MS } from "./halted-fleet.ts";

test(
  "embedded log, three processes",
  async () => {
    await using fleet = await KillFleet.start({ services: "three" });
    await fencedAndCleared(fleet);
  },
  TIMEOUT_MS,
);

test.skipIf(!redisAvailable())(
  "a log whose entries do not go on from each other halts, and is not lifted",
  async () => {
    await using redis = await RedisServer.start();
    await using fleet = await KillFleet.start({ services: "three", redis: redis.port });
    await openAccount(fleet);
    expect(await deposit(fleet)).toBe("deposited");
    await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
    // The newest entry but one, with the log time of a moment later.
    const script = `local rows = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 2)
      redis.call('XDEL', KEYS[1], rows[1][1], rows[2][1])
      redis.call('XSETID', KEYS[1], '0-1')
      for i, field in ipairs(rows[2][2]) do
        if field == 't' then rows[2][2][i + 1] = string.format('%.0f', rows[2][2][i + 1] + 1) end
      end
      for i = 2, 1, -1 do redis.call('XADD', KEYS[1], rows[i][1], unpack(rows[i][2])) end
      return rows[1][1]`;
    const newest = Buffer.from(
      (await ask(redis.port, "EVAL", script, "1", "in:{1}")) as Uint8Array,
    );
    for (const part of fleet.parts) fleet.begin(part);
    const says = async (): Promise<boolean> =>
      fleet.said("matcher").includes("does not go on from");
    await until(says, "the matcher to see it");
    expect(await fleet.exitOf("matcher")).toBe(1);
    await Promise.all(fleet.parts.map((part) => fleet.kill(part)));
    await Promise.all(fleet.parts.map((part) => fleet.launch(part)));
    const { mark, recomputed } = await halted(fleet);
    expect(mark).toContain(`entry ${newest.toString()} of in does not go on from`);
    expect(recomputed.wrong).toContain("does not go on from");
    expect((await cli(fleet, "admin", "clear", "--yes")).code).toBe(1);
  },
  TIMEOUT_MS,
);
