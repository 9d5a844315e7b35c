/**
 * EngineRun: a workload through an engine's own `apply`, without network or log, and the hash of
 * its canonical report stream.
 *
 * One shard, one market, two accounts whose deposits cover everything, no fees. Signatures are
 * zero: who reads a log checks them, `apply` does not look. Records are packed before the clock
 * starts, and the pass that is timed does nothing with the reports once they are written.
 */
import { viewOf } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import {
  encodeAssetOpen,
  encodeDeposit,
  encodeKey,
  encodeMarketOpen,
} from "../protocol/commands.ts";
import { encodeFrame, SIGNATURE_SIZE } from "../protocol/frame.ts";
import { encodeGenesis } from "../protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../protocol/record.ts";
import { ReportBatch } from "../protocol/report.ts";
import { CanonicalStream } from "./canonical.ts";
import { cutFrames } from "./flow-commands.ts";
import { replayMarket } from "./replay-market.ts";
import type { Workload } from "./workload.ts";

/** What is needed of an engine, whichever it is. */
export interface ApplyEngine {
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
}

export interface EngineTime {
  /** Of `apply` alone, the reports written included. */
  readonly seconds: number;
  readonly reports: number;
}

const SHARD = 1;
const QUOTE = 1;
const BASE = 2;
const MARKET = 1;
/** Two accounts together stay below 2^53. */
const DEPOSIT = 2 ** 51;
const ORDERS_MAX_LEAST = 16;
const BATCH_MAX = 128;
const RECORD = { shard: SHARD, rulesVersion: codes.RULES_VERSION, directoryOrigin: SHARD };
const LOG_TIME = 1_000_000;

/** Makes an engine for a genesis frame. */
export type OpenEngine = (genesisFrame: Uint8Array) => ApplyEngine;

/** The hash of the report stream that this engine gives. */
export function hashThrough(workload: Workload, open: OpenEngine): string {
  const { genesisFrame, pack, firsts } = packFlow(workload);
  const engine = begin(genesisFrame, open);
  const stream = new CanonicalStream();
  let record = 0;
  applyAll(engine, pack, (reports) => stream.add(firsts[record++]!, reports));
  return stream.hash();
}

/** What a pass of the flow through a fresh engine takes; `clock` gives milliseconds. */
export function timeThrough(workload: Workload, open: OpenEngine, clock: () => number): EngineTime {
  const { genesisFrame, pack } = packFlow(workload);
  const engine = begin(genesisFrame, open);
  const from = clock();
  const reports = applyAll(engine, pack, () => undefined);
  return { seconds: (clock() - from) / 1000, reports };
}

interface PackedFlow {
  readonly genesisFrame: Uint8Array;
  readonly pack: Uint8Array;
  /** By record: its first message. */
  readonly firsts: readonly number[];
}

function packFlow(workload: Workload): PackedFlow {
  const genesisFrame = genesisFor(workload);
  return { genesisFrame, ...flowPack(workload, sha256(genesisFrame)) };
}

/** An engine behind genesis, accounts and deposits. */
function begin(genesisFrame: Uint8Array, open: OpenEngine): ApplyEngine {
  const engine = open(genesisFrame);
  applyAll(engine, setupPack(genesisFrame), () => undefined);
  return engine;
}

function genesisFor(workload: Workload): Uint8Array<ArrayBuffer> {
  const market = replayMarket({ market: MARKET, base: BASE, quote: QUOTE, symbol: "FLOW" });
  return encodeGenesis(
    {
      shard: SHARD,
      directoryOrigin: SHARD,
      rulesVersion: codes.RULES_VERSION,
      random: new Uint8Array(16),
      checkpointIntervalUs: 1_000_000,
      checkpointCommands: 100_000,
      dayStartS: 0,
      limits: {
        accountsMax: 2,
        keysMax: 3,
        ordersMax: Math.max(ORDERS_MAX_LEAST, workload.count),
        marketsMax: 1,
        assetsMax: 2,
        reportsPerRecordMax: 65_536,
      },
      checkpointKey: new Uint8Array(32),
      operators: [{ publicKey: new Uint8Array(32).fill(9), scopes: codes.SCOPES_OPERATOR }],
      assets: [encodeAssetOpen(QUOTE, 0, "QUOTE"), encodeAssetOpen(BASE, 0, "BASE")],
      markets: [encodeMarketOpen(market)],
      venueField: new Uint8Array(32),
    },
    () => new Uint8Array(SIGNATURE_SIZE),
  );
}

/** Genesis, accounts 1 and 2 with keys 2 and 3, deposits of both assets. */
function setupPack(genesisFrame: Uint8Array): Uint8Array {
  const venue = sha256(genesisFrame);
  const frames = [genesisFrame];
  let nonce = 0;
  const add = (kind: number, shard: number, command: Uint8Array): void => {
    const header = { kind, shard, venue, account: 0, key: 1, nonce: ++nonce, expiry: 0 };
    frames.push(encodeFrame(header, [command]));
  };
  for (const account of [1, 2]) {
    const publicKey = new Uint8Array(32).fill(account);
    const open = encodeKey(codes.COMMAND_ACCOUNT_OPEN, publicKey, codes.SCOPES_TRADER, 0);
    add(codes.FRAME_DIRECTORY, codes.SHARD_DIRECTORY, open);
    for (const asset of [QUOTE, BASE]) {
      add(codes.FRAME_OPERATOR, SHARD, encodeDeposit(asset, account, DEPOSIT, nonce + 1));
    }
  }
  return encodePack({ ...RECORD, logTime: LOG_TIME }, frames);
}

function flowPack(
  workload: Workload,
  venue: Uint8Array,
): { pack: Uint8Array; firsts: readonly number[] } {
  const frames: Uint8Array[] = [];
  const firsts: number[] = [];
  const nonces = [0, 0];
  const options = { accounts: 2, batchMax: BATCH_MAX, market: MARKET } as const;
  for (const { first, owner, commands } of cutFrames(workload, options)) {
    const nonce = (nonces[owner] = nonces[owner]! + 1);
    const who = { account: owner + 1, key: owner + 2, nonce, expiry: 0 };
    frames.push(encodeFrame({ kind: codes.FRAME_TRADER, shard: SHARD, venue, ...who }, commands));
    firsts.push(first);
  }
  return { pack: encodePack({ ...RECORD, logTime: LOG_TIME }, frames), firsts };
}

/** Shows the reports of each record, on loan; returns how many there were. */
function applyAll(
  engine: ApplyEngine,
  pack: Uint8Array,
  each: (reports: Uint8Array) => void,
): number {
  const view = viewOf(pack);
  const record = new RecordView();
  const reports = new ReportBatch();
  let count = 0;
  for (let at = 0; at < pack.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    engine.apply(view, record, reports);
    count += reports.count;
    each(reports.slice(0));
  }
  return count;
}
