/**
 * The simulation from the command line: many seeds, or one with its trace.
 *
 *   bun run sim --seeds 2000 --seed 1     totals, and the first seed that did not hold
 *   bun run sim --seed 4711 --trace       that seed alone, with all that happened
 *   bun run sim --crash-points --seed 2   one story, a death at every point of it where it matters
 *
 *   bun run sim --record --seeds 5000     seeds that docs/runs/sim.json does not have, into it
 *
 *   bun run sim --crash-points --record --seed 2   its verdict into docs/runs/crash-points.json
 *
 *   --jobs N    processes, default 1      --level D3   all runs at that level
 *   --shards N  that many in all runs     --split      two servers are written to now and then
 *   --fence     an operator halts a shard in all runs      --export   all runs export and trim
 *   --wishes JSON  all that setup.ts knows of
 *   --keep      do not stop at the first seed that does not hold
 *   --canary    disks that lie about their syncs: a run of this must fail
 *   --stride N  every Nth crash point
 *   --into FILE another file for --record
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { pointsOf, runCrash, storySetup } from "./crash-points.ts";
import { runSeed } from "./run-seed.ts";
import {
  commitHere,
  MACHINE,
  nextSeed,
  readSimRecord,
  type RecordedFailure,
  withSlice,
  writeSimRecord,
} from "./record.ts";
import { runSlice } from "./slice.ts";
import { isLevel, setupOf, type Wishes } from "./setup.ts";
import { type Failure, failureLines, Totals } from "./totals.ts";

const ROOT = join(import.meta.dir, "..", "..");

const number = (fallback: string) => ({ type: "string", default: fallback }) as const;
const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({
  options: {
    seed: number("1"),
    seeds: number("1"),
    jobs: number("1"),
    stride: number("1"),
    level: { type: "string" },
    shards: number("0"),
    split: flag,
    wishes: { type: "string", default: "{}" },
    trace: flag,
    keep: flag,
    canary: flag,
    fence: flag,
    export: flag,
    json: flag,
    record: flag,
    into: { type: "string", default: join(ROOT, "docs", "runs", "sim.json") },
    "crash-points": flag,
  },
});

/** Seeds of one process, which takes some to get warm and keeps some memory of each. */
const SLICE = 500;

const startMs = performance.now();
const first = Number(values.seed);
const count = Number(values.seeds);
const totals = new Totals();

if (values["crash-points"]) await runCrashPoints();
else if (values.record && !values.json) await runRecorded();
else if (count > SLICE && !values.json) await runSlices();
else await runSeeds();
tell();
process.exit(totals.failures.length === 0 ? 0 : 1);

async function runSeeds(): Promise<void> {
  const { level = "" } = values;
  const wishes: Wishes = {
    level: isLevel(level) ? level : undefined,
    shards: Number(values.shards) || undefined,
    split: values.split || undefined,
    fence: values.fence || undefined,
    export: values.export || undefined,
    ...(JSON.parse(values.wishes) as Wishes),
  };
  for (let seed = first; seed < first + count; seed++) {
    const options = { keepsTrace: values.trace, isDiskLying: values.canary };
    const verdict = runSeed(setupOf(seed, wishes), options);
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
      totals.merge(await sliceOf(seed, Math.min(SLICE, first + count - seed)));
      for (const failure of totals.failures.slice(told)) tellFailure(failure);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, worker));
}

/** Seeds go into the file in their order, a round of slices at a time; what is open is run first. */
async function runRecorded(): Promise<void> {
  const [commit, jobs] = [commitHere(), Number(values.jobs)];
  let record = readSimRecord(values.into);
  const failures: RecordedFailure[] = [];
  for (const failure of record.failures) failures.push(await again(failure, commit));
  record = { ...record, failures };
  for (let left = count; left > 0; ) {
    const from = nextSeed(record);
    const startedMs = performance.now();
    const sizes = Array.from({ length: jobs }, (_, i) => Math.min(SLICE, left - i * SLICE));
    const wanted = sizes.filter((size) => size > 0);
    const texts = await Promise.all(wanted.map((size, i) => sliceOf(from + i * SLICE, size)));
    const round = new Totals();
    for (const text of texts) round.merge(text);
    const seconds = (performance.now() - startedMs) / 1000;
    record = withSlice(record, { commit, jobs, first: from, totals: round, seconds });
    writeSimRecord(values.into, record);
    for (const failure of round.failures) tellFailure(failure);
    for (const text of texts) totals.merge(text);
    left -= round.seeds;
  }
}

async function again(failure: RecordedFailure, commit: string): Promise<RecordedFailure> {
  if (failure.held_at !== undefined) return failure;
  const alone = new Totals();
  alone.merge(await sliceOf(failure.seed, 1));
  return alone.failures.length > 0 ? failure : { ...failure, held_at: commit };
}

async function sliceOf(seed: number, seeds: number): Promise<string> {
  const words = [...process.argv.slice(2), ...(values.record ? ["--keep"] : [])];
  const { text, complaint } = await runSlice({ seed, seeds, words, root: ROOT });
  if (!text.startsWith("{")) throw new Error(`seeds from ${seed} on had no end: ${complaint}`);
  return text;
}

async function runCrashPoints(): Promise<void> {
  const story = storySetup(first);
  const whole = runSeed(story);
  const points = pointsOf(whole);
  const stride = Number(values.stride);
  const died: Record<string, number> = {};
  const wrongs: string[] = [];
  for (let i = 0; i < points.length; i += stride) {
    const { role, effect } = points[i]!;
    const verdict = runCrash(story, { role, effect });
    totals.add(verdict);
    if (verdict.faults.get(`crash of ${role}`) === 1) died[role] = (died[role] ?? 0) + 1;
    if (verdict.wrong !== "") wrongs.push(`${role} at its effect ${effect}: ${verdict.wrong}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const wrong of wrongs) console.log(`death of ${wrong}`);
  if (!values.record) return;
  const { records, reports } = whole;
  const facts = { commit: commitHere(), machine: MACHINE, story: first, records, reports };
  const counts = { points: points.length, stride, died, failures: wrongs };
  const path = join(ROOT, "docs", "runs", "crash-points.json");
  writeFileSync(path, `${JSON.stringify({ ...facts, ...counts }, null, 2)}\n`);
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
