/**
 * NaiveVoice: who says the reports of a record, and how many may still be said.
 *
 *   state                everything (naive-state.ts)
 *   say(account, ...)    one numbered report
 *   room()               reports left: of what may be said, less what the record said so far,
 *                        less one for each command still to come
 *
 * What is due speaks with a voice of its own (RULES.md section 9); a command with its turn's.
 */
import * as codes from "../protocol/codes.ts";
import { type Report, type ReportBatch, writeReport } from "../protocol/report.ts";
import type { NaiveAccount, NaiveState } from "./naive-state.ts";

/** The tag of what no frame caused. */
export const TAG_OF_DUE = "0000000000000000";

/** What is the same for all reports of a record. */
export interface Stamp {
  readonly position: number;
  readonly logTime: number;
  /** 16 hex digits. */
  readonly tag: string;
}

export interface VoiceParts {
  readonly state: NaiveState;
  readonly stamp: Stamp;
  readonly reports: ReportBatch;
  /** Reports in the batch before this record. */
  readonly before: number;
  /** Reports of this record after which there is no room. */
  readonly most: number;
}

export class NaiveVoice {
  readonly state: NaiveState;
  readonly stamp: Stamp;
  /** Of the command in its frame, and how many commands come after it. */
  index = codes.INDEX_DUE;
  later = 0;
  protected readonly reports: ReportBatch;
  private readonly before: number;
  private readonly most: number;

  constructor({ state, stamp, reports, before, most }: VoiceParts) {
    this.state = state;
    this.stamp = stamp;
    this.reports = reports;
    this.before = before;
    this.most = most;
  }

  /** Reports that may still be said now. */
  room(): number {
    return this.most - (this.reports.count - this.before) - this.later;
  }

  /** One numbered report to `account`; returns its offset. */
  say(account: NaiveAccount, kind: number, fields: Partial<Report>): number {
    account.number++;
    const who = { kind, account: account.id, number: account.number, index: this.index };
    return writeNext(this.reports, this.stamp, { ...who, ...fields });
  }

  /** One report that belongs to no account; returns its offset. */
  sayToNobody(fields: Partial<Report>): number {
    return writeNext(this.reports, this.stamp, { index: this.index, ...fields });
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
  tag: TAG_OF_DUE,
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
  writeReport(batch.view, start, { ...NOTHING, ...stamp, ...fields });
  return start;
}
