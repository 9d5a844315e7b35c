/**
 * Every public flow over TCP, on both logs, in one process and in three.
 */
import { describe, expect, test } from "bun:test";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { CASES, FLOWS, LARGE_FLOWS, replayFile } from "../support/replay-files.ts";
import { VenueProcess } from "../support/venue-process.ts";

const FILES = [...CASES, ...FLOWS, ...LARGE_FLOWS];
/** Ten minutes for a venue and some 2.4 M orders. */
const MS_MAX = 600_000;

describe.skipIf(FILES.length === 0)("every flow", () => {
  const embedded = async (services: "one" | "three"): Promise<void> => {
    await using venue = await VenueProcess.start({ services });
    await replayAll(venue);
  };
  test("embedded, one process", () => embedded("one"), MS_MAX);
  test("embedded, three processes", () => embedded("three"), MS_MAX);
});

describe.skipIf(FILES.length === 0 || !redisAvailable())("every flow", () => {
  const redis = async (services: "one" | "three"): Promise<void> => {
    await using server = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
    await using venue = await VenueProcess.start({ redis: server.port, services });
    await replayAll(venue);
  };
  test("redis, one process", () => redis("one"), MS_MAX);
  test("redis, three processes", () => redis("three"), MS_MAX);
});

async function replayAll(venue: VenueProcess): Promise<void> {
  for (const file of FILES) {
    const { found, wanted } = await replayFile(venue, file);
    expect({ file, found }).toEqual({ file, found: String(wanted) });
  }
}
