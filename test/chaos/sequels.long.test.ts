/** Chaos, rounds that end otherwise: a fence that is lifted, and a log that is made anew. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { redisAvailable } from "../support/redis-server.ts";

const MAIN = join(import.meta.dir, "main.ts");
const ROUND_MS = 300_000;

const ROUNDS = [
  ["went on", ["--seed", "9301", "--level", "D2", "--blow", "none", "--sequel", "clear"]],
  ["restored", ["--seed", "9201", "--level", "D3", "--blow", "flush", "--sequel", "restore"]],
  [
    "restored",
    ["--seed", "9202", "--level", "D0", "--blow", "restart empty", "--sequel", "restore"],
  ],
] as const;

describe.skipIf(!redisAvailable())("chaos", () => {
  test.each(ROUNDS)(
    "%s: %p",
    async (end, words) => {
      const run = Bun.spawn([process.execPath, MAIN, ...words, "--kinds", "cuts,kill service"], {
        stdout: "pipe",
        stderr: "inherit",
      });
      const said = await new Response(run.stdout).text();
      expect([await run.exited, said]).toEqual([0, expect.stringContaining(`: ${end}, `)]);
    },
    ROUND_MS,
  );
});
