/**
 * Public order flows over TCP through a venue on Redis, in one process and in three.
 */
import { describe, expect, test } from "bun:test";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { CASES, replayFile, SOME_FLOWS } from "../support/replay-files.ts";
import { VenueProcess } from "../support/venue-process.ts";

const isHere = redisAvailable() && CASES.length > 0;

describe.skipIf(!isHere)("redis", () => {
  test.each(["one", "three"] as const)(
    "%s process(es)",
    async (services) => {
      await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
      await using venue = await VenueProcess.start({ redis: redis.port, services });
      for (const file of [...CASES.slice(0, 3), SOME_FLOWS[0]!]) {
        const { found, wanted } = await replayFile(venue, file, { batch: 8 });
        expect({ file, found }).toEqual({ file, found: String(wanted) });
      }
    },
    60_000,
  );
});
