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
import { failureLines, Totals } from "./totals.ts";

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

const startMs = performance.now();
const first = Number(values.seed);
const count = Number(values.seeds);
const jobs = Math.min(Number(values.jobs), count);
const totals = new Totals();

if (values["crash-points"]) runCrashPoints();
else if (jobs > 1) await runJobs();
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
    if (verdict.wrong !== "" && !values.keep) return;
    // A turn of the real loop, so that a rejection nobody handled is told.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Slices of the seeds, each in a process of its own. */
async function runJobs(): Promise<void> {
  const size = Math.ceil(count / jobs);
  const passed = process.argv.slice(2);
  const slices = Array.from({ length: jobs }, (_, i) => {
    const seeds = Math.min(size, count - i * size);
    const own = ["--json", "--jobs", "1", "--seed", `${first + i * size}`, "--seeds", `${seeds}`];
    const command = [process.execPath, import.meta.path, ...passed, ...own];
    return Bun.spawn(command, { stdout: "pipe", stderr: "inherit" });
  });
  for (const slice of slices) totals.merge(await new Response(slice.stdout).text());
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

function tell(): void {
  if (values.json) {
    process.stdout.write(totals.toText());
    return;
  }
  const seconds = (performance.now() - startMs) / 1000;
  if (!values["crash-points"]) {
    for (const failure of totals.failures) console.log(failureLines(failure).join("\n"));
  }
  console.log(totals.lines(seconds).join("\n"));
}
