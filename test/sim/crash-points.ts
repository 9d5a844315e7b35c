/**
 * CrashPoints: one story, and a death at every single point of it where a death can matter: before
 * and after each thing that a process sends, writes or syncs, and between the steps of each turn
 * of Redis, which loses power there.
 */
import { runSeed, type CrashPoint, type Verdict } from "./run-seed.ts";
import { setupOf, type Setup } from "./setup.ts";

/** About 500 commands by four accounts, in batches, without any other fault. */
export function storySetup(seed: number, framesPerTrader = 16): Setup {
  const drawn = setupOf(seed, { level: "D2" });
  const profile = { ...drawn.profile, batchMax: 8, batchPercent: 100 };
  return {
    ...drawn,
    profile,
    shards: 1,
    hasFence: false,
    isExported: false,
    ingresses: 1,
    framesPerTrader,
    operatorFrames: 3,
    gapMs: 20,
    snapshotRecords: 10,
    faultSeconds: 1,
    faults: 0,
    unreachableMsMax: 5000,
    slotLeaseMs: 300,
  };
}

/** Every crash point of the story, by role, from its run without any. */
export function pointsOf({ wrong, effects }: Verdict): CrashPoint[] {
  if (wrong !== "") throw new Error(`the story itself does not hold: ${wrong}`);
  const roles = [...effects].filter(([role]) => role !== "setup" && role !== "desk");
  return roles.flatMap(([role, count]) =>
    Array.from({ length: count }, (_, i) => ({ role, effect: i + 1 })),
  );
}

/** The story with one death in it. */
export function runCrash(story: Setup, crashPoint: CrashPoint, keepsTrace = false): Verdict {
  return runSeed(story, { crashPoint, keepsTrace });
}
