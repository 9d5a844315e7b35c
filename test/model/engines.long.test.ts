/**
 * engines.test.ts for longer: a million commands, among them books of more than a thousand levels,
 * with the engine that production runs, the C levels where they are built.
 */
import { expect, test } from "bun:test";
import { runSeed } from "../support/differential.ts";
import { nativeEngine, plainEngine } from "../support/fast-engine.ts";
import { Tally } from "../support/tally.ts";

const MINUTES = 10;

test(
  "a million commands of fifty shards",
  () => {
    const tally = new Tally();
    for (let seed = 1_000; seed < 1_050; seed++) {
      const make = nativeEngine ?? plainEngine;
      const said = runSeed({ seed, commands: 20_000, rootsEvery: 1_000, make, tally });
      if (said !== "") throw new Error(said);
    }
    expect(tally.deepestLevels).toBeGreaterThan(1_000);
    expect(tally.acceptedPercent).toBeGreaterThan(40);
  },
  MINUTES * 60_000,
);
