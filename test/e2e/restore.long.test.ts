/** A machine whose directory knows more than the log that was made anew elsewhere. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { ask } from "../log/redis-stand.ts";
import { KillFleet } from "../support/kill-fleet.ts";
import { PlainTrader } from "../support/plain-trader.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { checkpointAt, cli, FLAGS, MAIN, PARTS } from "../support/restore-steps.ts";

const TEST_MS = 120_000;

describe.skipIf(!redisAvailable())("a lost Redis", () => {
  test(
    "a service that knows more than the restored log does not start",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "no" });
      await using fleet = await KillFleet.start({
        services: "three",
        redis: redis.port,
        flags: FLAGS,
      });
      const trader = await PlainTrader.open(fleet);
      const { wire } = await trader.resume(1);
      const kept = (await trader.place(wire, 20)).at(-1)!;
      await checkpointAt(fleet, kept.position);
      await cli(fleet, "export", "export", join(fleet.data, "export"));
      await trader.place(wire, 20);
      expect(await fleet.terminate("matcher")).toBe(0);
      await ask(redis.port, "FLUSHALL");
      for (const part of ["settlement", "ingress"]) expect(await fleet.exitOf(part)).toBe(1);
      // As from another machine: its own directory, the same keys and the same export.
      const elsewhere = join(fleet.dir, "elsewhere");
      const places = ["--log-data-dir", elsewhere, "--venue-keys-dir", join(fleet.data, "keys")];
      const from = ["--settlement-export-dir", join(fleet.data, "export")];
      const args = [MAIN, "restore", "--shard", "1", ...places, ...from];
      expect(await fleet.run("elsewhere", args, false)).toBe(0);

      fleet.begin("matcher");
      expect(await fleet.exitOf("matcher")).toBe(1);
      expect(fleet.saidNow("matcher")).toContain("run: clob restore --shard 1");
      expect(await cli(fleet, "here", "restore", "--shard", "1")).toContain("restored before");
      await Promise.all(PARTS.map((part) => fleet.launch(part)));
      const again = await trader.resume(1);
      await trader.place(again.wire, 5);
    },
    TEST_MS,
  );
});
