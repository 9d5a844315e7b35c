/**
 * Report: what the engine says. 104 bytes each, numbered densely per account.
 *
 *   offset  size  field
 *        0     1  kind           16 .. 41, see codes.ts
 *        1     1  side           1 buy, 2 sell, 0 where there is none
 *        2     1  liquidity      fill: 1 maker, 2 taker
 *        3     1  reason         canceled: why; rejected: the command's type; states: the new state
 *        4     4  account        whose report this is; 0 the operators
 *        8     8  number         dense per account from 1; 0: unnumbered, nothing changed
 *       16     8  position       of the record that caused it
 *       24     8  log_time       of that record
 *       32     8  tag            first 8 bytes of SHA-256 of that record's frame; 0: what is due
 *       40     2  index          of the command in that frame; 65,535 for what is due
 *       42     2  code           rejected: the reject code
 *       44     4  subject        market, or asset, or the account or key spoken of
 *       48     8  order_nonce    order id: nonce, key and index of the frame that placed it
 *       56     4  order_key
 *       60     2  order_index
 *       62     2  reserved       zero
 *       64     8  client_order_id
 *       72     4  price          ticks; fill: the trade's
 *       76     4  last           lots: fill: traded now; canceled, reduced: taken off
 *       80     4  cumulative     lots traded so far
 *       84     4  leaves         lots still open
 *       88     8  first          fill: trade id; rejected: the number stated; funds: the amount
 *       96     8  second         fill: fee; rejected: the number it disagrees with
 *
 * account_opened and key_added use 48..80 for the public key, 80 key id, 84 scopes, 88 expiry.
 *
 * outbox, what this shard owes another, belongs to no account: nobody is sent it, and who hands
 * reports out by account passes it over. 3 entry, 4 account concerned, 8 number of the entry, 44
 * destination shard (65,535 all others), 48..96 as key_added (of a credit 80 asset, 88 amount), 96
 * of a credit the directory.
 */
import { readU64, writeU64 } from "../base/bytes.ts";

export const REPORT_SIZE = 104;

export const REPORT_SIDE_AT = 1;
export const REPORT_LIQUIDITY_AT = 2;
export const REPORT_REASON_AT = 3;
export const REPORT_ACCOUNT_AT = 4;
export const REPORT_NUMBER_AT = 8;
export const REPORT_POSITION_AT = 16;
export const REPORT_LOG_TIME_AT = 24;
export const REPORT_TAG_AT = 32;
export const REPORT_INDEX_AT = 40;
export const REPORT_CODE_AT = 42;
export const REPORT_SUBJECT_AT = 44;
export const REPORT_ORDER_NONCE_AT = 48;
export const REPORT_ORDER_KEY_AT = 56;
export const REPORT_ORDER_INDEX_AT = 60;
export const REPORT_CLIENT_ID_AT = 64;
export const REPORT_PRICE_AT = 72;
export const REPORT_LAST_AT = 76;
export const REPORT_CUMULATIVE_AT = 80;
export const REPORT_LEAVES_AT = 84;
export const REPORT_FIRST_AT = 88;
export const REPORT_SECOND_AT = 96;
export const REPORT_PUBLIC_KEY_AT = 48;
export const REPORT_KEY_ID_AT = 80;
export const REPORT_SCOPES_AT = 84;
export const REPORT_EXPIRY_AT = 88;

/** A report as an object: for clients, tests and the naive engine, never in the hot loop. */
export interface Report {
  kind: number;
  side: number;
  liquidity: number;
  reason: number;
  account: number;
  number: number;
  position: number;
  logTime: number;
  /** 16 hex digits. */
  tag: string;
  index: number;
  code: number;
  subject: number;
  orderNonce: number;
  orderKey: number;
  orderIndex: number;
  clientOrderId: bigint;
  price: number;
  last: number;
  cumulative: number;
  leaves: number;
  first: number;
  second: number;
}

