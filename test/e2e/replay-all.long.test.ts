/**
 * Every public flow over TCP, on both logs, in one process and in three. Cases and flows of 20,000
 * as signed singles of two accounts, the large ones in batches of 64 by one.
 */
import { describe, expect, test } from "bun:test";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { CASES, FLOWS, LARGE_FLOWS, replayFile } from "../support/replay-files.ts";
import { VenueProcess } from "../support/venue-process.ts";

const FILES = [...CASES, ...FLOWS, ...LARGE_FLOWS];
const BATCHES = { batch: 64, accounts: 1 } as const;
/** For a venue and some 2.2 M orders. */
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
    const options = LARGE_FLOWS.includes(file) ? BATCHES : {};
    const { found, wanted } = await replayFile(venue, file, options);
    expect({ file, found }).toEqual({ file, found: String(wanted) });
  }
}
