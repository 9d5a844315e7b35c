/**
 * The record of differential runs, docs/runs/differential.json: each run with its commit and seeds,
 * and what all of them reached together.
 */
import { rejectCode } from "../src/protocol/codes.ts";
import {
  ENGINE_REJECTS,
  KINDS,
  REASONS,
  reasonName,
  reportName,
  type Tally,
} from "../test/support/tally.ts";

/** Of each report kind, reject code and cancel reason; below it there is a gap. */
const COUNT_WANTED = 1_000;

type Counts = Readonly<Record<string, number>>;

export interface RunTerms {
  readonly commit: string;
  readonly engine: string;
  readonly first_seed: number;
  readonly last_seed: number;
  readonly differences: readonly string[];
  readonly duration_s: number;
  readonly machine: string;
}

export interface DifferentialRun extends RunTerms {
  readonly commands: number;
  readonly records: number;
  readonly reports: number;
  readonly rejected: number;
  readonly deepest_levels: number;
  readonly most_open_orders: number;
  readonly report_kinds: Counts;
  readonly reject_codes: Counts;
  readonly cancel_reasons: Counts;
  readonly other_counts: Counts;
}

export function runOf(tally: Tally, terms: RunTerms): DifferentialRun {
  return {
    ...terms,
    commands: tally.commands,
    records: tally.records,
    reports: tally.reports,
    rejected: tally.rejected,
    deepest_levels: tally.deepestLevels,
    most_open_orders: tally.mostOpenOrders,
    report_kinds: counts(KINDS, tally.kinds, reportName),
    reject_codes: counts(ENGINE_REJECTS, tally.rejects, (code) => rejectCode(code).name),
    cancel_reasons: counts(REASONS, tally.cancelReasons, reasonName),
    other_counts: {
      mass_cancels_cut_short: tally.massCancelsCutShort,
      timers_cut_short: tally.timersCutShort,
      reports_of_what_was_due: tally.dueReports,
      stops_left_to_the_next_record: tally.dueStops,
      restarts_from_a_snapshot: tally.restarts,
    },
  };
}

function counts(
  known: readonly number[],
  found: ReadonlyMap<number, number>,
  name: (number: number) => string,
): Counts {
  return Object.fromEntries(known.map((number) => [name(number), found.get(number) ?? 0]));
}

/** The runs of a record; none if there is no such file yet. */
export async function readRecord(path: string): Promise<readonly DifferentialRun[]> {
  const file = Bun.file(path);
  if (!(await file.exists())) return [];
  const { runs }: { runs: readonly DifferentialRun[] } = await file.json();
  return runs;
}

export async function writeRecord(path: string, runs: readonly DifferentialRun[]): Promise<void> {
  const all = {
    report_kinds: together(runs.map((run) => run.report_kinds)),
    reject_codes: together(runs.map((run) => run.reject_codes)),
    cancel_reasons: together(runs.map((run) => run.cancel_reasons)),
    other_counts: together(runs.map((run) => run.other_counts)),
  };
  const rare = Object.values(all).flatMap((some) =>
    Object.keys(some).filter((name) => some[name]! < COUNT_WANTED),
  );
  const sum = (of: (run: DifferentialRun) => number): number =>
    runs.reduce((total, run) => total + of(run), 0);
  const commands = sum((run) => run.commands);
  const record = {
    commands,
    differences: runs.flatMap((run) => run.differences),
    accepted_percent: Number(
      ((100 * (commands - sum((run) => run.rejected))) / commands).toFixed(2),
    ),
    records: sum((run) => run.records),
    reports: sum((run) => run.reports),
    deepest_levels: Math.max(...runs.map((run) => run.deepest_levels)),
    most_open_orders: Math.max(...runs.map((run) => run.most_open_orders)),
    rarer_than_1000: rare,
    ...all,
    runs,
  };
  await Bun.write(path, `${JSON.stringify(record, null, 2)}\n`);
}

function together(parts: readonly Counts[]): Counts {
  const sums: Record<string, number> = {};
  for (const part of parts) {
    for (const [name, count] of Object.entries(part)) sums[name] = (sums[name] ?? 0) + count;
  }
  return sums;
}
