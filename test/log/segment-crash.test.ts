/** Real processes that write a real log, killed at random moments: nothing acknowledged is lost. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { decodeExecution } from "../../src/protocol/execution.ts";
import { readAll, readExecutions } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

const KILLS = 8;
const PROGRAM = join(import.meta.dir, "append-forever.ts");

/** Starts the program, kills it after `lines` answers and so many turns; its last whole answer. */
async function runAndKill(dir: string, seed: number, lines: number): Promise<number> {
  const child = Bun.spawn([process.execPath, PROGRAM, dir, `${seed}`], { stderr: "inherit" });
  const reader = child.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value);
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  }
  await child.exited;
  const answers = text.split("\n").slice(0, -1);
  return Number(answers.at(-1)!.split(" ")[answers.length === 1 ? 1 : 0]);
}

test("kill -9 at random moments: every acknowledged record is there, once, in order", async () => {
  await using stand = new SegmentStand();
  await stand.create();
  await stand.closeLogs();
  const random = new Prng(2);
  let acknowledged = 1;
  for (let kill = 0; kill < KILLS; kill++) {
    const newest = await runAndKill(stand.dir, kill, random.between(2, 120));
    expect(newest).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = newest;
    const log = stand.open();
    const input = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    expect(input.tip()).toBeGreaterThanOrEqual(acknowledged);
    expect(execution.tip()).toBeGreaterThanOrEqual(acknowledged);
    expect(execution.tip()).toBeLessThanOrEqual(input.tip());
    const seen = await readAll(await log.openInputReader(), 1, input.tip());
    const numbers = seen.map(({ number }) => number);
    expect(numbers).toEqual(seen.map((_, i) => i + 2));
    const records = await readExecutions(await log.openExecutionReader(), 0, execution.tip());
    let next = 1;
    for (const record of records.map(decodeExecution)) {
      if (typeof record === "string") throw new Error(record);
      expect(record.first).toBe(next);
      next = record.last + 1;
    }
    await stand.closeLogs();
  }
  expect(stand.segments("in").length).toBeGreaterThan(3);
});
