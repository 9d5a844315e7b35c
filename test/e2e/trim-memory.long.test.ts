/**
 * A small Redis that runs full: new orders are refused, the log is exported and lets go, memory
 * falls, and orders are taken again. Nothing but memory makes it let go here.
 */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { HttpClient } from "../../src/client/http.ts";
import { ask } from "../log/redis-stand.ts";
import { KillFleet, until } from "../support/kill-fleet.ts";
import { PlainTrader } from "../support/plain-trader.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { FLAGS } from "../support/restore-steps.ts";

const TEST_MS = 120_000;
const BURST = 500;
const LIMITED = { maxmemory: "10mb", "maxmemory-policy": "noeviction" };

async function usedPercent(port: number): Promise<number> {
  const info = String(await ask(port, "INFO", "memory"));
  const number = (name: string): number => Number(new RegExp(`${name}:(\\d+)`).exec(info)?.[1]);
  return (100 * number("used_memory")) / number("maxmemory");
}

describe.skipIf(!redisAvailable())("memory of the log", () => {
  test(
    "runs full, falls by trimming, and orders are taken again",
    async () => {
      await using redis = await RedisServer.start(LIMITED);
      // On a slow machine the export would keep up, and the log let go before it was full.
      await using fleet = await KillFleet.start({
        services: "three",
        redis: redis.port,
        flags: FLAGS,
      });
      const trader = await PlainTrader.open(fleet);
      const { wire } = await trader.resume(0);
      let refused = 0;
      let taken = 0;
      while (refused === 0) {
        refused = await trader.press(wire, BURST);
        taken += BURST - refused;
      }
      const full = await usedPercent(redis.port);
      expect(full).toBeGreaterThan(60);
      const http = new HttpClient({ settlement: fleet.address.settlement });
      const isCovered = async (): Promise<boolean> => {
        const [shard] = (await http.status()).shards;
        return (shard?.checkpoint?.position ?? 0) >= taken;
      };
      await until(isCovered, "a checkpoint over all of it");
      const out = join(fleet.data, "export");
      expect(await fleet.run("export", ["src/cli/main.ts", "export", out])).toBe(0);
      await until(async () => (await usedPercent(redis.port)) < full / 2, "memory to fall");
      await until(async () => (await trader.press(wire, 1)) === 0, "an order to be taken");
      await trader.place(wire, 10);
    },
    TEST_MS,
  );
});
