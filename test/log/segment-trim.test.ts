/** The embedded log while it lets go: killed at any moment, what is left is dense and readable. */
import { expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { Gone } from "../../src/edges/log.ts";
import { frameOf, genesisRecord, READ_MAX, readAll, SHARD } from "./records.ts";
import { SegmentStand } from "./segment-stand.ts";

const KILLS = 6;
const PROGRAM = join(import.meta.dir, "trim-forever.ts");
const NEVER = new AbortController().signal;

/** Its last whole answer: how far it appended, and how far it let go. */
async function runAndKill(dir: string, lines: number): Promise<{ last: number; trimmed: number }> {
  const child = Bun.spawn([process.execPath, PROGRAM, dir], { stderr: "inherit" });
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
  const [last = "0", trimmed = "0"] = (text.split("\n").at(-2) ?? "").split(" ");
  return { last: Number(last), trimmed: Number(trimmed) };
}

test("kill -9 at random moments: no hole, nothing below the floor is missed", async () => {
  await using stand = new SegmentStand();
  await stand.create();
  await stand.closeLogs();
  const random = new Prng(9);
  for (let kill = 0; kill < KILLS; kill++) {
    const { last, trimmed } = await runAndKill(stand.dir, random.between(10, 60));
    const log = stand.open();
    expect(await log.genesis()).toEqual(genesisRecord());
    const writer = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    expect(writer.tip()).toBeGreaterThanOrEqual(last);
    const retention = await log.retention();
    expect(retention.trimmed).toBeGreaterThanOrEqual(trimmed);
    expect(retention.trimmed).toBeLessThan(Math.max(1, retention.checkpointed));
    const seen = await readAll(await log.openInputReader(), retention.trimmed, writer.tip());
    const numbers = seen.map(({ position, number }) => (position === 1 ? 1 : number));
    expect(numbers).toEqual(seen.map((_, i) => retention.trimmed + 1 + i));
    expect(execution.tip()).toBeLessThanOrEqual(writer.tip());
    await stand.closeLogs();
  }
  expect(stand.segments("in")[0]).not.toContain("in-00000000000000000001.seg");
});

test("a power loss between two removals leaves a dense rest", async () => {
  await using stand = new SegmentStand();
  const log = await stand.create();
  const writer = await log.openInputWriter();
  for (let i = 0; i < 60; i++) await writer.append([frameOf(writer.tip() + 1, 10_000)]);
  const paths = stand.segments("in");
  expect(paths.length).toBeGreaterThan(6);
  for (const mark of ["archived", "checkpointed"] as const) await log.cover(mark, writer.tip());
  // The genesis was kept, and no more: as if it had stopped there.
  writeFileSync(join(stand.dir, `shard-${SHARD}`, "genesis"), genesisRecord());
  rmSync(paths[0]!);
  const reader = await log.openInputReader();
  const fault = await reader.read(0, READ_MAX, NEVER).catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Gone);
  const { first } = fault as Gone;
  expect(await readAll(reader, first - 1, writer.tip())).toHaveLength(writer.tip() - first + 1);
  expect(await log.genesis()).toEqual(genesisRecord());
  const { trimmed } = await log.trim(writer.tip());
  expect(trimmed).toBeGreaterThan(first);
  expect(existsSync(paths.at(-1)!)).toBe(true);
  expect(readdirSync(join(stand.dir, `shard-${SHARD}`)).some((name) => name.endsWith(".new"))).toBe(
    false,
  );
});
