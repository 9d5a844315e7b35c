/**
 * The differential run: both engines over millions of random commands, and a record of what came of
 * it that grows from run to run.
 *
 *   bun bench/differential.ts [--commands 100000000] [--record FILE] [--seed N] [--engine c|ts]
 *
 * Each seed is a shard of 20,000 commands. Without --seed it goes on behind the last seed that the
 * record knows, until that many commands are recorded in all; the record is written every so often,
 * so that a run which is broken off has lost little. Every record's reports are compared to the
 * byte, all roots every 1,000 commands, open orders and a restart from a snapshot now and then.
 * The first difference ends the run: it is recorded, and its seed and the fewest records that show
 * it go to the error output.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import type { Maker } from "../test/support/comparison.ts";
import { runSeed } from "../test/support/differential.ts";
import { nativeEngine, plainEngine, whyNoNative } from "../test/support/fast-engine.ts";
import { Tally } from "../test/support/tally.ts";
import { type DifferentialRun, readRecord, runOf, writeRecord } from "./differential-record.ts";

const COMMANDS_PER_SEED = 20_000;
const ROOTS_EVERY = 1_000;
const SEEDS_PER_LINE = 10;
const RECORD = Bun.fileURLToPath(new URL("../docs/runs/differential.json", import.meta.url));

const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "100000000" },
    seed: { type: "string", default: "" },
    engine: { type: "string", default: "c" },
    record: { type: "string", default: RECORD },
  },
});
const wanted = Number(values.commands);
const make = pickEngine(values.engine);
const commit = await gitCommit();
const before = await readRecord(values.record);
const firstSeed = values.seed === "" ? nextSeed(before) : Number(values.seed);
const commandsBefore = before.reduce((sum, { commands }) => sum + commands, 0);
const started = performance.now();
const tally = new Tally();

let difference = "";
let seed = firstSeed;
for (; commandsBefore + tally.commands < wanted && difference === ""; seed++) {
  const left = wanted - commandsBefore - tally.commands;
  const commands = Math.min(COMMANDS_PER_SEED, left);
  difference = runSeed({ seed, commands, rootsEvery: ROOTS_EVERY, make, tally });
  const isLast = difference !== "" || left <= COMMANDS_PER_SEED;
  if (isLast || (seed - firstSeed) % SEEDS_PER_LINE === SEEDS_PER_LINE - 1) await save();
}
if (difference !== "") {
  console.error(difference);
  process.exit(1);
}

function nextSeed(runs: readonly DifferentialRun[]): number {
  return 1 + Math.max(0, ...runs.map(({ last_seed: last }) => last));
}

async function save(): Promise<void> {
  const seconds = (performance.now() - started) / 1000;
  const run = runOf(tally, {
    commit,
    engine: values.engine,
    first_seed: firstSeed,
    last_seed: seed,
    differences: difference === "" ? [] : [`seed ${seed}`],
    duration_s: Math.round(seconds),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  });
  await writeRecord(values.record, [...before, run]);
  const rate = Math.round(tally.commands / seconds);
  console.log(`seed ${seed}: ${commandsBefore + tally.commands} commands in all, ${rate}/s`);
}

function pickEngine(name: string): Maker {
  if (name === "ts") return plainEngine;
  if (name !== "c") throw new Error(`--engine is c or ts, not ${name}`);
  if (nativeEngine === null) throw new Error(whyNoNative);
  return nativeEngine;
}

async function gitCommit(): Promise<string> {
  const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  return (await new Response(child.stdout).text()).trim();
}
