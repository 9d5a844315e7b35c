/** A matcher on Redis without its data begins with a snapshot of the export; see the story. */
import { describe, test } from "bun:test";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { storedSnapshotStory } from "../support/stored-snapshot-story.ts";

const TEST_MS = 120_000;

describe.skipIf(!redisAvailable())("on Redis", () => {
  test(
    "a matcher without its data begins with the snapshot in the export",
    async () => {
      await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "no" });
      await storedSnapshotStory({ redis: redis.port });
    },
    TEST_MS,
  );
});
