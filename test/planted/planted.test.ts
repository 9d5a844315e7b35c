/** Every planted bug can still be planted: its text stands once in its file, and changes it. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { plant, PLANTED_BUGS } from "./planted-bugs.ts";

const root = join(import.meta.dir, "..", "..");

test("there are twenty and more, all different", () => {
  expect(PLANTED_BUGS.length).toBeGreaterThanOrEqual(20);
  expect(new Set(PLANTED_BUGS.map(({ name }) => name)).size).toBe(PLANTED_BUGS.length);
});

test.each(PLANTED_BUGS.map((bug) => [bug.name, bug] as const))("%s", async (_name, bug) => {
  const text = await Bun.file(join(root, bug.file)).text();
  const planted = plant(bug, text);
  if ("wrong" in planted) throw new Error(planted.wrong);
  expect(planted.text).not.toBe(text);
});
