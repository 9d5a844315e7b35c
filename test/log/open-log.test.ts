/** Which log a configuration opens, and which levels are refused because nobody could keep them. */
import { describe, expect, test } from "bun:test";
import type { Config, Durability, LogConfig, RedisConfig } from "../../src/edges/config.ts";
import { LogFault } from "../../src/edges/log.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { SHARD } from "./records.ts";
import { accessTo, ask, hostOf, replicaOf } from "./redis-stand.ts";

function configOf(log: Partial<LogConfig>, redis: Partial<RedisConfig> | null): Config {
  const waits = { replicas: 0, primaryNeverRestartsEmpty: false };
  const base = {
    ...waits,
    dataDir: "./nowhere",
    segmentBytesMax: 65_536,
    clockDifferenceMsMax: 5000,
  };
  const access = { ...accessTo(1), hosts: [], caFile: null, unreachableMsMax: 300 };
  return {
    log: { ...base, durability: "auto", ...log },
    redis: redis === null ? null : { ...access, ...redis },
    ingress: { slot: "1" },
    matcher: { leaseMs: 1000 },
    settlement: { leaseMs: 1000 },
  } as unknown as Config;
}

test("embedded gives D2 and says so; nothing is made by opening", async () => {
  for (const durability of ["auto", "D0", "D1", "D2"] as const) {
    const log = await openLog(configOf({ kind: "embedded", durability }, null), SHARD);
    expect([log.shard, log.describe]).toEqual([SHARD, "embedded, D2, data ./nowhere"]);
    expect(await log.genesis()).toBeNull();
  }
  const replicated = openLog(configOf({ kind: "embedded", durability: "D3" }, null), SHARD);
  await expect(replicated).rejects.toThrow("asks for D3, and the embedded log gives D2");
});

test("Redis without an address is refused with a sentence", async () => {
  const nowhere = openLog(configOf({ kind: "redis" }, null), SHARD);
  await expect(nowhere).rejects.toThrow("redis.address is not set");
  await expect(nowhere).rejects.toBeInstanceOf(LogFault);
});

test("a Redis that cannot be reached is said to be so after the limit", async () => {
  const hosts = [{ host: "127.0.0.1", port: 1 }];
  const refused = openLog(configOf({ kind: "redis" }, { hosts }), SHARD);
  await expect(refused).rejects.toThrow(/^redis 127\.0\.0\.1:1: probe: .*\(for 300 ms\)$/);
  await expect(refused).rejects.toHaveProperty("name", "Unreachable");
});

describe.skipIf(!redisAvailable())("with a real Redis", () => {
  test("a level above what it gives is refused", async () => {
    await using server = await RedisServer.start();
    const outcomes: string[] = [];
    for (const durability of ["auto", "D0", "D1", "D2"] satisfies Durability[]) {
      outcomes.push(await outcomeOf(server.port, { durability }));
    }
    for (const durability of ["auto", "D2", "D3"] satisfies Durability[]) {
      outcomes.push(await outcomeOf(server.port, { durability, replicas: 1 }));
    }
    const gives = "and this Redis gives D0 (no append-only file)";
    expect(outcomes).toEqual([
      "D0",
      "D0",
      `LogFault: log.durability asks for D1, ${gives}`,
      `LogFault: log.durability asks for D2, ${gives}`,
      "LogFault: D3 asks for 1 replicas that have caught up, and this Redis has 0",
      "LogFault: log.replicas is 1, and only Redis at D3 waits for replicas",
      "LogFault: D3 asks for 1 replicas that have caught up, and this Redis has 0",
    ]);
  });

  test("D3 needs its replicas, and persistence or the operator's word", async () => {
    await using server = await RedisServer.start();
    await using replica = await replicaOf(server);
    const two = await outcomeOf(server.port, { durability: "D3", replicas: 2 });
    expect(two).toContain("D3 asks for 2 replicas that have caught up, and this Redis has 1");
    const empty = await outcomeOf(server.port, { durability: "D3", replicas: 1 });
    expect(empty).toContain("restarted empty, it wipes its replicas; log.primary_never_restarts");
    const word = { primaryNeverRestartsEmpty: true };
    expect(await outcomeOf(server.port, { durability: "D3", replicas: 1, ...word })).toBe("D3");
    await ask(server.port, "CONFIG", "SET", "appendonly", "yes");
    expect(await outcomeOf(server.port, { durability: "D3", replicas: 1 })).toBe("D3");
    const log = await openLog(configOf({ kind: "redis" }, { hosts: [hostOf(server.port)] }), SHARD);
    expect(log.describe).toMatch(/, D1 everysec, version [0-9.]+, 1 replica, no maxmemory$/);
    await log.close();
    const declared = configOf({ kind: "redis", ...word }, { hosts: [hostOf(server.port)] });
    const told = await openLog(declared, SHARD);
    expect(told.describe).toEndWith(", declared: log.primary_never_restarts_empty");
    await told.close();
    expect(replica.port).not.toBe(server.port);
  });

  test("one that may throw the log away is refused", async () => {
    await using server = await RedisServer.start({
      maxmemory: "64mb",
      "maxmemory-policy": "allkeys-lru",
    });
    const outcome = await outcomeOf(server.port, {});
    expect(outcome).toContain("throws the log away when memory runs out (allkeys-lru)");
    await ask(server.port, "CONFIG", "SET", "maxmemory-policy", "volatile-lru");
    expect(await outcomeOf(server.port, {})).toBe("D0");
  });
});

/** The level that is given, or the refusal. */
async function outcomeOf(port: number, log: Partial<LogConfig>): Promise<string> {
  try {
    const opened = await openLog(configOf({ kind: "redis", ...log }, { hosts: [hostOf(port)] }), 7);
    await opened.close();
    return /, (D\d) /.exec(opened.describe)?.[1] ?? opened.describe;
  } catch (error) {
    return String(error);
  }
}
