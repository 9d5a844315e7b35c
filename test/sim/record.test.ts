/** The record of the simulation can be ended at any slice and gone on with. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nextSeed, readSimRecord, type SimRecord, withSlice, writeSimRecord } from "./record.ts";
import { Totals } from "./totals.ts";

const ROOT = join(import.meta.dir, "..", "..");

function totalsOf(seeds: number, failing: readonly number[] = []): Totals {
  const totals = new Totals();
  const failures = failing.map((seed) => ({ seed, level: "D2", policy: "always", wrong: "so" }));
  const sums = {
    seeds,
    virtualUs: seeds * 2_000_000,
    events: 3,
    records: 2,
    reports: 1,
    losses: 0,
    cpuUs: 1,
  };
  totals.merge(JSON.stringify({ ...sums, failures, faults: [["cut", seeds]] }));
  return totals;
}

function slice(commit: string, first: number, totals: Totals): Parameters<typeof withSlice>[1] {
  return { commit, jobs: 1, first, totals, seconds: 4 };
}

test("grows by slices, one line per commit, and goes on where it ended", () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-sim-record-"));
  try {
    const path = join(dir, "sim.json");
    let record: SimRecord = readSimRecord(path);
    expect(nextSeed(record)).toBe(1);
    record = withSlice(record, slice("a", 1, totalsOf(100)));
    record = withSlice(record, slice("a", 101, totalsOf(100, [150])));
    record = withSlice(record, slice("b", 201, totalsOf(50)));
    writeSimRecord(path, record);
    const read = readSimRecord(path);
    expect(nextSeed(read)).toBe(251);
    expect(read).toMatchObject({
      seeds: 250,
      virtual_s: 500,
      real_s: 12,
      open_failures: 1,
      faults: { cut: 250 },
      failures: [{ seed: 150, commit: "a", wrong: "so" }],
      runs: [
        { commit: "a", first_seed: 1, last_seed: 200, seeds: 200, faults: { cut: 200 } },
        { commit: "b", first_seed: 201, last_seed: 250, seeds: 50 },
      ],
    });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test("what is recorded adds up, has no hole, and no seed of it is open", () => {
  const record = readSimRecord(join(ROOT, "docs", "runs", "sim.json"));
  let next = 1;
  for (const { first_seed, last_seed, seeds } of record.runs) {
    expect([first_seed, last_seed - first_seed + 1]).toEqual([next, seeds]);
    next = last_seed + 1;
  }
  expect(record).toMatchObject({ seeds: next - 1, open_failures: 0 });
  expect(record.failures.filter((failure) => failure.held_at === undefined)).toEqual([]);
});
