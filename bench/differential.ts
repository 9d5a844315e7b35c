/**
 * The differential run: both engines over millions of random commands, and what came of it as JSON.
 *
 *   bun bench/differential.ts --commands 10000000 --seed 1 [--engine c|ts] [--out FILE]
 *
 * Each seed is a shard of 20,000 commands, so a run that broke off goes on with the next `--seed`.
 * Every record's reports are compared to the byte, all roots every 1,000 commands. The first
 * difference ends the run: its seed and the fewest records that show it go to the error output.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { rejectCode } from "../src/protocol/codes.ts";
import type { Maker } from "../test/support/comparison.ts";
import { runSeed } from "../test/support/differential.ts";
import { nativeEngine, plainEngine, whyNoNative } from "../test/support/fast-engine.ts";
import { ENGINE_REJECTS, REPORT_KINDS, reportName, Tally } from "../test/support/tally.ts";

const COMMANDS_PER_SEED = 20_000;
const ROOTS_EVERY = 1_000;
/** Of each report kind and reject code, below which a run of ten million has a gap. */
const COUNT_WANTED = 1_000;
const SEEDS_PER_LINE = 10;

const { values } = parseArgs({
  options: {
    commands: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    engine: { type: "string", default: "c" },
    out: { type: "string", default: "" },
  },
});
const wanted = Number(values.commands);
const firstSeed = Number(values.seed);
const started = performance.now();
const tally = new Tally();

const make = pickEngine(values.engine);
let seed = firstSeed;
for (; tally.commands < wanted; seed++) {
  const commands = Math.min(COMMANDS_PER_SEED, wanted - tally.commands);
  const said = runSeed({ seed, commands, rootsEvery: ROOTS_EVERY, make, tally });
  if (said !== "") {
    console.error(said);
    process.exit(1);
  }
  if ((seed - firstSeed) % SEEDS_PER_LINE === 0) {
    console.log(`seed ${seed}: ${tally.commands} commands in ${seconds()} s`);
  }
}
await report();

function pickEngine(name: string): Maker {
  if (name === "ts") return plainEngine;
  if (name !== "c") throw new Error(`--engine is c or ts, not ${name}`);
  if (nativeEngine === null) throw new Error(whyNoNative);
  return nativeEngine;
}

function seconds(): number {
  return Math.round((performance.now() - started) / 1000);
}

function counts(
  known: readonly number[],
  found: ReadonlyMap<number, number>,
  name: (number: number) => string = String,
) {
  return Object.fromEntries(known.map((number) => [name(number), found.get(number) ?? 0]));
}

function byNumber(found: ReadonlyMap<number, number>) {
  return counts(
    [...found.keys()].sort((a, b) => a - b),
    found,
  );
}

async function report(): Promise<void> {
  const kinds = counts(REPORT_KINDS, tally.kinds, reportName);
  const rejects = counts(ENGINE_REJECTS, tally.rejects, (code) => rejectCode(code).name);
  const all = Object.entries({ ...kinds, ...rejects });
  const rare = all.filter(([, count]) => count < COUNT_WANTED).map(([name]) => name);
  const result = {
    commit: await gitCommit(),
    command: `bun bench/differential.ts ${process.argv.slice(2).join(" ")}`,
    first_seed: firstSeed,
    last_seed: seed - 1,
    differences: 0,
    commands: tally.commands,
    records: tally.records,
    reports: tally.reports,
    accepted_percent: Number(tally.acceptedPercent.toFixed(2)),
    deepest_levels: tally.deepestLevels,
    most_open_orders: tally.mostOpenOrders,
    command_types: byNumber(tally.commandTypes),
    report_kinds: kinds,
    reject_codes: rejects,
    cancel_reasons: byNumber(tally.cancelReasons),
    mass_cancels_cut_short: tally.massCancelsCutShort,
    rarer_than_1000: rare,
    duration_s: seconds(),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  console.log(text);
  if (values.out !== "") await Bun.write(values.out, text);
}

async function gitCommit(): Promise<string> {
  const child = Bun.spawn(["git", "describe", "--always", "--dirty", "--abbrev=40"]);
  return (await new Response(child.stdout).text()).trim();
}
