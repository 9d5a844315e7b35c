/**
 * core.bench: messages per second through the core, layer by layer, over the five scenarios.
 *
 *   bun bench/core.bench.ts [smoke|full]
 *
 *   books alone      slab, index, levels and queues, C and TypeScript levels; a plain book beside
 *   frames           checkFrame and SHA-256 of each frame, which `apply` does too
 *   apply            everything: frames, nonces, ledger, matching, reports; frames of 128 by one
 *                    account. "two accounts": buys and sells are two accounts', so that frames are
 *                    as short as runs of one side are (often one or two messages)
 *   with chain       the same as apply, and the report chain
 *   with roots       the same, the state tries brought up to date every 100,000 commands
 *
 * Each candidate is a process of its own, as in life, so that no candidate decides how another is
 * compiled; candidates take turns, and the figures are median and best over all rounds. Loading,
 * packing and opening of engines are outside the clock. Then come 21,000 markets at random, a
 * snapshot, and the time of one apply.
 */
import { viewOf } from "../src/base/bytes.ts";
import { sha256, Sha256 } from "../src/base/hash.ts";
import { openNativeLevels } from "../src/edges/native-levels.ts";
import { Engine } from "../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../src/engine/levels.ts";
import type { Workload } from "../src/load/workload.ts";
import { checkFrame } from "../src/protocol/check-frame.ts";
import { ReportChain } from "../src/protocol/execution.ts";
import { RECORD_HEADER_SIZE, readRecord, RecordView } from "../src/protocol/record.ts";
import { ReportBatch } from "../src/protocol/report.ts";
import { BooksAlone, columnsOf, PlainBook } from "./books-alone.ts";
import { buildFlow, type Flow, type FlowOptions, PLAIN_FLOW, replayPack } from "./flow.ts";
import { loadScenario, SCENARIOS } from "./scenarios.ts";
import { benchApply, benchMarkets, benchSnapshot } from "./core-parts.ts";

type Size = "smoke" | "full";
type Levels = (limits: LevelLimits) => PriceLevels;

/** Processes per candidate, and rounds in each; the first round of a process warms up. */
const TURNS = { smoke: 1, full: 3 };
const ROUNDS = { smoke: 2, full: 6 };
const CHECKPOINT_COMMANDS = 100_000;
const ORDERS_MAX = PLAIN_FLOW.ordersMax;

/** Makes ready outside the clock, and gives what is timed: it answers with a checksum. */
type Prepare = () => () => number;
/** A candidate on a workload, whatever it makes of it beforehand. */
type Candidate = (workload: Workload) => Prepare;

const CANDIDATES: Readonly<Record<string, Candidate>> = {
  "books alone, C levels": (workload) => booksAlone(workload, nativeLevels),
  "books alone, TypeScript levels": (workload) => booksAlone(workload, createLevels),
  "plain sorted-array book": (workload) => {
    const columns = columnsOf(workload);
    return () => () => new PlainBook().run(columns);
  },
  "frames checked and hashed": (workload) => {
    const flow = buildFlow(workload, ONE_ACCOUNT);
    return () => () => readFrames(flow);
  },
  "apply, C levels": (workload) => applying(buildFlow(workload, ONE_ACCOUNT), nativeLevels),
  "apply, TypeScript levels": (workload) => applying(buildFlow(workload, ONE_ACCOUNT)),
  "apply, two accounts": (workload) => applying(buildFlow(workload, PLAIN_FLOW)),
  "apply with chain": (workload) => {
    const flow = buildFlow(workload, ONE_ACCOUNT);
    return () => {
      const engine = opened(flow, createLevels, false);
      return () => replayChained(engine, flow.records);
    };
  },
  "apply with roots": (workload) => {
    const flow = buildFlow(workload, ONE_ACCOUNT);
    return () => {
      const engine = opened(flow, createLevels, true);
      return () => replayRooted(engine, flow);
    };
  },
};

/** By scenario: what a process found. */
interface Found {
  readonly rates: number[];
  sum: number;
}

export async function run(size: Size): Promise<void> {
  const names = Object.keys(CANDIDATES).filter((name) => !name.includes("C levels") || hasNative);
  const table = new Map<string, Found[]>();
  for (let turn = 0; turn < TURNS[size]; turn++) {
    for (const name of names) {
      const child = Bun.spawn([process.execPath, import.meta.path, size, name], {
        stdout: "pipe",
        stderr: "inherit",
      });
      const found: Found[] = JSON.parse(await new Response(child.stdout).text());
      const known = table.get(name);
      if (known === undefined) table.set(name, found);
      else for (const [i, { rates }] of found.entries()) known[i]!.rates.push(...rates);
    }
  }
  printTable(table);
  await benchMarkets(size);
  benchSnapshot(size);
  benchApply(await loadScenario("normal", size));
}

