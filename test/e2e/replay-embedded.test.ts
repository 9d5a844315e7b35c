/**
 * Public order flows over TCP through a venue on the embedded log, in one process and in three:
 * the report stream has the public hash.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { CASES, replayFile, SOME_FLOWS } from "../support/replay-files.ts";
import { VenueProcess } from "../support/venue-process.ts";

const MS_MAX = 60_000;

describe.skipIf(CASES.length === 0)("one process, embedded", () => {
  let venue: VenueProcess;
  beforeAll(async () => {
    venue = await VenueProcess.start();
  });
  afterAll(() => venue.stop());

  test.each(CASES)("%s", async (file) => {
    const { found, wanted } = await replayFile(venue, file);
    expect(found).toEqual(String(wanted));
  });

  test("a flow in batches of 64 by one account", async () => {
    const { found, wanted } = await replayFile(venue, SOME_FLOWS[1]!, { batch: 64, accounts: 1 });
    expect(found).toEqual(String(wanted));
  });

  test(
    "a flow of signed singles",
    async () => {
      const { found, wanted } = await replayFile(venue, SOME_FLOWS[0]!);
      expect(found).toEqual(String(wanted));
    },
    MS_MAX,
  );
});

describe.skipIf(CASES.length === 0)("three processes, embedded", () => {
  test(
    "a flow, twice",
    async () => {
      await using venue = await VenueProcess.start({ services: "three" });
      for (const batch of [64, 8]) {
        const { found, wanted } = await replayFile(venue, SOME_FLOWS[1]!, { batch });
        expect(found).toEqual(String(wanted));
      }
    },
    MS_MAX,
  );
});
