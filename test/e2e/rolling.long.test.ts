/**
 * Every process of a venue on Redis is restarted under load, one after the other, to another build:
 * each order is done once, none is refused, and what a trader waits has a bound.
 */
import { describe, expect, test } from "bun:test";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { ROLL_PARTS, rollStory } from "../support/roll-story.ts";

/** On a machine with eight test runs beside it; docs/runs/rolling.json has what it is when calm. */
const PAUSE_MS_MAX = 15_000;

describe.skipIf(!redisAvailable())("a rolling restart", () => {
  test("loses no order, does none twice and refuses none", async () => {
    await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
    const { rolls, load, exits, audit } = await rollStory(redis.port, 1);
    expect(load).toMatchObject({ rejected: 0, gaps: 0, faults: [] });
    expect(rolls.map(({ part }) => part)).toEqual([...ROLL_PARTS]);
    expect(load.filled).toBeGreaterThan(0);
    expect(load.connections_lost).toBeGreaterThan(0);
    expect(Math.max(...rolls.map((roll) => roll.longest_order_ms))).toBeLessThan(PAUSE_MS_MAX);
    expect(exits).toEqual(ROLL_PARTS.map(() => 0));
    expect(audit.verdict).toMatchObject({ ok: true, isPinned: true });
    expect(audit.settlement.roots).toBe(audit.settlement.recomputed);
  }, 120_000);
});
