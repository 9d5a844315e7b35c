/** Every planted bug of the fleet can still be planted: its text stands once in its file. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { plant } from "../planted/planted-bugs.ts";
import { FLEET_BUGS } from "./planted-bugs.ts";

const root = join(import.meta.dir, "..", "..");

test.each(FLEET_BUGS.map((bug) => [bug.name, bug] as const))("%s", async (_name, bug) => {
  for (const one of [bug, ...(bug.also ?? [])]) {
    const text = await Bun.file(join(root, one.file)).text();
    const planted = plant({ ...one, name: bug.name }, text);
    if ("wrong" in planted) throw new Error(planted.wrong);
    expect(planted.text).not.toBe(text);
  }
});