export function readReport(view: DataView, at: number): Report {
  const tag = new Uint8Array(view.buffer, view.byteOffset + at + REPORT_TAG_AT, 8);
  return {
    kind: view.getUint8(at),
    side: view.getUint8(at + REPORT_SIDE_AT),
    liquidity: view.getUint8(at + REPORT_LIQUIDITY_AT),
    reason: view.getUint8(at + REPORT_REASON_AT),
    account: view.getUint32(at + REPORT_ACCOUNT_AT, true),
    number: readU64(view, at + REPORT_NUMBER_AT),
    position: readU64(view, at + REPORT_POSITION_AT),
    logTime: readU64(view, at + REPORT_LOG_TIME_AT),
    tag: tag.toHex(),
    index: view.getUint16(at + REPORT_INDEX_AT, true),
    code: view.getUint16(at + REPORT_CODE_AT, true),
    subject: view.getUint32(at + REPORT_SUBJECT_AT, true),
    orderNonce: readU64(view, at + REPORT_ORDER_NONCE_AT),
    orderKey: view.getUint32(at + REPORT_ORDER_KEY_AT, true),
    orderIndex: view.getUint16(at + REPORT_ORDER_INDEX_AT, true),
    clientOrderId: view.getBigUint64(at + REPORT_CLIENT_ID_AT, true),
    price: view.getUint32(at + REPORT_PRICE_AT, true),
    last: view.getUint32(at + REPORT_LAST_AT, true),
    cumulative: view.getUint32(at + REPORT_CUMULATIVE_AT, true),
    leaves: view.getUint32(at + REPORT_LEAVES_AT, true),
    first: readU64(view, at + REPORT_FIRST_AT),
    second: readU64(view, at + REPORT_SECOND_AT),
  };
}

/** The naive way to write one; the fast engine writes its fields straight into a ReportBatch. */
export function writeReport(view: DataView, at: number, report: Report): void {
  view.setUint8(at, report.kind);
  view.setUint8(at + REPORT_SIDE_AT, report.side);
  view.setUint8(at + REPORT_LIQUIDITY_AT, report.liquidity);
  view.setUint8(at + REPORT_REASON_AT, report.reason);
  view.setUint32(at + REPORT_ACCOUNT_AT, report.account, true);
  writeU64(view, at + REPORT_NUMBER_AT, report.number);
  writeU64(view, at + REPORT_POSITION_AT, report.position);
  writeU64(view, at + REPORT_LOG_TIME_AT, report.logTime);
  const tag = Uint8Array.fromHex(report.tag);
  for (let i = 0; i < tag.length; i++) view.setUint8(at + REPORT_TAG_AT + i, tag[i]!);
  view.setUint16(at + REPORT_INDEX_AT, report.index, true);
  view.setUint16(at + REPORT_CODE_AT, report.code, true);
  view.setUint32(at + REPORT_SUBJECT_AT, report.subject, true);
  writeU64(view, at + REPORT_ORDER_NONCE_AT, report.orderNonce);
  view.setUint32(at + REPORT_ORDER_KEY_AT, report.orderKey, true);
  view.setUint16(at + REPORT_ORDER_INDEX_AT, report.orderIndex, true);
  view.setUint16(at + REPORT_ORDER_INDEX_AT + 2, 0, true);
  view.setBigUint64(at + REPORT_CLIENT_ID_AT, report.clientOrderId, true);
  view.setUint32(at + REPORT_PRICE_AT, report.price, true);
  view.setUint32(at + REPORT_LAST_AT, report.last, true);
  view.setUint32(at + REPORT_CUMULATIVE_AT, report.cumulative, true);
  view.setUint32(at + REPORT_LEAVES_AT, report.leaves, true);
  writeU64(view, at + REPORT_FIRST_AT, report.first);
  writeU64(view, at + REPORT_SECOND_AT, report.second);
}

/**
 * ReportBatch: the engine's output, a growing run of reports. Cleared, never freed; the bytes of
 * one record's reports are those between `count` before and after its `apply`.
 */
export class ReportBatch {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  count = 0;
  /** The same memory by 8 bytes, to zero a report in 13 stores. */
  private words: Float64Array;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity * REPORT_SIZE);
    this.view = new DataView(this.bytes.buffer);
    this.words = new Float64Array(this.bytes.buffer);
  }

  /** Offset of a fresh zeroed report; may move `bytes` and `view`, so re-read them after it. */
  add(): number {
    const at = this.count * REPORT_SIZE;
    if (at + REPORT_SIZE > this.bytes.length) this.grow();
    const words = this.words;
    const end = (at + REPORT_SIZE) / 8;
    for (let i = at / 8; i < end; i++) words[i] = 0;
    this.count++;
    return at;
  }

  clear(): void {
    this.count = 0;
  }

  /** The reports from index `from` on: a view, on loan until the next `add` or `clear`. */
  slice(from: number, to = this.count): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(from * REPORT_SIZE, to * REPORT_SIZE);
  }

  private grow(): void {
    const bigger = new Uint8Array(this.bytes.length * 2);
    bigger.set(this.bytes);
    this.bytes = bigger;
    this.view = new DataView(bigger.buffer);
    this.words = new Float64Array(bigger.buffer);
  }
}
