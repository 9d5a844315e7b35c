/**
 * The record of the simulation, docs/runs/sim.json: which seeds were run on which commit, and what
 * they came to. It grows by a slice at a time, so a run may be ended at any moment and goes on
 * with the next seed, on whatever commit is there then.
 *
 *   runs       one line per commit and range of seeds; the sums above them are made from these
 *   failures   seeds that did not hold; `held_at`: a later commit on which the same seed holds
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Totals } from "./totals.ts";
import { SECOND } from "./world.ts";

type Counts = Record<string, number>;

interface Sums {
  readonly seeds: number;
  readonly real_s: number;
  readonly cpu_s: number;
  readonly virtual_s: number;
  readonly events: number;
  readonly records: number;
  readonly reports: number;
  readonly lost_suffixes: number;
  readonly faults: Counts;
}

export interface RecordedRun extends Sums {
  readonly commit: string;
  readonly first_seed: number;
  readonly last_seed: number;
  readonly jobs: number;
  readonly machine: string;
}

export interface RecordedFailure {
  readonly seed: number;
  readonly commit: string;
  readonly level: string;
  readonly wrong: string;
  /** The same seed alone on a later commit; absent: it is open. */
  readonly held_at?: string;
}

export interface SimRecord {
  readonly runs: readonly RecordedRun[];
  readonly failures: readonly RecordedFailure[];
}

const NOTHING: Sums = {
  seeds: 0,
  real_s: 0,
  cpu_s: 0,
  virtual_s: 0,
  events: 0,
  records: 0,
  reports: 0,
  lost_suffixes: 0,
  faults: {},
};

const processor = cpus()[0]?.model ?? "unknown";
export const MACHINE = `${processor}, ${cpus().length} cores, Bun ${Bun.version}`;

/** The commit that is checked out; what is changed in the tree says so. */
export function commitHere(): string {
  const words = ["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"];
  return Bun.spawnSync(words, { cwd: import.meta.dir })
    .stdout.toString()
    .trim();
}

/** None yet where there is no such file. */
export function readSimRecord(path: string): SimRecord {
  if (!existsSync(path)) return { runs: [], failures: [] };
  return JSON.parse(readFileSync(path, "utf8")) as SimRecord;
}

/** The first seed that nobody has recorded, and none above it. */
export function nextSeed({ runs }: SimRecord): number {
  return Math.max(0, ...runs.map((run) => run.last_seed)) + 1;
}

export interface Slice {
  readonly commit: string;
  readonly jobs: number;
  readonly first: number;
  readonly totals: Totals;
  readonly seconds: number;
}

/** With one more slice: the last run grows if it is of the same commit and ends before it. */
export function withSlice(record: SimRecord, slice: Slice): SimRecord {
  const { commit, jobs, first, totals, seconds } = slice;
  const own: RecordedRun = {
    commit,
    first_seed: first,
    last_seed: first + totals.seeds - 1,
    jobs,
    machine: MACHINE,
    seeds: totals.seeds,
    real_s: rounded(seconds),
    cpu_s: rounded(totals.cpuUs / SECOND),
    virtual_s: rounded(totals.virtualUs / SECOND),
    events: totals.events,
    records: totals.records,
    reports: totals.reports,
    lost_suffixes: totals.losses,
    faults: Object.fromEntries(totals.faults),
  };
  const last = record.runs.at(-1);
  const isNext = last?.commit === commit && last.jobs === jobs && last.last_seed === first - 1;
  const runs = isNext
    ? [...record.runs.slice(0, -1), { ...last, ...added(last, own), last_seed: own.last_seed }]
    : [...record.runs, own];
  const found = totals.failures.map(({ seed, level, wrong }) => ({ seed, commit, level, wrong }));
  return { runs, failures: [...record.failures, ...found] };
}

function added(a: Sums, b: Sums): Sums {
  const faults: Counts = { ...a.faults };
  for (const [kind, count] of Object.entries(b.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  return {
    seeds: a.seeds + b.seeds,
    real_s: rounded(a.real_s + b.real_s),
    cpu_s: rounded(a.cpu_s + b.cpu_s),
    virtual_s: rounded(a.virtual_s + b.virtual_s),
    events: a.events + b.events,
    records: a.records + b.records,
    reports: a.reports + b.reports,
    lost_suffixes: a.lost_suffixes + b.lost_suffixes,
    faults: sorted(faults),
  };
}

/** Whole or not at all: a reader never meets half of it. */
export function writeSimRecord(path: string, { runs, failures }: SimRecord): void {
  const { faults, ...sums } = runs.reduce<Sums>((sum, run) => added(sum, run), NOTHING);
  const open = failures.filter((failure) => failure.held_at === undefined).length;
  const lines = [
    "{",
    ...Object.entries(sums).map(([name, value]) => `  "${name}": ${value},`),
    `  "seeds_per_s": ${rounded(sums.seeds / Math.max(sums.real_s, 0.1))},`,
    `  "seeds_per_cpu_s": ${rounded(sums.seeds / Math.max(sums.cpu_s, 0.1))},`,
    `  "virtual_s_per_s": ${Math.round(sums.virtual_s / Math.max(sums.real_s, 0.1))},`,
    `  "virtual_s_per_cpu_s": ${Math.round(sums.virtual_s / Math.max(sums.cpu_s, 0.1))},`,
    `  "open_failures": ${open},`,
    `  "faults": ${JSON.stringify(faults, null, 2).replaceAll("\n", "\n  ")},`,
    `  "failures": ${listOf(failures)},`,
    `  "runs": ${listOf(runs)}`,
    "}",
  ];
  writeFileSync(`${path}.new`, `${lines.join("\n")}\n`);
  renameSync(`${path}.new`, path);
}

/** One line for each. */
function listOf(rows: readonly unknown[]): string {
  if (rows.length === 0) return "[]";
  return `[\n${rows.map((row) => `    ${JSON.stringify(row)}`).join(",\n")}\n  ]`;
}

function sorted(counts: Counts): Counts {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function rounded(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
