/**
 * 21,000 markets on ten shards, as deploy/markets-21000.toml has them, each with an order at least.
 * The recorded run is docs/runs/markets-21000.json, by bench/markets-run.ts.
 */
import { expect, test } from "bun:test";
import { checkMarketStory } from "../support/market-checks.ts";
import { tellMarketStory } from "../support/market-story.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";

const MARKETS = 21_000;
const TERMS = { seed: 3, commandsPerShard: 3200, batch: 64, window: 8 };
/** Of a process with all of them beside the same with a few; the goal of the design. */
const MEMORY_MB_MAX = 100;

test.skipIf(!redisAvailable())(
  "21,000 markets on ten shards take random orders on all of them, and verify",
  async () => {
    await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
    const story = await tellMarketStory(redis, TERMS);
    checkMarketStory(story, MARKETS, TERMS);
    // A bare process of Bun with our code is above 50 MB.
    expect(story.memory.empty["matcher"]?.rss_mb).toBeLessThan(50 + MEMORY_MB_MAX);
  },
  { timeout: 600_000 },
);
