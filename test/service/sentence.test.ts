/** What a process says when it ends: a sentence where the world is in the way, a trace where we are. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { sentenceOf } from "../../src/service/start.ts";

function thrown(step: () => unknown): unknown {
  try {
    return step();
  } catch (error) {
    return error;
  }
}

test("an error of the system is a sentence, a mistake of ours shows where", () => {
  const file = "/nowhere/at/all";
  expect(sentenceOf(thrown(() => readFileSync(file)))).toBe(
    `ENOENT: no such file or directory, open '${file}'`,
  );
  expect(sentenceOf(new TypeError("ours"))).toContain("sentence.test.ts");
});
