/** The number of a log that is made anew is above all before it, whatever the clocks say. */
import { afterAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { StoreDenied } from "../../src/edges/object-store.ts";
import { nextGeneration } from "../../src/venue/restored-generation.ts";

const root = mkdtempSync(join(tmpdir(), "clob-generation-"));
afterAll(() => rmSync(root, { recursive: true }));

const NOW_MS = 1_764_000_000_999;
const SECOND = 1_764_000_000;

/** A machine's directory and an export, both as they are before any restore. */
function stand() {
  const dir = join(mkdtempSync(join(root, "one-")), "shard-1");
  const store = new ExportStore(new DirectoryStore(join(dir, "..", "export")), 1);
  const at = (more: { nowMs?: number; logTime?: number; dir?: string } = {}): Promise<number> =>
    nextGeneration({ dir, store, nowMs: NOW_MS, logTime: (SECOND - 5) * 1_000_000, ...more });
  return { dir, store, at };
}

test("it is the clock's second, where the log has not seen later ones", async () => {
  const { at } = stand();
  expect(await at()).toBe(SECOND);
  expect(await at({ nowMs: 0 })).toBe(SECOND - 5 + 1);
  expect(await at({ logTime: (SECOND + 7) * 1_000_000 + 999_999 })).toBe(SECOND + 8);
});

test("it is above every restore that the export was told of, by whatever machine", async () => {
  const { store, at } = stand();
  const early = await at({ nowMs: NOW_MS + 86_400_000 });
  expect(await store.tellRestored({ position: 7, generation: early })).toBe("");
  const elsewhere = join(root, "elsewhere");
  const next = await at({ dir: elsewhere });
  expect(next).toBeGreaterThan(early + 100);
  expect(await store.tellRestored({ position: 7, generation: next })).toBe("");
  expect(await at({ dir: elsewhere })).toBeGreaterThan(next + 100);
  expect(await store.restored()).toEqual([early, next]);
});

test("it is above what the data directory was cleared for, or has put aside", async () => {
  for (const name of ["restored", "lost"]) {
    const { dir, at } = stand();
    mkdirSync(dir);
    if (name === "restored") writeFileSync(join(dir, name), `77 ${SECOND + 50}`);
    else mkdirSync(join(dir, `lost-${SECOND + 50}`));
    expect(await at()).toBeGreaterThan(SECOND + 50 + 100);
  }
});

test("an export that may only be read is not told, and says why", async () => {
  const { store } = stand();
  const denied = { createOnly: () => Promise.reject(new StoreDenied("for reading only")) };
  const reader = new ExportStore(Object.assign(Object.create(store.store), denied), 1);
  expect(await reader.tellRestored({ position: 7, generation: 9 })).toBe("for reading only");
});
