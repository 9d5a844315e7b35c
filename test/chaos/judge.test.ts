/** The judge of a chaos round sees every way in which a history may differ from the log. */
import { expect, test } from "bun:test";
import { type History, judgeHistory, judgePrefix, type Truth } from "./judge.ts";

const TRUTH: Truth = {
  reports: new Map([[1, ["one", "two", "three"]]]),
  executed: new Map([["aa", 4]]),
};

function history(told: readonly string[], outcomes: readonly [string, string][] = []): History {
  return { name: "account 1 on shard 1", account: 1, shard: 1, told, outcomes: new Map(outcomes) };
}

test("what the log says, as far as it was told, holds", () => {
  expect(judgeHistory(history(["one", "two"], [["aa", "executed"]]), TRUTH)).toBe("");
  expect(judgeHistory(history([], [["bb", "overloaded"]]), TRUTH)).toBe("");
});

test("a report that is another or is not in the log is named", () => {
  const changed = judgeHistory(history(["one", "TWO"]), TRUTH);
  expect(changed).toContain("was told TWO as report 2, the log says two");
  const gone = judgeHistory(history(["one", "two", "three", "four"]), TRUTH);
  expect(gone).toContain("was told four as report 4, the log says undefined");
});

test("a frame that was acknowledged and is gone is named, and one refused that is there", () => {
  const lost = judgeHistory(history([], [["bb", "executed"]]), TRUTH);
  expect(lost).toContain("frame bb is executed, and in the log it is not there");
  const done = judgeHistory(history([], [["aa", "overloaded"]]), TRUTH);
  expect(done).toContain("frame aa is overloaded, and in the log it is there");
});

test("what nobody can know may be either", () => {
  const unknown: [string, string][] = [
    ["aa", "unknown_outcome"],
    ["bb", "unknown_outcome"],
  ];
  expect(judgeHistory(history([], unknown), TRUTH)).toBe("");
  // The client was closed before the frame left.
  const done = judgeHistory(history([], [["aa", "closed"]]), TRUTH);
  expect(done).toContain("frame aa is closed, and in the log it is there");
});

test("a prefix may end before or behind what was told, and may not say otherwise", () => {
  expect(judgePrefix(history(["one"]), TRUTH)).toBe("");
  expect(judgePrefix(history(["one", "two", "three", "four"]), TRUTH)).toBe("");
  expect(judgePrefix(history(["one", "2"]), TRUTH)).toContain("was told 2 as report 2");
});
