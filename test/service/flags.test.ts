/**
 * A flag that a process does not know: usage, and what was perhaps meant.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";

test.each([
  ["venue", ["--dat", "x"], 'clob-venue: there is no flag --dat (did you mean "--data"?)'],
  [
    "market-matcher",
    ["--chek"],
    'market-matcher: there is no flag --chek (did you mean "--check"?)',
  ],
  ["settlement-plane", ["--qqqqqqqq"], "settlement-plane: there is no flag --qqqqqqqq\n"],
])("%s %p", (service, flags, sentence) => {
  const command = [process.execPath, `src/${service}/main.ts`, ...flags];
  const { exitCode, stderr } = Bun.spawnSync(command, { cwd: join(import.meta.dir, "../..") });
  expect([exitCode, stderr.toString()]).toEqual([2, expect.stringContaining(sentence)]);
});
