/**
 * The continuous export where something waits for a record: parts between two borders, true each
 * time, and the whole objects behind them are those of everybody else.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import {
  expectSame,
  objectsOf,
  POINTERS,
  until,
  verdictOn,
  WHOLE,
} from "../support/export-facts.ts";
import { ExportStand } from "../support/export-stand.ts";

test("what is waited for ends a step between borders; the next one is as ever", async () => {
  await using stand = await ExportStand.open();
  const dir = join(stand.root, "out");
  const random = new Prng(21);
  let awaited = 0;
  let heard = 0;
  const parts = { awaited: () => awaited, promptMsMin: 0, onArchived: () => void heard++ };
  await using running = stand.start(new DirectoryStore(dir), parts);
  const { progress } = running.exporter;
  stand.count = 1;
  await until(() => progress.archived === 1);
  const seen = new Map<string, string>();
  let parted = 0;
  for (let count = 2; count < stand.all; count += 1 + random.below(8)) {
    stand.count = count;
    const position = stand.positionOf(count);
    // Nobody waits, or for what is not signed yet: the last border is as far as it goes.
    awaited = position + 1;
    await until(() => progress.archived >= stand.borderOf(count));
    expect(progress.archived < position || position === stand.borderOf(count)).toBe(true);
    awaited = position;
    await until(() => progress.archived === position);
    parted += position === stand.borderOf(count) ? 0 : 1;
    const verdict = await verdictOn(stand, dir);
    expect(verdict).toMatchObject({ ok: true, shards: [{ records: position, isCut: false }] });
    for (const [name, hash] of objectsOf(dir)) {
      if (!POINTERS.has(name)) expect([name, seen.get(name) ?? hash]).toEqual([name, hash]);
      seen.set(name, hash);
    }
  }
  expect([parted > 3, heard > parted]).toEqual([true, true]);
  awaited = 0;
  stand.count = stand.all;
  await until(() => progress.archived === WHOLE);
  expectSame(dir, stand.whole);
  expect([progress.faults, progress.why]).toEqual([0, ""]);
}, 60_000);
