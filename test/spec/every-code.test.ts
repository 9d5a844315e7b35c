/** Every reject code that an engine can give is the answer in some play here. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { REJECT_CODES } from "../../src/protocol/codes.ts";

/**
 * Below are those that the bytes alone decide, the signature's, the session's, and the services'.
 */
const ENGINE_FIRST = 201;
const ENGINE_LAST = 407;
const SESSION = ["challenge"];

test("every reject code of the engine has its play", () => {
  const scripts = readdirSync(import.meta.dir)
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(join(import.meta.dir, file), "utf8"))
    .join("\n");
  const missing = REJECT_CODES.filter(({ code }) => code >= ENGINE_FIRST && code <= ENGINE_LAST)
    .map(({ name }) => name)
    .filter((name) => !SESSION.includes(name))
    .filter((name) => !new RegExp(`-> .*refused ${name}\\b`).test(scripts));
  expect(missing).toEqual([]);
});
