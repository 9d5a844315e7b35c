/** Entries of Redis go, and everybody starts again: see trim-story.ts. */
import { describe, test } from "bun:test";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { trimStory } from "../support/trim-story.ts";

const TEST_MS = 120_000;

describe.skipIf(!redisAvailable())("on Redis", () => {
  test(
    "entries go, and everybody starts again",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "no" });
      await trimStory({ redis: redis.port });
    },
    TEST_MS,
  );
});
