/**
 * Canaries of the planted bugs: two of them, planted in a copy of the tree, must be seen within a
 * few seeds, and the same seeds without them must hold. All of them: bun test/sim/planted.ts.
 */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { PlantedCopy } from "../../scripts/planted-copy.ts";
import { plant } from "../planted/planted-bugs.ts";
import { FLEET_BUGS } from "./planted-bugs.ts";
import { runSlice } from "./slice.ts";

const SEEDS = 20;
const FIRST = 100_000;
const TIME_MS = 120_000;
const CANARIES = ["in is trimmed by MAXLEN as it grows", "the core reads a clock"];

const copy = new PlantedCopy(join(import.meta.dir, "..", ".."));
afterAll(() => copy.remove());

async function failuresOf(): Promise<number> {
  const terms = { seed: FIRST, seeds: SEEDS, words: [], root: copy.dir };
  const { text, complaint } = await runSlice(terms);
  if (!text.startsWith("{")) throw new Error(complaint);
  return (JSON.parse(text) as { failures: unknown[] }).failures.length;
}

test.each(CANARIES)(
  "%s",
  async (name) => {
    const bug = FLEET_BUGS.find((one) => one.name === name)!;
    const file = Bun.file(join(copy.dir, bug.file));
    const text = await file.text();
    const planted = plant(bug, text);
    if ("wrong" in planted) throw new Error(planted.wrong);
    await file.write(planted.text);
    try {
      expect(await failuresOf()).toBe(1);
    } finally {
      await file.write(text);
    }
  },
  TIME_MS,
);

test("without them the copy holds", async () => expect(await failuresOf()).toBe(0), TIME_MS);
