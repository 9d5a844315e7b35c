/**
 * Reports that the log has let go of, made again for whoever asks; and how many may ask at once.
 */
import { describe, expect, test } from "bun:test";
import { rejectCode } from "../../src/protocol/codes.ts";
import { place, range, resumeFrom } from "./follow.ts";
import { ALICE, BOB, Stand } from "./stand.ts";

const MEMORY = { reportsKept: 8 };

describe("a resume from before what the log holds", () => {
  test("hears every report, made again, then those of the log, then those of memory", async () => {
    await using stand = await Stand.start({ door: MEMORY });
    const busy = await stand.logOn(ALICE, BOB);
    await place(stand, busy, 40);
    await stand.exported.letGo(stand.store);
    await place(stand, busy, 30);
    for (const next of [1, 2, 17, 39]) {
      const { code, first, last, numbers } = await resumeFrom(stand, next);
      expect({ code, first, numbers }).toEqual({
        code: "",
        first: next,
        numbers: range(next, last),
      });
    }
    expect(stand.door.desk.counts.executed).toBe(4);
    await place(stand, busy, 5);
  });

  test("is as far back as may be searched, and says so", async () => {
    await using stand = await Stand.start({ door: { ...MEMORY, resumeRecordsMax: 64 } });
    const busy = await stand.logOn(ALICE);
    for (let i = 0; i < 5; i++) await place(stand, busy, 30);
    await stand.exported.letGo(stand.store);
    const { code, first, last, numbers } = await resumeFrom(stand, 1);
    expect(code).toBe("snapshot_required");
    expect(first).toBeGreaterThan(60);
    expect(numbers).toEqual(range(first, last));
  });

  test("waits its turn, and is refused where as many wait", async () => {
    await using stand = await Stand.start({ door: { ...MEMORY, resumesMax: 1 } });
    await place(stand, await stand.logOn(ALICE), 40);
    await stand.exported.letGo(stand.store);
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { desk } = stand.door;
    const turns = gates.map(({ promise }) => desk.take(() => promise));
    const wire = await stand.open();
    wire.send(await stand.logonFrame(wire, ALICE, 2));
    expect(rejectCode((await wire.refused()).code).name).toBe("overloaded");
    expect(desk.counts.refused).toBe(1);
    // Who asks for nothing old is not refused.
    await stand.logOn(BOB);
    gates[0]!.resolve();
    await turns[0];
    const resuming = resumeFrom(stand, 2);
    gates[1]!.resolve();
    const { numbers, last } = await resuming;
    expect(numbers).toEqual(range(2, last));
    await turns[1];
  });
});
