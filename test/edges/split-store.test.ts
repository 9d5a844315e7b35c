/** Objects in one place, pointers in another: one pointer left among the objects hides none. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectoryStore } from "../../src/edges/directory-store.ts";
import { StoreConflict } from "../../src/edges/object-store.ts";
import { SplitStore } from "../../src/edges/split-store.ts";

const root = mkdtempSync(join(tmpdir(), "clob-split-"));
afterAll(() => rmSync(root, { recursive: true }));

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a pointer that lies among the objects is refused by name", async () => {
  const objects = new DirectoryStore(join(root, "objects"));
  const heads = new DirectoryStore(join(root, "heads"));
  expect((await objects.swap("s/latest", null, bytesOf("old"))).isSwapped).toBe(true);
  const store = new SplitStore(objects, heads);
  const known = await store.get("s/latest");
  const moving = store.swap("s/latest", known?.version ?? null, bytesOf("new"));
  await expect(moving).rejects.toBeInstanceOf(StoreConflict);
  await expect(moving).rejects.toThrow("s/latest lies in directory");
  expect(await heads.get("s/latest")).toBe(null);
  const { isSwapped, version } = await store.swap("s/in.note", null, bytesOf("1"));
  expect([isSwapped, version === null]).toEqual([true, false]);
  expect((await store.swap("s/in.note", version, bytesOf("2"))).isSwapped).toBe(true);
  expect((await store.get("s/in.note"))?.bytes).toEqual(new Uint8Array(bytesOf("2")));
});
