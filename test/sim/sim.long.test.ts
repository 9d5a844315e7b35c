/** The long part of the simulation: a death at every point of one story, and a thousand seeds. */
import { expect, test } from "bun:test";
import { pointsOf, runCrash, storySetup } from "./crash-points.ts";
import { runSeed } from "./run-seed.ts";
import { setupOf } from "./setup.ts";

const STORY = 2;
const FIRST = 1_000;
const SEEDS = 1_000;
const TIME_MS = 3_600_000;

test(
  "a story of about 500 commands survives a death at every point of it",
  async () => {
    const story = storySetup(STORY);
    const points = pointsOf(runSeed(story));
    expect(points.length).toBeGreaterThan(1_500);
    for (const point of points) {
      const { wrong } = runCrash(story, point);
      expect({ point, wrong }).toEqual({ point, wrong: "" });
      await turn();
    }
  },
  TIME_MS,
);

test(
  "a thousand seeds keep every promise",
  async () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      expect({ seed, wrong: runSeed(setupOf(seed)).wrong }).toEqual({ seed, wrong: "" });
      await turn();
    }
  },
  TIME_MS,
);

/** Of the real loop: what is no longer needed can go, and what nobody handled is told. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
