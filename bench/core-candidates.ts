/**
 * CoreCandidates: everything that runs the five scenarios in core.bench, by name.
 *
 * A candidate makes its messages ready outside the clock and answers with a checksum. Those of one
 * kind must all answer the same: books fold their trades and cancels, the others count reports.
 */
import { viewOf } from "../src/base/bytes.ts";
import { sha256, sha256Into } from "../src/base/hash.ts";
import { openNativeLevels } from "../src/edges/native-levels.ts";
import { Engine } from "../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../src/engine/levels.ts";
import { ReportsOut } from "../src/engine/reports-out.ts";
import { SEAT_ACCOUNT, SEAT_SHIFT } from "../src/engine/seats.ts";
import type { Workload } from "../src/load/workload.ts";
import { checkFrame } from "../src/protocol/check-frame.ts";
import { ReportChain } from "../src/protocol/execution.ts";
import { RECORD_HEADER_SIZE, readRecord, RecordView } from "../src/protocol/record.ts";
import { ReportBatch } from "../src/protocol/report.ts";
import { BooksAlone, type Columns, columnsOf, type Runs } from "./books-alone.ts";
import { buildFlow, type Flow, type FlowOptions, PLAIN_FLOW, replayPack } from "./flow.ts";
import { openLimitOrderBook } from "./peer-limit-order-book.ts";
import { openNodejsOrderBook } from "./peer-nodejs-order-book.ts";
import { PlainLevels, PlainOrders } from "./plain-books.ts";

type Levels = (limits: LevelLimits) => PriceLevels;

export interface Candidate {
  /** Books fold trades and cancels; "reports" counts reports; "frames" is alone. */
  readonly kind: "book" | "reports" | "frames";
  /** A peer too slow for the whole flow runs its beginning. */
  readonly messagesMax?: number;
  /** Rounds in a process, where the usual number would take too long. */
  readonly rounds?: number;
  readonly prepare: (workload: Workload) => () => () => number;
}

const ORDERS_MAX = PLAIN_FLOW.ordersMax;
const CHECKPOINT_COMMANDS = 100_000;
export const ONE_ACCOUNT: FlowOptions = { ...PLAIN_FLOW, accounts: 1 };

export const hasNative = openNativeLevels({ sideCount: 2, levelCount: 2 }) !== null;

/** The levels that a service takes: C where it was built. */
export function bestLevels(limits: LevelLimits): PriceLevels {
  return openNativeLevels(limits) ?? createLevels(limits);
}

export const CANDIDATES: Readonly<Record<string, Candidate>> = {
  "books alone, C levels": book(() => new BooksAlone(bestLevels, ORDERS_MAX)),
  "books alone, TypeScript levels": book(() => new BooksAlone(createLevels, ORDERS_MAX)),
  "apply, C levels": applying(ONE_ACCOUNT, bestLevels),
  "apply, TypeScript levels": applying(ONE_ACCOUNT, createLevels),
  "apply, two accounts": applying(PLAIN_FLOW, bestLevels),
  "plain book, sorted orders": book(() => new PlainOrders()),
  "plain book, sorted levels": book(() => new PlainLevels()),
  "nodejs-order-book 10.1.1": {
    ...book(openNodejsOrderBook, 60_000),
    rounds: 2,
  },
  "limit-order-book 1.0.1": {
    ...book(openLimitOrderBook, 20_000),
    rounds: 2,
  },
  "frames checked and hashed": { kind: "frames", prepare: readingFrames },
  "apply, reports not written": playing(false, replayUnwritten),
  "apply with chain": playing(false, replayChained),
  "apply with chain and roots": playing(true, replayRooted),
};

/** What `apply` adds to what, in the order of the layers. */
export const LAYERS: readonly (readonly [name: string, candidate: string])[] = [
  ["books alone", "books alone, C levels"],
  ["+ frames, nonces, checks, ledger", "apply, reports not written"],
  ["+ reports", "apply, C levels"],
  ["+ report chain", "apply with chain"],
  ["+ roots every 100,000 commands", "apply with chain and roots"],
];

