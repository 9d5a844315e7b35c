/**
 * Redis is lost whole (FLUSHALL): everybody ends, the log is made anew from the export, who knows
 * more than it holds does not start, and the venue goes on as the same one.
 */
import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ask } from "../log/redis-stand.ts";
import { KillFleet } from "../support/kill-fleet.ts";
import { PlainTrader } from "../support/plain-trader.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { checkpointAt, cli, FLAGS, MAIN, PARTS } from "../support/restore-steps.ts";

const TEST_MS = 120_000;

describe.skipIf(!redisAvailable())("a lost Redis", () => {
  test(
    "is made anew from the export, and says what is lost",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "no" });
      await using fleet = await KillFleet.start({
        services: "three",
        redis: redis.port,
        flags: FLAGS,
      });
      const out = join(fleet.data, "export");
      const trader = await PlainTrader.open(fleet);
      const before = await trader.resume(1);
      const kept = (await trader.place(before.wire, 200)).at(-1)!;
      await checkpointAt(fleet, kept.position);
      await cli(fleet, "export", "export", out);
      const lost = (await trader.place(before.wire, 50)).at(-1)!;
      await checkpointAt(fleet, lost.position);
      // A snapshot of what will be lost lies in its directory.
      expect(await fleet.terminate("matcher")).toBe(0);
      await fleet.launch("matcher");

      await ask(redis.port, "FLUSHALL");
      for (const part of PARTS) expect(await fleet.exitOf(part)).toBe(1);
      for (const part of PARTS) {
        fleet.begin(part);
        expect(await fleet.exitOf(part)).toBe(1);
        expect(fleet.saidNow(part)).toContain("has no genesis");
      }

      const said = await cli(fleet, "restore", "restore", "--shard", "1", "--output", "json");
      const { position, generation, made } = JSON.parse(said);
      expect(made).toBe(true);
      expect(position).toBeGreaterThanOrEqual(kept.position);
      expect(position).toBeLessThan(lost.position);
      const aside = join(fleet.data, "shard-1", `lost-${generation}`);
      expect(existsSync(join(aside, "snapshots"))).toBe(true);
      for (const name of ["commitments", "in.note", "state.note"]) {
        expect([name, existsSync(join(aside, "settlement", name))]).toEqual([name, true]);
      }
      // A head over lost records would vouch for those that take their places.
      expect(existsSync(join(fleet.data, "shard-1", "settlement", "state.note"))).toBe(false);

      await Promise.all(PARTS.map((part) => fleet.launch(part)));
      const after = await trader.resume(1);
      expect(after.numbers).toEqual(after.numbers.map((_, i) => i + 1));
      expect(after.numbers.length).toBeGreaterThan(200);
      const newest = (await trader.place(after.wire, 30)).at(-1)!;
      expect(newest.position).toBeGreaterThan(position);
      await checkpointAt(fleet, newest.position);
      // The old place goes on, unless a step of the continuous export has made roots of what is
      // lost public there: then it is left as it is.
      const isTaken = (await fleet.run("again", [MAIN, "export", out])) !== 0;
      if (isTaken) expect(fleet.said("again")).toContain("another export lies here");
      else expect(await fleet.run("verify", [MAIN, "verify", out], false)).toBe(0);
      // Where the old place holds more than was restored, a new one begins with all of it.
      const anew = join(fleet.dir, "anew");
      await cli(fleet, "anew", "export", anew);
      expect(await fleet.run("verify anew", [MAIN, "verify", anew], false)).toBe(0);
    },
    TEST_MS,
  );
});
