/** Which log a configuration opens, and which levels are refused because nobody could keep them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Config, Durability, LogConfig, RedisConfig } from "../../src/edges/config.ts";
import { LogFault } from "../../src/edges/log.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { SHARD } from "./records.ts";
import { accessTo } from "./redis-stand.ts";

function configOf(log: Partial<LogConfig>, redis: Partial<RedisConfig> | null): Config {
  const base = { dataDir: "./nowhere", segmentBytesMax: 65_536, clockDifferenceMsMax: 5000 };
  const access = { ...accessTo(1), hosts: [], caFile: null, unreachableMsMax: 300 };
  return {
    log: { ...base, durability: "auto", ...log },
    redis: redis === null ? null : { ...access, ...redis },
  } as unknown as Config;
}

test("embedded gives D2 and says so; nothing is made by opening", async () => {
  for (const durability of ["auto", "D0", "D1", "D2"] as const) {
    const log = await openLog(configOf({ kind: "embedded", durability }, null), SHARD);
    expect([log.shard, log.describe]).toEqual([SHARD, "embedded, D2, data ./nowhere"]);
    expect(await log.genesis()).toBeNull();
  }
  const replicated = openLog(configOf({ kind: "embedded", durability: "D3" }, null), SHARD);
  await expect(replicated).rejects.toThrow("D3 is not supported yet");
});

test("Redis without an address, or with several nodes, is refused with a sentence", async () => {
  const hosts = [1, 2].map((port) => ({ host: "127.0.0.1", port }));
  const cluster = openLog(configOf({ kind: "redis" }, { hosts }), SHARD);
  await expect(cluster).rejects.toThrow("Cluster is not supported yet");
  await expect(cluster).rejects.toBeInstanceOf(LogFault);
  const nowhere = openLog(configOf({ kind: "redis" }, null), SHARD);
  await expect(nowhere).rejects.toThrow("redis.address is not set");
});

test("a Redis that cannot be reached is said to be so after the limit", async () => {
  const hosts = [{ host: "127.0.0.1", port: 1 }];
  const refused = openLog(configOf({ kind: "redis" }, { hosts }), SHARD);
  await expect(refused).rejects.toThrow(/^redis 127\.0\.0\.1:1: probe: .*\(for 300 ms\)$/);
  await expect(refused).rejects.toHaveProperty("name", "Unreachable");
});

describe.skipIf(!redisAvailable())("with a Redis that keeps nothing", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  test("a level above what it gives is refused", async () => {
    const hosts = [{ host: "127.0.0.1", port: server.port }];
    const outcomes: string[] = [];
    for (const durability of ["auto", "D0", "D1", "D2", "D3"] satisfies Durability[]) {
      const opening = openLog(configOf({ kind: "redis", durability }, { hosts }), SHARD);
      const outcome = await opening.then(
        async (log) => {
          await log.close();
          return "open";
        },
        (error: unknown) => String(error),
      );
      outcomes.push(outcome);
    }
    const gives = "and this Redis gives D0 (no append-only file)";
    expect(outcomes).toEqual([
      "open",
      "open",
      `LogFault: log.durability asks for D1, ${gives}`,
      `LogFault: log.durability asks for D2, ${gives}`,
      "LogFault: log.durability D3 is not supported yet",
    ]);
  });
});
