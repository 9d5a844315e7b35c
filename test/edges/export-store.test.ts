/**
 * The pointers of an export: they never go back, and two of one rank are the same.
 */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { ExportStore } from "../../src/edges/export-store.ts";
import { type ObjectStore, StoreConflict } from "../../src/edges/object-store.ts";

const root = mkdtempSync(join(tmpdir(), "clob-pointers-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const rank = (of: Uint8Array): number => Number(new TextDecoder().decode(of).split(" ")[0]);

test("a pointer goes on and never back, and of one rank there is one", async () => {
  const store = new ExportStore(new DirectoryStore(join(root, "a")), 1);
  expect(await store.advance("p", bytes("5 x"), rank)).toBe(true);
  expect(await store.advance("p", bytes("5 x"), rank)).toBe(false);
  expect(await store.advance("p", bytes("4 x"), rank)).toBe(false);
  await expect(store.advance("p", bytes("5 y"), rank)).rejects.toBeInstanceOf(StoreConflict);
  expect(await store.get("p")).toEqual(bytes("5 x"));
  expect(await store.advance("p", bytes("6 y"), rank)).toBe(true);
  expect(await store.get("p")).toEqual(bytes("6 y"));
});

test("who is overtaken while it moves one leaves the further one", async () => {
  const inner = new DirectoryStore(join(root, "b"));
  const other = new ExportStore(inner, 1);
  let isOvertaken = false;
  const slow: ObjectStore = Object.assign(Object.create(inner), {
    swap: async (...args: Parameters<ObjectStore["swap"]>) => {
      if (!isOvertaken) {
        isOvertaken = true;
        await other.advance("p", bytes("9 far"), rank);
      }
      return inner.swap(...args);
    },
  });
  const store = new ExportStore(slow, 1);
  expect(await store.advance("p", bytes("7 near"), rank)).toBe(false);
  expect(await store.get("p")).toEqual(bytes("9 far"));
});
