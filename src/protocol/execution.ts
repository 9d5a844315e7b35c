/**
 * Execution record: what a matcher appends to `ex`, the reports of a run of input records.
 *
 *   offset  size  field
 *        0     1  version           2
 *        1     1  kind              3
 *        2     2  shard
 *        4     2  rules_version
 *        6     2  directory_origin
 *        8     8  first             position of the first input record
 *       16     8  last              of the last; the next record's first is last + 1
 *       24     8  epoch             of the matcher's term
 *       32     8  durable           position up to which reports may leave
 *       40     4  count             of reports
 *       44     4  last_crc          crc32 of the input record at `last`, its log time included
 *       48    32  chain_before      report chain before `first`
 *       80    32  chain             report chain after `last`
 *      112        reports, 104 bytes each
 *
 * The report chain: c(0) = 32 zero bytes, c(n) = SHA-256(c(n-1) || bytes of the reports of record
 * n).
 *
 * The reports of a record that causes none are those of any such record: `last_crc` tells which one
 * it was. After a failover two servers may have another record at the same position.
 */
import { readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { HASH_SIZE, Sha256 } from "../base/hash.ts";
import { REPORT_SIZE } from "./report.ts";

export const EXECUTION_VERSION = 2;
export const EXECUTION_KIND = 3;
export const EXECUTION_HEADER_SIZE = 112;

export const EXECUTION_FIRST_AT = 8;
export const EXECUTION_EPOCH_AT = 24;
export const EXECUTION_DURABLE_AT = 32;
const COUNT = 40;
const LAST_CRC = 44;
const CHAIN_BEFORE = 48;
export const EXECUTION_CHAIN_AT = 80;
const CHAIN = EXECUTION_CHAIN_AT;

export interface ExecutionHeader {
  readonly shard: number;
  readonly rulesVersion: number;
  readonly directoryOrigin: number;
  readonly first: number;
  readonly last: number;
  readonly epoch: number;
  readonly durable: number;
  readonly lastCrc: number;
  readonly chainBefore: Uint8Array;
  readonly chain: Uint8Array;
}

export interface Execution extends ExecutionHeader {
  readonly count: number;
  /** The reports' bytes, a view of the record's. */
  readonly reports: Uint8Array;
}

export function encodeExecution(
  header: ExecutionHeader,
  reports: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(EXECUTION_HEADER_SIZE + reports.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, EXECUTION_VERSION);
  view.setUint8(1, EXECUTION_KIND);
  view.setUint16(2, header.shard, true);
  view.setUint16(4, header.rulesVersion, true);
  view.setUint16(6, header.directoryOrigin, true);
  writeU64(view, 8, header.first);
  writeU64(view, 16, header.last);
  writeU64(view, 24, header.epoch);
  writeU64(view, 32, header.durable);
  view.setUint32(COUNT, reports.length / REPORT_SIZE, true);
  view.setUint32(LAST_CRC, header.lastCrc, true);
  bytes.set(header.chainBefore, CHAIN_BEFORE);
  bytes.set(header.chain, CHAIN);
  bytes.set(reports, EXECUTION_HEADER_SIZE);
  return bytes;
}

/** The record, or a sentence about what is wrong with its bytes. */
export function decodeExecution(bytes: Uint8Array): Execution | string {
  if (bytes.length < EXECUTION_HEADER_SIZE) return "execution record is cut";
  const view = viewOf(bytes);
  const version = view.getUint8(0);
  if (version !== EXECUTION_VERSION) return `execution record version ${version} is unknown`;
  if (view.getUint8(1) !== EXECUTION_KIND) return "not an execution record";
  const count = view.getUint32(COUNT, true);
  if (bytes.length !== EXECUTION_HEADER_SIZE + count * REPORT_SIZE) {
    return "execution record length and its count differ";
  }
  const first = readU64(view, 8);
  const last = readU64(view, 16);
  if (first < 1 || last < first) return "execution record covers no positions";
  return {
    shard: view.getUint16(2, true),
    rulesVersion: view.getUint16(4, true),
    directoryOrigin: view.getUint16(6, true),
    first,
    last,
    epoch: readU64(view, 24),
    durable: readU64(view, 32),
    lastCrc: view.getUint32(LAST_CRC, true),
    chainBefore: bytes.subarray(CHAIN_BEFORE, CHAIN_BEFORE + HASH_SIZE),
    chain: bytes.subarray(CHAIN, CHAIN + HASH_SIZE),
    count,
    reports: bytes.subarray(EXECUTION_HEADER_SIZE),
  };
}

/** Follows the report chain record by record. `value` is on loan: it changes in place. */
export class ReportChain {
  readonly value = new Uint8Array(HASH_SIZE);
  private readonly hasher = new Sha256();

  constructor(start?: Uint8Array) {
    if (start !== undefined) this.value.set(start);
  }

  /** One step per input record, with the bytes of its reports (most ticks have none). */
  step(reports: Uint8Array): void {
    this.hasher.update(this.value).update(reports).digest(this.value);
  }
}
