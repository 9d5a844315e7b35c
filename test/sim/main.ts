/**
 * bun run sim: many seeds of the simulation, or one with its trace.
 *
 *   bun run sim --seeds 2000 --seed 1        totals, and the first seed that did not hold (--keep: all)
 *   bun run sim --seed 4711 --trace          that seed alone, with all that happened
 */
import { parseArgs } from "node:util";
import { type Verdict, runSeed } from "./run-seed.ts";
import { setupOf } from "./setup.ts";
import { SECOND } from "./world.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    trace: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});

const first = Number(values.seed);
const count = Number(values.seeds);
const startMs = performance.now();
const faults = new Map<string, number>();
const totals = { virtualUs: 0, events: 0, records: 0, reports: 0, losses: 0 };
const failed: Verdict[] = [];

for (let seed = first; seed < first + count; seed++) {
  const verdict = runSeed(setupOf(seed), { keepsTrace: values.trace });
  add(verdict);
  if (verdict.wrong === "") continue;
  failed.push(verdict);
  tell(verdict);
  if (!values.keep) break;
  // The loop's own turn, so that what was left unhandled is told.
  await new Promise((resolve) => setImmediate(resolve));
}
if (values.trace) for (const line of failed[0]?.trace ?? []) console.log(line);
summary();
process.exit(failed.length === 0 ? 0 : 1);

function add({ virtualUs, events, records, reports, losses, faults: counts }: Verdict): void {
  totals.virtualUs += virtualUs;
  totals.events += events;
  totals.records += records;
  totals.reports += reports;
  totals.losses += losses;
  for (const [kind, n] of counts) faults.set(kind, (faults.get(kind) ?? 0) + n);
}

function tell({ setup, wrong }: Verdict): void {
  const { seed, level, policy } = setup;
  console.log(`seed ${seed} (${level}, fsync ${policy}): ${wrong}`);
  console.log(`  alone: bun run sim --seed ${seed} --trace`);
}

function summary(): void {
  const seconds = (performance.now() - startMs) / 1000;
  const virtual = totals.virtualUs / SECOND;
  const { events, records, reports, losses } = totals;
  console.log(`${count} seeds, ${failed.length} did not hold, ${seconds.toFixed(1)} s`);
  console.log(
    `  ${(count / seconds).toFixed(1)} seeds/s, ${Math.round(virtual / seconds)} x real time`,
  );
  console.log(
    `  ${events} events, ${records} records, ${reports} reports, ${losses} lost suffixes`,
  );
  const rows = [...faults].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [kind, n] of rows) console.log(`  ${String(n).padStart(8)} ${kind}`);
}
