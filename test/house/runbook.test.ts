/**
 * docs/RUNBOOK.md names, for each of its procedures, the tests that run it, and they are there; and
 * every command in its boxes is below a heading whose tests follow the page word for word.
 */
import { expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linesOf, procedures } from "../support/runbook-fleet.ts";

const ROOT = join(import.meta.dir, "..", "..");
const PAGE = readFileSync(join(ROOT, "docs", "RUNBOOK.md"), "utf8");
const FOLLOWER = "test/house/runbook.long.test.ts";
const [, TABLE = ""] = PAGE.split("\n## What runs these\n");
const rows = new Map(
  [...TABLE.matchAll(/^\| (?!procedure|---)(.+?) \| (.+) \|$/gm)].map(
    ([, name = "", cell = ""]) => [name, cell],
  ),
);
const filesIn = (cell: string): string[] =>
  [...cell.matchAll(/`(test\/[^`]+)`/g)].map(([, file = ""]) => file);

test("every procedure has its row, and every row its procedure", () => {
  expect([...rows.keys()]).toEqual(procedures());
});

test("a row names tests that are there, or says why there is none", () => {
  for (const [name, cell] of rows) {
    const files = filesIn(cell);
    const isTold = files.length > 0 || /^none: .{20,}/.test(cell);
    expect([name, isTold]).toEqual([name, true]);
    const isTest = (file: string): boolean =>
      file.endsWith(".test.ts") &&
      existsSync(join(ROOT, file)) &&
      /\b(?:test|Suite)\b/.test(readFileSync(join(ROOT, file), "utf8"));
    expect(files.filter((file) => !isTest(file))).toEqual([]);
  }
});

test("commands in boxes are followed word for word", () => {
  const story = readFileSync(join(ROOT, FOLLOWER), "utf8");
  const withCommands = ["", ...procedures()].filter((heading) => linesOf(heading).length > 0);
  expect(withCommands.length).toBeGreaterThan(5);
  const unfollowed = withCommands.filter(
    (heading) => !story.includes(`fleet.follow(${JSON.stringify(heading)}`),
  );
  // Minutes of compiling; the tests of its row do it.
  expect(unfollowed).toEqual(["Deploy"]);
});