function printTable(table: ReadonlyMap<string, Found[]>): void {
  const cells = [...SCENARIOS, "worst"].map((name) => name.padStart(15)).join("");
  console.log(`${"core, M messages/s, median / best".padEnd(36)}${cells}`);
  for (const [name, found] of table) {
    const medians = found.map(({ rates }) => rates.toSorted((a, b) => a - b)[rates.length >> 1]!);
    const shown = found.map(({ rates }, i) => pair(medians[i]!, Math.max(...rates)));
    const worst = Math.min(...medians)
      .toFixed(2)
      .padStart(15);
    const sum = found.reduce((total, row) => (Math.imul(total, 31) + row.sum) | 0, 0);
    console.log(`core, ${name.padEnd(30)}${shown.join("")}${worst}  checksum ${sum}`);
  }
}

function pair(median: number, best: number): string {
  return `${median.toFixed(2)} / ${best.toFixed(2)}`.padStart(15);
}

/** What a child process does: one candidate over all scenarios, found as JSON on its output. */
async function runCandidate(name: string, size: Size): Promise<void> {
  const candidate = CANDIDATES[name];
  if (candidate === undefined) throw new Error(`no candidate is called ${name}`);
  const found: Found[] = [];
  for (const scenario of SCENARIOS) {
    const workload = await loadScenario(scenario, size);
    const prepare = candidate(workload);
    const row: Found = { rates: [], sum: 0 };
    for (let round = 0; round < ROUNDS[size]; round++) {
      const body = prepare();
      const begin = Bun.nanoseconds();
      row.sum = body();
      const rate = (workload.count * 1000) / (Bun.nanoseconds() - begin);
      if (round > 0) row.rates.push(rate);
    }
    found.push(row);
  }
  console.log(JSON.stringify(found));
}

const ONE_ACCOUNT: FlowOptions = { ...PLAIN_FLOW, accounts: 1 };
const hasNative = openNativeLevels({ sideCount: 2, levelCount: 2 }) !== null;

function nativeLevels(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error("the C levels were here a moment ago");
  return levels;
}

function booksAlone(workload: Workload, levels: Levels): Prepare {
  const columns = columnsOf(workload);
  return () => {
    const books = new BooksAlone(levels, ORDERS_MAX);
    return () => books.run(columns);
  };
}

function applying(flow: Flow, levels: Levels = createLevels): Prepare {
  return () => {
    const engine = opened(flow, levels, false);
    return () => replayPack(engine, flow.records);
  };
}

function opened(flow: Flow, levels: Levels, roots: boolean): Engine {
  const engine = new Engine(flow.genesisFrame, { levels, roots });
  replayPack(engine, flow.setup);
  return engine;
}

/** Reads all records, checks and hashes their frames. */
function readFrames(flow: Flow): number {
  const view = viewOf(flow.records);
  const record = new RecordView();
  const scope = { venue: sha256(flow.genesisFrame), shard: 1 };
  const hasher = new Sha256();
  const hash = new Uint8Array(32);
  let sum = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    const frame = flow.records.subarray(at + RECORD_HEADER_SIZE, record.end);
    sum += checkFrame(frame, scope);
    hasher.update(frame).digest(hash);
    sum += hash[0]!;
  }
  return sum;
}

function replayChained(engine: Engine, pack: Uint8Array): number {
  const view = viewOf(pack);
  const record = new RecordView();
  const reports = new ReportBatch();
  const chain = new ReportChain();
  let count = 0;
  for (let at = 0; at < pack.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    chain.step(reports.slice(0));
    count += reports.count;
  }
  return count;
}

function replayRooted(engine: Engine, flow: Flow): number {
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  let next = CHECKPOINT_COMMANDS;
  let count = 0;
  let index = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    count += reports.count;
    if (flow.firsts[index++]! < next) continue;
    engine.roots();
    next += CHECKPOINT_COMMANDS;
  }
  engine.roots();
  return count;
}

const [, , sizeWord, candidateName] = process.argv;
if (import.meta.main) {
  const size = sizeWord === "full" ? "full" : "smoke";
  if (candidateName === undefined) await run(size);
  else await runCandidate(candidateName, size);
}
