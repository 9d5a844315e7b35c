/**
 * What the log suites append: a real genesis, frames that tell their number, execution records.
 *
 * A log does not look into frames, so these are bytes of any size that begin with their number.
 */
import { viewOf, writeU64 } from "../../src/base/bytes.ts";
import {
  encodeExecution,
  EXECUTION_DURABLE_AT,
  ReportChain,
} from "../../src/protocol/execution.ts";
import { encodeGenesis } from "../../src/protocol/genesis.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { REPORT_SIZE } from "../../src/protocol/report.ts";
import type {
  ExecutionReader,
  ExecutionWriter,
  InputReader,
  ShardLog,
} from "../../src/edges/log.ts";
import { SCOPES_OPERATOR } from "../../src/protocol/codes.ts";

export const SHARD = 7;
export const READ_MAX = 1_048_576;

/** Record 1 of shard 7, at a log time long ago. Another `random` makes another genesis. */
export function genesisRecord(random = 1): Uint8Array {
  const number = 1000;
  const genesis = {
    shard: SHARD,
    directoryOrigin: SHARD,
    rulesVersion: 1,
    random: new Uint8Array(16).fill(random),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 100_000,
    dayStartS: 0,
    limits: {
      accountsMax: number,
      keysMax: number,
      ordersMax: number,
      marketsMax: number,
      assetsMax: number,
      reportsPerRecordMax: number,
    },
    checkpointKey: new Uint8Array(32).fill(2),
    operators: [{ publicKey: new Uint8Array(32).fill(3), scopes: SCOPES_OPERATOR }],
    assets: [],
    markets: [],
    venueField: new Uint8Array(32),
  };
  const frame = encodeGenesis(genesis, () => new Uint8Array(64));
  const header = { shard: SHARD, rulesVersion: 1, directoryOrigin: SHARD, logTime: 1_000_000 };
  return encodePack(header, [frame]);
}

/** Bytes of that size, 4 or more, which begin with `number`. */
export function frameOf(number: number, size = 150): Uint8Array {
  const bytes = new Uint8Array(size).fill(number % 251);
  viewOf(bytes).setUint32(0, number, true);
  return bytes;
}

export interface SeenRecord {
  readonly position: number;
  /** Number of the frame; 0 for a tick. */
  readonly number: number;
  readonly size: number;
}

/** Positions and numbers of the records behind `after` up to `last`, read in batches. */
export async function readAll(
  reader: InputReader,
  after: number,
  last: number,
  bytesMax = READ_MAX,
): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = [];
  const stop = new AbortController().signal;
  for (let at = after; at < last; ) {
    const batch = await reader.read(at, bytesMax, stop);
    if (batch === null) throw new Error("reading was stopped by nobody");
    const records = recordsOf(batch.bytes);
    if (records.length !== batch.count) throw new Error("a batch has another count than records");
    records.forEach((record, i) => {
      seen.push({ position: batch.first + i, number: record.number, size: record.size });
    });
    at = batch.first + batch.count - 1;
  }
  return seen;
}

export interface PlainRecord {
  readonly number: number;
  readonly size: number;
  readonly logTime: number;
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
}

export function recordsOf(bytes: Uint8Array): PlainRecord[] {
  const records: PlainRecord[] = [];
  const view = viewOf(bytes);
  const record = new RecordView();
  for (let at = 0; at < bytes.length; at = record.end) {
    const wrong = readRecord(view, at, record);
    if (wrong !== "") throw new Error(wrong);
    const { frameSize: size, logTime, shard, rulesVersion, directoryOrigin } = record;
    const number = size === 0 ? 0 : view.getUint32(record.end - size, true);
    records.push({ number, size, logTime, shard, rulesVersion, directoryOrigin });
  }
  return records;
}

/** An execution record over these positions, one report for each unless told otherwise. */
export function executionOf(
  epoch: number,
  first: number,
  last: number,
  count = last - first + 1,
): Uint8Array {
  const chain = new ReportChain();
  const reports = new Uint8Array(count * REPORT_SIZE).fill(first % 251);
  const header = {
    shard: SHARD,
    rulesVersion: 1,
    directoryOrigin: SHARD,
    first,
    last,
    epoch,
    durable: last,
    lastCrc: 0,
    chainBefore: chain.value.slice(),
    chain: chain.value,
  };
  return encodeExecution(header, reports);
}

/** As a matcher makes it: its header says what is durable before it is appended. */
export function recordOf(
  writer: ExecutionWriter,
  first: number,
  last: number,
  count = last - first + 1,
): Uint8Array {
  const record = executionOf(writer.epoch, first, last, count);
  writeU64(viewOf(record), EXECUTION_DURABLE_AT, writer.durableWith(last));
  return record;
}

/** Appends records of these spans; their bytes. */
export async function appendSpans(
  writer: ExecutionWriter,
  spans: readonly (readonly [number, number])[],
): Promise<Uint8Array[]> {
  const records: Uint8Array[] = [];
  for (const [first, last] of spans) {
    const record = recordOf(writer, first, last);
    await writer.append(record);
    records.push(record);
  }
  return records;
}

/** Ticks up to that position, so that `ex` has something to cover. */
export async function fillInput(log: ShardLog, last: number): Promise<void> {
  const writer = await log.openInputWriter();
  const missing = last - writer.tip();
  if (missing > 0) await writer.append(Array.from({ length: missing }, () => new Uint8Array(0)));
  await writer.close();
}

/** The execution records that cover positions above `after` up to `last`. */
export async function readExecutions(
  reader: ExecutionReader,
  after: number,
  last: number,
): Promise<Uint8Array[]> {
  const seen: Uint8Array[] = [];
  const stop = new AbortController().signal;
  for (let at = after; at < last; ) {
    const records = await reader.read(at, READ_MAX, stop);
    if (records === null) throw new Error("reading was stopped by nobody");
    seen.push(...records);
    at = Number(viewOf(records.at(-1)!).getBigUint64(16, true));
  }
  return seen;
}

/** Resolves after what is due now, timers of 20 ms included, has had its turn. */
export function settled(): Promise<"settled"> {
  return new Promise((resolve) => setTimeout(() => resolve("settled"), 20));
}
