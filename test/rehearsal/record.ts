/**
 * Record: what docs/runs/rehearsal.json keeps of a run.
 */
import { cpus, release, totalmem } from "node:os";
import { relative } from "node:path";
import type { RehearsalResult, RehearsalTerms } from "./terms.ts";

export function recordOf(
  terms: RehearsalTerms,
  result: RehearsalResult,
  { root, commit }: { readonly root: string; readonly commit: string },
) {
  const { config, accounts, gapMs, cutMs } = terms;
  const { wrong, phases, versions, ...counts } = result;
  const [first] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    commit,
    command: `bun run rehearsal ${process.argv.slice(2).join(" ")}`.trim(),
    machine: `${first?.model ?? "unknown"}, ${cpus().length} cores, Linux ${release()}`,
    memory_gib: Math.round(totalmem() / 2 ** 30),
    redis: `${versions.redis}, primary and replica`,
    haproxy: versions.haproxy,
    config: relative(root, config),
    accounts,
    gap_ms_max: gapMs,
    cut_ms_min: cutMs,
    ...counts,
    phases,
    verdict: wrong === "" ? "all holds" : wrong,
  };
}
