/**
 * The simulation, as far as every `npm test` has time for it: the first seeds, the same seed twice,
 * a few deaths of one story, and a canary. `bun run sim` goes on from here.
 */
import { describe, expect, test } from "bun:test";
import { pointsOf, runCrash, storySetup } from "./crash-points.ts";
import { runSeed } from "./run-seed.ts";
import { setupOf } from "./setup.ts";
import { strangerSays } from "./stranger.ts";

const SEEDS = 24;
const GROUP = 8;
const DEATHS = 24;
const STRANGERS = 8;
const CANARY_SEEDS = 40;
const TIME_MS = 120_000;
const STORY = 2;

describe("the simulated venue", () => {
  test.each(Array.from({ length: SEEDS / GROUP }, (_, i) => 1 + i * GROUP))(
    "keeps its promises with the seeds from %i on",
    (first) => {
      for (let seed = first; seed < first + GROUP; seed++) {
        expect({ seed, wrong: runSeed(setupOf(seed)).wrong }).toEqual({ seed, wrong: "" });
      }
    },
    TIME_MS,
  );

  test.each([3, 6, 7])("does the same again with seed %i, watched or not", (seed) => {
    const once = runSeed(setupOf(seed));
    const again = runSeed(setupOf(seed), { keepsTrace: true });
    expect([again.hash, again.events]).toEqual([once.hash, once.events]);
    expect(again.trace.length).toBeGreaterThan(100);
    expect(runSeed(setupOf(seed + 1)).hash).not.toBe(once.hash);
  });

  test.each([4, 5])("does the same again with seed %i, which is fenced and exports", (seed) => {
    const setup = setupOf(seed, { fence: true, export: true });
    const once = runSeed(setup);
    const again = runSeed(setup, { keepsTrace: true });
    expect([once.wrong, again.hash, again.events]).toEqual(["", once.hash, once.events]);
  });

  // One settlement is paused for longer than the halt lasts, and starts anew behind it.
  test("lets a settlement that has slept through a halt start again", () => {
    const setup = setupOf(91_218, { fence: true, export: true });
    expect(runSeed(setup).wrong).toBe("");
  });

  test("convinces a stranger in the end", async () => {
    const words: (string | null)[] = [];
    for (let seed = 1; seed <= STRANGERS; seed++) {
      words.push(await strangerSays(runSeed(setupOf(seed), { isForStranger: true }).venue));
    }
    expect(words.filter((word) => word !== null && word !== "")).toEqual([]);
    expect(words.filter((word) => word === "").length).toBeGreaterThan(STRANGERS / 2);
  });

  test(
    "survives a death at points all over one story",
    () => {
      const story = storySetup(STORY, 4);
      const points = pointsOf(runSeed(story));
      expect(points.length).toBeGreaterThan(500);
      const stride = Math.floor(points.length / DEATHS);
      for (let i = 0; i < points.length; i += stride) {
        const point = points[i]!;
        const { wrong, faults } = runCrash(story, point);
        expect({ point, wrong }).toEqual({ point, wrong: "" });
        expect(faults.get(`crash of ${point.role}`)).toBe(1);
      }
    },
    TIME_MS,
  );

  test(
    "sees a disk that says it has synced and has not",
    () => {
      let seed = 1;
      const isSeen = (): boolean =>
        runSeed(setupOf(seed, { level: "D2" }), { isDiskLying: true }).wrong.includes(
          "was shown and is",
        );
      while (seed < CANARY_SEEDS && !isSeen()) seed++;
      expect(seed).toBeLessThan(CANARY_SEEDS);
    },
    TIME_MS,
  );
});
