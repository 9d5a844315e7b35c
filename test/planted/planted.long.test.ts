/**
 * Some planted bugs are planted and seen, one each of orders, time and C. All of them:
 * `bun scripts/planted.ts`.
 */
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import { PlantedCopy } from "../../scripts/planted-copy.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";

const SOME = [
  "a price improvement stays held",
  "the window is not widened by a lower price",
  "the C tree links a new level to the wrong neighbour",
];
const copy = new PlantedCopy(join(import.meta.dir, "..", ".."));
afterAll(() => copy.remove());

test.each(SOME)(
  "%s",
  async (name) => {
    const bug = PLANTED_BUGS.find((known) => known.name === name)!;
    const found = await copy.judge(bug);
    expect(found?.test).toMatch(/^test\/(?:spec|engine|model)\//);
  },
  600_000,
);
