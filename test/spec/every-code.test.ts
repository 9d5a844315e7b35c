/**
 * Every reject code that an engine can give is the answer in some play here, and every case of the
 * public conformance set has a play of its name.
 */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REJECT_CODES } from "../../src/protocol/codes.ts";
import { sharedDir } from "../support/shared-dir.ts";

/**
 * Below are those that the bytes alone decide, the signature's, the session's, and the services'.
 */
const ENGINE_FIRST = 201;
const ENGINE_LAST = 413;
const SESSION = ["challenge"];

const CASES = 34;

const scripts = readdirSync(import.meta.dir)
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(import.meta.dir, file), "utf8"))
  .join("\n");

test("every reject code of the engine has its play", () => {
  const missing = REJECT_CODES.filter(({ code }) => code >= ENGINE_FIRST && code <= ENGINE_LAST)
    .map(({ name }) => name)
    .filter((name) => !SESSION.includes(name))
    .filter((name) => !new RegExp(`-> .*refused ${name}\\b`).test(scripts));
  expect(missing).toEqual([]);
});

test("there is a play for each conformance case, by its name where the cases are here", () => {
  const names = [...scripts.matchAll(/^ {2}test\("(\w+_\w+): /gm)].map(([, name]) => name!);
  expect(new Set(names).size).toBe(CASES);
  const shared = sharedDir();
  if (shared === null) return;
  const there = readdirSync(join(shared, "workloads", "cases"))
    .filter((file) => file.endsWith(".bin"))
    .map((file) => file.slice(0, -".bin".length));
  expect(names.toSorted()).toEqual(there.toSorted());
});
