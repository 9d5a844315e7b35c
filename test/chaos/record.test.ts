/** What was wrong in the record stays there, and is open until its seed holds. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Recording } from "./record.ts";
import type { Verdict } from "./round.ts";
import { chaosSetup } from "./setup.ts";

const dir = mkdtempSync(join(tmpdir(), "clob-chaos-record-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function verdict(seed: number, wrong: string): Verdict {
  const setup = chaosSetup(seed, { shim: true, rooms: true });
  const sizes = { records: 1, reports: 1, frames: 1, seconds: 2.5 };
  return { setup, wrong, end: "went on", faults: new Map(), ...sizes, dir, timeline: [] };
}

test("a seed that was wrong is run again until it holds, and both stand in its row", () => {
  const path = join(dir, "chaos.json");
  const recording = new Recording(path);
  for (const [seed, wrong] of [
    [1, ""],
    [2, "it was wrong"],
  ] as const) {
    recording.add(verdict(seed, wrong));
  }
  expect(recording.open).toEqual([2]);
  recording.again(verdict(2, "it is wrong again"));
  expect(new Recording(path).open).toEqual([2]);
  recording.again(verdict(2, ""));
  const later = new Recording(path);
  expect([later.open, later.size, later.next]).toEqual([[], 2, 3]);
  const { rounds, wrong, open, rows } = JSON.parse(readFileSync(path, "utf8"));
  expect([rounds, wrong, open]).toEqual([2, 1, 0]);
  expect(rows[1]).toMatchObject({ seed: 2, wrong: "it was wrong", held_end: "went on" });
  expect(rows[1].held_at).toMatch(/^[0-9a-f]{12}$/);
});
