/**
 * Chaos, the short one: two rounds of real processes, one with a failover to a replica that lags,
 * one with a power loss; and nothing that was started outlives a run that is killed.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redisAvailable } from "../support/redis-server.ts";

const MAIN = join(import.meta.dir, "main.ts");
const ROUND_MS = 120_000;

function chaos(...words: string[]) {
  return Bun.spawn([process.execPath, MAIN, ...words], { stdout: "pipe", stderr: "inherit" });
}

/** Processes that run in a folder of this round, or have been told of one. */
function livingOf(seed: number): string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8") + readlinkSync(`/proc/${pid}/cwd`);
      } catch {
        return ""; // It has just ended.
      }
    })
    .filter((line) => line.includes(`clob-chaos-${seed}-`));
}

describe.skipIf(!redisAvailable())("chaos", () => {
  test(
    "all holds through a failover to a replica that lags, and through a power loss",
    async () => {
      const asked = [
        ["--seed", "9101", "--level", "D3", "--blow", "lagging failover", "--kinds", "cuts,resets"],
        ["--seed", "9102", "--level", "D2", "--blow", "power loss", "--kinds", "kill service"],
      ];
      const runs = asked.map((words) => chaos("--rounds", "1", ...words));
      const texts = await Promise.all(runs.map((run) => new Response(run.stdout).text()));
      const codes = await Promise.all(runs.map((run) => run.exited));
      expect([codes, codes.every((code) => code === 0) ? "" : texts]).toEqual([[0, 0], ""]);
      for (const text of texts) expect(text).toMatch(/^seed \d+: went on, [1-9]\d* faults/m);
    },
    ROUND_MS,
  );

  test.skipIf(process.platform !== "linux")(
    "nothing outlives a run that is broken off in the middle of it",
    async () => {
      const run = chaos("--seed", "9103", "--trace", "--level", "D0");
      const reader = run.stdout.getReader();
      let said = "";
      while (!said.includes("all is ready")) {
        said += new TextDecoder().decode((await reader.read()).value);
      }
      expect(livingOf(9103).length).toBeGreaterThan(3);
      run.kill("SIGINT");
      expect(await run.exited).toBe(130);
      while (livingOf(9103).length > 0) await Bun.sleep(20);
      const left = readdirSync(tmpdir()).filter((name) => name.startsWith("clob-chaos-9103-"));
      expect(left).toEqual([]);
    },
    ROUND_MS,
  );
});
