/** Ends of a log: whose state they make void, how many are kept, and the files that are put aside. */
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  endsText,
  eraOf,
  isVoid,
  LOG_ENDS_MAX,
  readEnds,
  withEnd,
} from "../../src/edges/log-ends.ts";
import { SnapshotFiles } from "../../src/edges/snapshot-files.ts";

/** Restored to 100, then behind a Clear at 450, where all had begun in generation 1. */
const ENDS = readEnds("100 20,450 30");

test.each([
  ["from before both, below both", 100, 0, false],
  ["from before both, lost at the first and below the second", 200, 0, true],
  ["from between them, above the first", 200, 20, false],
  ["from between them, at the second", 450, 20, false],
  ["from between them, lost at the second", 451, 20, true],
  ["from behind both", 451, 30, false],
])("state %s", (_what, position, era, expected) => {
  expect(isVoid(ENDS, { position, era })).toBe(expected);
});

test("are one text, and what is none is refused", () => {
  expect([endsText(ENDS), readEnds(""), eraOf(ENDS), eraOf([])]).toEqual([
    "100 20,450 30",
    [],
    30,
    0,
  ]);
  expect(() => readEnds("100 20,450")).toThrow("where its ends belong");
});

test("beyond a limit the oldest are one, and nothing that was void is not", () => {
  let ends = ENDS;
  for (let i = 0; i < LOG_ENDS_MAX; i++) {
    ends = withEnd(ends, { position: 500 + i, generation: 40 + i });
  }
  expect([ends.length, ends[0]]).toEqual([LOG_ENDS_MAX, { position: 100, generation: 40 }]);
  for (const [position, era] of [
    [200, 0],
    [451, 20],
    [501, 30],
  ] as const) {
    expect(isVoid(ends, { position, era })).toBe(true);
  }
});

test("snapshots of a history that is no more are put aside, told from new ones", () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-ends-"));
  try {
    const files = new SnapshotFiles(dir, "matcher", 3);
    const bytes = Uint8Array.of(1);
    for (const position of [50, 60]) files.write(position, bytes);
    files.follow([{ position: 50, generation: 2 }]);
    expect(files.list().map(({ position }) => position)).toEqual([50]);
    expect(files.putAside().map(({ position }) => position)).toEqual([60]);
    expect(files.putAside()).toEqual([]);
    files.write(60, bytes);
    expect(new SnapshotFiles(dir, "matcher", 3).list().map(({ era }) => era)).toEqual([2, 0]);
    const digits = (position: number): string => String(position).padStart(20, "0");
    expect(readdirSync(dir).sort()).toEqual([
      `matcher-${digits(50)}.snap`,
      `matcher-${digits(60)}.snap.lost-2`,
      `matcher-e2-${digits(60)}.snap`,
    ]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