function book(open: (columns: Columns) => Runs, messagesMax = Infinity): Candidate {
  return {
    kind: "book",
    messagesMax,
    prepare: (workload) => {
      const columns = columnsOf(workload, messagesMax);
      return () => {
        const empty = open(columns);
        return () => empty.run(columns);
      };
    },
  };
}

function applying(options: FlowOptions, levels: Levels): Candidate {
  return {
    kind: "reports",
    prepare: (workload) => {
      const flow = buildFlow(workload, options);
      return () => {
        const engine = opened(flow, levels, false);
        return () => replayPack(engine, flow.records);
      };
    },
  };
}

function playing(roots: boolean, play: (engine: Engine, flow: Flow) => number): Candidate {
  return {
    kind: "reports",
    prepare: (workload) => {
      const flow = buildFlow(workload, ONE_ACCOUNT);
      return () => {
        const engine = opened(flow, bestLevels, roots);
        return () => play(engine, flow);
      };
    },
  };
}

export function opened(flow: Flow, levels: Levels, roots: boolean): Engine {
  const engine = new Engine(flow.genesisFrame, { levels, roots });
  replayPack(engine, flow.setup);
  return engine;
}

function readingFrames(workload: Workload): () => () => number {
  const flow = buildFlow(workload, ONE_ACCOUNT);
  return () => () => readFrames(flow);
}

/** Reads all records, checks and hashes their frames, as `apply` does. */
function readFrames(flow: Flow): number {
  const view = viewOf(flow.records);
  const record = new RecordView();
  const scope = { venue: sha256(flow.genesisFrame), shard: 1, directoryOrigin: 1 };
  const hash = new Uint8Array(32);
  let sum = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    const frame = flow.records.subarray(at + RECORD_HEADER_SIZE, record.end);
    sum += checkFrame(frame, scope);
    sha256Into(frame, hash);
    sum += hash[0]!;
  }
  return sum;
}

/** The loop of `apply` with a step after each record and one at the end. */
interface Steps {
  record(reports: ReportBatch, lastMessage: number): void;
  end(): void;
}

function replaySteps(engine: Engine, flow: Flow, steps: Steps): number {
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  let count = 0;
  let index = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    count += reports.count;
    steps.record(reports, flow.firsts[index++]!);
  }
  steps.end();
  return count;
}

function replayChained(engine: Engine, flow: Flow): number {
  const chain = new ReportChain();
  return replaySteps(engine, flow, {
    record: (reports) => chain.step(reports.slice(0)),
    end: () => {},
  });
}

function replayRooted(engine: Engine, flow: Flow): number {
  const chain = new ReportChain();
  let next = CHECKPOINT_COMMANDS;
  return replaySteps(engine, flow, {
    record: (reports, message) => {
      chain.step(reports.slice(0));
      if (message < next) return;
      engine.roots();
      next += CHECKPOINT_COMMANDS;
    },
    end: () => engine.roots(),
  });
}

/**
 * From here on this process counts and numbers reports, but writes none of their fields: what is
 * left is what the state needs, the account's number and that the account has changed.
 */
function replayUnwritten(engine: Engine, flow: Flow): number {
  const { state } = engine;
  const { accounts, changes, slab, seats } = state;
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  const begin = (_head: number, account: number): number => {
    accounts.number[account] = accounts.number[account]! + 1;
    changes.account(account);
    reports.count++;
    return 0;
  };
  const order = (slot: number): number =>
    begin(0, seats.words[((slab.seatSide(slot) >> 1) << SEAT_SHIFT) + SEAT_ACCOUNT]!);
  const nothing = (): void => {};
  const reject = (): number => begin(0, 1);
  const written = { begin, order, reject, numbers: nothing, lots: nothing, fill: nothing };
  for (const [name, value] of Object.entries(written)) {
    Object.defineProperty(ReportsOut.prototype, name, { value });
  }
  let count = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    count += reports.count;
  }
  return count;
}
