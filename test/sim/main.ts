/**
 * The simulation from the command line: many seeds, or one with its trace.
 *
 *   bun run sim --seeds 2000 --seed 1     totals, and the first seed that did not hold
 *   bun run sim --seed 4711 --trace       that seed alone, with all that happened
 *   bun run sim --crash-points --seed 2   one story, a death at every point of it where it matters
 *
 *   --jobs N    processes, default 1      --level D3   all runs at that level
 *   --keep      do not stop at the first seed that does not hold
 *   --canary    disks that lie about their syncs: a run of this must fail
 *   --stride N  every Nth crash point
 */
import { parseArgs } from "node:util";
import { pointsOf, runCrash, storySetup } from "./crash-points.ts";
import { runSeed } from "./run-seed.ts";
import { isLevel, setupOf } from "./setup.ts";
import { type Failure, failureLines, Totals } from "./totals.ts";

const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({
  options: {
    seed: number("1"),
    seeds: number("1"),
    jobs: number("1"),
    stride: number("1"),
    level: { type: "string" },
    trace: flag,
    keep: flag,
    canary: flag,
    json: flag,
    "crash-points": flag,
  },
});

/** Seeds of one process: nothing of theirs is kept, but not all of it is given back either. */
const SLICE = 100;

const startMs = performance.now();
const first = Number(values.seed);
const count = Number(values.seeds);
const totals = new Totals();

if (values["crash-points"]) runCrashPoints();
else if (count > SLICE && !values.json) await runSlices();
else await runSeeds();
tell();
process.exit(totals.failures.length === 0 ? 0 : 1);

async function runSeeds(): Promise<void> {
  const level = values.level ?? "";
  for (let seed = first; seed < first + count; seed++) {
    const options = { keepsTrace: values.trace, isDiskLying: values.canary };
    const verdict = runSeed(setupOf(seed, isLevel(level) ? level : undefined), options);
    totals.add(verdict);
    if (values.trace) console.log(verdict.trace.join("\n"));
    if (verdict.wrong !== "") tellFailure({ ...verdict.setup, wrong: verdict.wrong });
    if (verdict.wrong !== "" && !values.keep) return;
    // A turn of the real loop, so that a rejection nobody handled is told.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Slices of the seeds, each in a process of its own, so many at a time. */
async function runSlices(): Promise<void> {
  let next = first;
  const isOver = (): boolean => totals.failures.length > 0 && !values.keep;
  const worker = async (): Promise<void> => {
    while (next < first + count && !isOver()) {
      const seed = next;
      next += SLICE;
      const told = totals.failures.length;
      totals.merge(await runSlice(seed, Math.min(SLICE, first + count - seed)));
      for (const failure of totals.failures.slice(told)) tellFailure(failure);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
}

async function runSlice(seed: number, seeds: number): Promise<string> {
  const own = ["--json", "--jobs", "1", "--seed", `${seed}`, "--seeds", `${seeds}`];
  const command = [process.execPath, import.meta.path, ...process.argv.slice(2), ...own];
  const child = Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  return new Response(child.stdout).text();
}

function runCrashPoints(): void {
  const story = storySetup(first);
  const points = pointsOf(story);
  const stride = Number(values.stride);
  for (let i = 0; i < points.length; i += stride) {
    const point = points[i]!;
    const verdict = runCrash(story, point);
    totals.add(verdict);
    if (verdict.wrong === "") continue;
    console.log(`death of ${point.role} at its effect ${point.effect}: ${verdict.wrong}`);
  }
}

function tellFailure(failure: Failure): void {
  if (!values.json) console.log(failureLines(failure).join("\n"));
}

function tell(): void {
  if (values.json) {
    process.stdout.write(totals.toText());
    return;
  }
  const seconds = (performance.now() - startMs) / 1000;
  console.log(totals.lines(seconds).join("\n"));
}
