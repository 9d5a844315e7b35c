/**
 * Totals: what many runs amount to, and the text that tells it. Adds up over processes too.
 */
import type { Verdict } from "./run-seed.ts";
import { SECOND } from "./world.ts";

export interface Failure {
  readonly seed: number;
  readonly level: string;
  readonly policy: string;
  readonly wrong: string;
}

export class Totals {
  seeds = 0;
  virtualUs = 0;
  events = 0;
  records = 0;
  reports = 0;
  losses = 0;
  /** Of processes that have told what they came to. */
  cpuUs = 0;
  readonly failures: Failure[] = [];
  readonly faults = new Map<string, number>();

  add(verdict: Verdict): void {
    const { setup, wrong, virtualUs, events, records, reports, losses, faults } = verdict;
    this.sum({ seeds: 1, virtualUs, events, records, reports, losses, cpuUs: 0 });
    for (const [kind, count] of faults) this.count(kind, count);
    if (wrong !== "") this.failures.push({ ...setup, wrong });
  }

  /** What another process has added up. */
  merge(text: string): void {
    const other = JSON.parse(text) as Sums & { faults: [string, number][]; failures: Failure[] };
    this.sum(other);
    for (const [kind, count] of other.faults) this.count(kind, count);
    this.failures.push(...other.failures);
  }

  toText(): string {
    const { seeds, virtualUs, events, records, reports, losses, failures } = this;
    const { user, system } = process.cpuUsage();
    const cpuUs = this.cpuUs + user + system;
    const sums = { seeds, virtualUs, events, records, reports, losses, cpuUs };
    return JSON.stringify({ ...sums, failures, faults: [...this.faults] });
  }

  lines(seconds: number): string[] {
    const { seeds, failures, virtualUs, events, records, reports, losses } = this;
    const speed = Math.round(virtualUs / SECOND / seconds);
    const rows = [...this.faults].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      `${seeds} seeds, ${failures.length} did not hold, ${seconds.toFixed(1)} s`,
      `  ${(seeds / seconds).toFixed(1)} seeds/s, ${speed} virtual seconds per second`,
      `  ${events} events, ${records} records, ${reports} reports, ${losses} lost suffixes`,
      ...rows.map(([kind, count]) => `  ${String(count).padStart(8)} ${kind}`),
    ];
  }

  private sum(other: Sums): void {
    this.seeds += other.seeds;
    this.virtualUs += other.virtualUs;
    this.events += other.events;
    this.records += other.records;
    this.reports += other.reports;
    this.losses += other.losses;
    this.cpuUs += other.cpuUs;
  }

  private count(kind: string, count: number): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + count);
  }
}

type Counted = "seeds" | "virtualUs" | "events" | "records" | "reports" | "losses" | "cpuUs";
type Sums = Pick<Totals, Counted>;

/** How a failing seed is told: what, on which commit, and how it is run alone. */
export function failureLines({ seed, level, policy, wrong }: Failure): string[] {
  const commit = Bun.spawnSync(["git", "describe", "--always", "--dirty"]).stdout.toString().trim();
  return [
    `seed ${seed} (${level}, appendfsync ${policy}, commit ${commit}): ${wrong}`,
    `  alone, with all that happened: bun run sim --seed ${seed} --trace`,
  ];
}
