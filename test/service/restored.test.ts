/** What a data directory knows of positions that its log has lost, once and again. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { clearedEnds, putAside, refuseStale } from "../../src/service/restored.ts";

let dir = "";
const FIRST = { position: 100, generation: 20 };
const SECOND = { position: 450, generation: 30 };

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "clob-restored-"));
  mkdirSync(join(dir, "snapshots"));
});

afterEach(() => rmSync(dir, { recursive: true }));

function snapshot(name: string): string {
  const path = join(dir, "snapshots", name);
  writeFileSync(path, "");
  return path;
}

test("a machine that was off for two restores is told of what the first one lost", () => {
  const lost = snapshot(`matcher-${"200".padStart(20, "0")}.snap`);
  const kept = snapshot(`matcher-${"100".padStart(20, "0")}.snap`);
  const since = snapshot(`matcher-e20-${"300".padStart(20, "0")}.snap`);
  const known = { ends: [FIRST, SECOND], restored: SECOND };
  expect(() => refuseStale(dir, 1, known)).toThrow(`${lost} is of position 200`);
  expect(putAside(dir, known)).toEqual([join("snapshots", basename(lost))]);
  expect([lost, kept, since].map((path) => existsSync(path))).toEqual([false, true, true]);
  expect(clearedEnds(dir)).toEqual([FIRST, SECOND]);
  refuseStale(dir, 1, known);
});

test("snapshots behind a Clear are their owners' to put aside; signed heads are not", () => {
  snapshot(`matcher-${"200".padStart(20, "0")}.snap`);
  const known = { ends: [FIRST], restored: null };
  mkdirSync(join(dir, "settlement"));
  writeFileSync(join(dir, "settlement", "in.note"), "origin\n101\n");
  expect(() => refuseStale(dir, 1, known)).toThrow("its log has lost that and gone on otherwise");
  writeFileSync(join(dir, "settlement", "in.note"), "origin\n100\n");
  refuseStale(dir, 1, known);
  expect(clearedEnds(dir)).toEqual([FIRST]);
});
