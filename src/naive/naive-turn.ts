/**
 * NaiveTurn: one command's turn. What it may read, how it answers, how much it may still say.
 *
 *   state                     everything (naive-state.ts)
 *   view, at                  the command's bytes
 *   account, key, nonce, index   whose frame it is, and which command of it
 *   say(account, kind, ...)   one numbered report
 *   room()                    reports left for this command (RULES.md section 2, "Room")
 *
 * A command either refuses, having changed nothing, or returns null, having said what it did.
 */
import type { Report, ReportBatch } from "../protocol/report.ts";
import * as at from "../protocol/report.ts";
import { writeU64 } from "../base/bytes.ts";
import type { NaiveAccount, NaiveKey, NaiveState } from "./naive-state.ts";

export interface Refusal {
  readonly code: number;
  readonly first: number;
  readonly second: number;
}

/** Null: done. */
export type Answer = Refusal | null;

export function refuse(code: number, first: number | bigint = 0, second: number | bigint = 0) {
  return { code, first: Number(first), second: Number(second) } satisfies Refusal;
}

/** What is the same for all reports of a record. */
export interface Stamp {
  readonly position: number;
  readonly logTime: number;
  /** 16 hex digits. */
  readonly tag: string;
}

export class NaiveTurn {
  readonly state: NaiveState;
  readonly stamp: Stamp;
  private readonly reports: ReportBatch;
  /** Reports in the batch before this record. */
  private readonly reportsBefore: number;
  readonly account: NaiveAccount;
  readonly key: NaiveKey;
  readonly nonce: number;
  readonly view: DataView;
  /** Offset of the command, its place in the frame, and how many come after it. */
  at = 0;
  index = 0;
  later = 0;

  constructor(parts: {
    state: NaiveState;
    stamp: Stamp;
    reports: ReportBatch;
    account: NaiveAccount;
    key: NaiveKey;
    nonce: number;
    view: DataView;
  }) {
    this.state = parts.state;
    this.stamp = parts.stamp;
    this.reports = parts.reports;
    this.reportsBefore = parts.reports.count;
    this.account = parts.account;
    this.key = parts.key;
    this.nonce = parts.nonce;
    this.view = parts.view;
  }

  u8(offset: number): number {
    return this.view.getUint8(this.at + offset);
  }

  u32(offset: number): number {
    return this.view.getUint32(this.at + offset, true);
  }

  u64(offset: number): bigint {
    return this.view.getBigUint64(this.at + offset, true);
  }

  bytes(offset: number, size: number): Uint8Array<ArrayBuffer> {
    const start = this.view.byteOffset + this.at + offset;
    return new Uint8Array(this.view.buffer, start, size).slice();
  }

  /** Reports that this command may still cause. */
  room(): number {
    const said = this.reports.count - this.reportsBefore;
    return this.state.genesis.limits.reportsPerRecordMax - said - this.later;
  }

  /** One numbered report to `account`; returns its offset. */
  say(account: NaiveAccount, kind: number, fields: Partial<Report>): number {
    account.number++;
    const who = { kind, account: account.id, number: account.number, index: this.index };
    return writeNext(this.reports, this.stamp, { ...who, ...fields });
  }

  /** account_opened and key_added have a layout of their own behind offset 44. */
  sayKey(account: NaiveAccount, kind: number, key: NaiveKey): void {
    const start = this.say(account, kind, { subject: key.account });
    const { bytes, view } = this.reports;
    bytes.set(key.publicKey, start + at.REPORT_PUBLIC_KEY_AT);
    view.setUint32(start + at.REPORT_KEY_ID_AT, key.id, true);
    view.setUint32(start + at.REPORT_SCOPES_AT, key.scopes, true);
    writeU64(view, start + at.REPORT_EXPIRY_AT, key.expiry);
  }
}

const NOTHING: Report = {
  kind: 0,
  side: 0,
  liquidity: 0,
  reason: 0,
  account: 0,
  number: 0,
  position: 0,
  logTime: 0,
  tag: "0000000000000000",
  index: 0,
  code: 0,
  subject: 0,
  orderNonce: 0,
  orderKey: 0,
  orderIndex: 0,
  clientOrderId: 0n,
  price: 0,
  last: 0,
  cumulative: 0,
  leaves: 0,
  first: 0,
  second: 0,
};

/** Appends a report, zero where `fields` is silent; returns its offset. */
export function writeNext(batch: ReportBatch, stamp: Stamp, fields: Partial<Report>): number {
  const start = batch.add();
  at.writeReport(batch.view, start, { ...NOTHING, ...stamp, ...fields });
  return start;
}
