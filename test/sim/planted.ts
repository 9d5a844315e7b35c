/**
 * Plants each bug of the fleet in a copy of the tree and counts the seeds until one sees it.
 *
 *   bun test/sim/planted.ts              not seen yet in docs/runs/planted-fleet.json, into it
 *   bun test/sim/planted.ts --again      all of them
 *   bun test/sim/planted.ts --most 40    at most so many seeds from each start: the easy ones first
 *   bun test/sim/planted.ts --part 1/2   every second one; several parts may run at the same time
 *   bun test/sim/planted.ts WORD...      those whose name contains a word, not recorded
 *
 * From several first seeds, so that the median and the worst say something. The record is written
 * after each bug, so a run may be ended and gone on with. Exit code 1 if one was not seen.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PlantedCopy } from "../../scripts/planted-copy.ts";
import { plant } from "../planted/planted-bugs.ts";
import { FLEET_BUGS, type FleetBug } from "./planted-bugs.ts";
import { commitHere, MACHINE } from "./record.ts";
import { runSlice } from "./slice.ts";

/** First seeds, and how many from each before a bug counts as not seen. */
const STARTS = [100_000, 200_000, 300_000];
const { values, positionals: words } = parseArgs({
  options: {
    again: { type: "boolean", default: false },
    most: { type: "string", default: "2000" },
    part: { type: "string", default: "1/1" },
  },
  allowPositionals: true,
});
const SEEDS_MAX = Number(values.most);
const [part = 1, parts = 1] = values.part.split("/").map(Number);

const root = join(import.meta.dir, "..", "..");
const path = join(root, "docs", "runs", "planted-fleet.json");
const isRecorded = words.length === 0;
/** Made by this run; what others have made meanwhile is in the file. */
const made = new Map<string, Row>();
const seen = rowsInFile().filter(({ worst, of }) => worst <= of && !values.again);
const isKnown = (name: string): boolean => isRecorded && seen.some(({ bug }) => bug === name);
const wanted = FLEET_BUGS.filter(
  ({ name }) => !isKnown(name) && (isRecorded || words.some((word) => name.includes(word))),
);
const bugs = wanted.filter((_, i) => i % parts === part - 1);
const copy = new PlantedCopy(root);
try {
  for (const bug of bugs) {
    const row = await rowOf(bug);
    made.set(row.bug, row);
    console.log(`${row.median}/${row.worst} ${row.bug}: ${row.seen_as}`);
    if (isRecorded) await record();
  }
} finally {
  copy.remove();
}
const all = isRecorded ? await record() : [...made.values()];
const missed = all.filter(({ worst, of }) => worst > of).length;
console.log(`${all.length - missed} of ${all.length} planted bugs were seen from every start`);
process.exit(missed === 0 ? 0 : 1);

interface Row {
  readonly bug: string;
  readonly file: string;
  readonly commit: string;
  /** Seeds until the first that sees it, over all starts; above the most: not seen. */
  readonly median: number;
  readonly worst: number;
  /** The most that were run from one start. */
  readonly of: number;
  readonly seen_as: string;
}

async function rowOf(bug: FleetBug): Promise<Row> {
  const whole = new Map<string, string>();
  for (const one of [bug, ...(bug.also ?? [])]) {
    const planting = join(copy.dir, one.file);
    const text = await Bun.file(planting).text();
    if (!whole.has(planting)) whole.set(planting, text);
    const planted = plant({ ...one, name: bug.name }, text);
    if ("wrong" in planted) throw new Error(planted.wrong);
    await Bun.write(planting, planted.text);
  }
  const found: { seeds: number; wrong: string }[] = [];
  for (const start of STARTS) {
    found.push(await seedsUntilSeen(start, bug));
    // Not seen once is not seen.
    if (found.at(-1)!.seeds > SEEDS_MAX) break;
  }
  for (const [planting, text] of whole) await Bun.write(planting, text);
  const seeds = found.map((one) => one.seeds).toSorted((a, b) => a - b);
  const wrong = found.find((one) => one.wrong !== "")?.wrong ?? "NOT SEEN";
  return {
    bug: bug.name,
    file: bug.file,
    commit: commitHere(),
    median: seeds[seeds.length >> 1]!,
    worst: seeds.at(-1)!,
    of: SEEDS_MAX,
    seen_as: wrong.split("\n")[0]!.slice(0, 120),
  };
}

async function seedsUntilSeen(
  start: number,
  { wishes = {} }: FleetBug,
): Promise<{ seeds: number; wrong: string }> {
  const at = ["--wishes", JSON.stringify(wishes)];
  const asked = { seed: start, seeds: SEEDS_MAX, words: at, root: copy.dir };
  const { text, complaint: why } = await runSlice(asked);
  // It did not come to its end: that is seen, too.
  if (!text.startsWith("{")) return { seeds: 1, wrong: why.split("\n").at(-2) ?? "no end" };
  const { seeds, failures } = JSON.parse(text) as {
    seeds: number;
    failures: { wrong: string }[];
  };
  const [failure] = failures;
  return { seeds: failure === undefined ? SEEDS_MAX + 1 : seeds, wrong: failure?.wrong ?? "" };
}

function rowsInFile(): readonly Row[] {
  if (!existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, "utf8")) as { rows: Row[] }).rows;
}

/** Rows in the order of the list; of bugs that it has no more, none. */
async function record(): Promise<Row[]> {
  const others = new Map(rowsInFile().map((row) => [row.bug, row]));
  const rows = FLEET_BUGS.flatMap(({ name }) => made.get(name) ?? others.get(name) ?? []);
  const worsts = rows.map(({ worst }) => worst).toSorted((a, b) => a - b);
  const medians = rows.map(({ median }) => median).toSorted((a, b) => a - b);
  const result = {
    command: "bun test/sim/planted.ts",
    starts: STARTS,
    bugs: FLEET_BUGS.length,
    seen: rows.filter(({ worst, of }) => worst <= of).length,
    median_seeds: medians[medians.length >> 1] ?? 0,
    worst_seeds: worsts.at(-1) ?? 0,
    machine: MACHINE,
    rows,
  };
  await Bun.write(path, `${JSON.stringify(result, null, 2)}\n`);
  return rows;
}
