/**
 * Plants each bug of the fleet in a copy of the tree and counts the seeds until one sees it.
 *
 *   bun test/sim/planted.ts              all of them, recorded in docs/runs/planted-fleet.json
 *   bun test/sim/planted.ts WORD...      those whose name contains a word, not recorded
 *
 * From several first seeds, so that the median and the worst say something. Exit code 1 if one was
 * not seen.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { PlantedCopy } from "../../scripts/planted-copy.ts";
import { plant } from "../planted/planted-bugs.ts";
import { FLEET_BUGS, type FleetBug } from "./planted-bugs.ts";
import type { Level } from "./setup.ts";
import { runSlice } from "./slice.ts";

/** First seeds, and how many from each before a bug counts as not seen. */
const STARTS = [100_000, 200_000, 300_000];
const SEEDS_MAX = 600;

const root = join(import.meta.dir, "..", "..");
const words = process.argv.slice(2);
const bugs = FLEET_BUGS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
);
const copy = new PlantedCopy(root);
const rows: Row[] = [];
try {
  for (const bug of bugs) {
    const row = await rowOf(bug);
    rows.push(row);
    console.log(`${row.median}/${row.worst} ${row.bug}: ${row.seen_as}`);
  }
} finally {
  copy.remove();
}
const missed = rows.filter(({ worst }) => worst > SEEDS_MAX).length;
console.log(`${rows.length - missed} of ${rows.length} planted bugs were seen from every start`);
if (words.length === 0) await record();
process.exit(missed === 0 ? 0 : 1);

interface Row {
  readonly bug: string;
  readonly file: string;
  /** Seeds until the first that sees it, over all starts; above the most: not seen. */
  readonly median: number;
  readonly worst: number;
  readonly seen_as: string;
}

async function rowOf(bug: FleetBug): Promise<Row> {
  const path = join(copy.dir, bug.file);
  const text = await Bun.file(path).text();
  const planted = plant(bug, text);
  if ("wrong" in planted) throw new Error(planted.wrong);
  await Bun.write(path, planted.text);
  const found: { seeds: number; wrong: string }[] = [];
  for (const start of STARTS) {
    found.push(await seedsUntilSeen(start, bug.level));
    // Not seen once is not seen.
    if (found.at(-1)!.seeds > SEEDS_MAX) break;
  }
  await Bun.write(path, text);
  const seeds = found.map((one) => one.seeds).toSorted((a, b) => a - b);
  const wrong = found.find((one) => one.wrong !== "")?.wrong ?? "NOT SEEN";
  return {
    bug: bug.name,
    file: bug.file,
    median: seeds[seeds.length >> 1]!,
    worst: seeds.at(-1)!,
    seen_as: wrong.split("\n")[0]!.slice(0, 120),
  };
}

async function seedsUntilSeen(
  start: number,
  level: Level | undefined,
): Promise<{ seeds: number; wrong: string }> {
  const at = level === undefined ? [] : ["--level", level];
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

async function record(): Promise<void> {
  const commit = Bun.spawnSync(["git", "describe", "--always", "--dirty", "--abbrev=40"], {
    cwd: root,
  });
  const result = {
    commit: commit.stdout.toString().trim(),
    command: "bun test/sim/planted.ts",
    starts: STARTS,
    seeds_max: SEEDS_MAX,
    bugs: rows.length,
    seen: rows.length - missed,
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
    rows,
  };
  const path = join(root, "docs", "runs", "planted-fleet.json");
  await Bun.write(path, `${JSON.stringify(result, null, 2)}\n`);
}
