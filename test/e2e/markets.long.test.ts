/**
 * Ten shards in one matcher, on Redis: funds by the carrier, random orders on all markets, the
 * verdict of both engines, a restart. With 21,000 markets: markets-21000.long.test.ts.
 */
import { test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkMarketStory } from "../support/market-checks.ts";
import { tellMarketStory } from "../support/market-story.ts";
import { smallerConfig } from "../support/market-venue.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";

const PER_SHARD = 30;
const TERMS = { seed: 7, commandsPerShard: 320, batch: 32, window: 4 };

test.skipIf(!redisAvailable())(
  "ten shards with a few markets each take random orders, and verify",
  async () => {
    const dir = mkdtempSync(join(tmpdir(), "clob-markets-"));
    const config = join(dir, "config.toml");
    writeFileSync(config, smallerConfig(PER_SHARD));
    await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
    const story = await tellMarketStory(redis, { ...TERMS, config });
    rmSync(dir, { recursive: true });
    checkMarketStory(story, 10 * PER_SHARD, TERMS);
  },
  { timeout: 120_000 },
);
