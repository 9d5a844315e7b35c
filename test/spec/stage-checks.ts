/**
 * Stage checks: what must be true of any record's reports and of the state behind it, whatever the
 * play is about.
 *
 *   numbers    every account's are dense; so are those of what is owed to other shards
 *   stamps     what is due comes first and has no frame; each other report names its own
 *   outbox     the last report of its command, zero where it says nothing
 *   money      per asset free + held + fees = deposits - withdrawals + net
 *   links      net, directory and links are stated as the reports have told
 */
import { equalBytes } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Carry } from "../../src/protocol/commands.ts";
import * as at from "../../src/protocol/report.ts";
import { readReport, type Report, REPORT_SIZE, writeReport } from "../../src/protocol/report.ts";
import type { SpecEngine } from "./engines.ts";
import { BTC, USD } from "./stage-genesis.ts";

const NO_TAG = "00".repeat(8);
const ENTRIES_TOLD = [
  codes.REPORT_ACCOUNT_OPENED,
  codes.REPORT_KEY_ADDED,
  codes.REPORT_KEY_REVOKED,
];

/** What this shard owes another, or all others. */
export interface Owed {
  readonly to: number;
  readonly carry: Carry;
  readonly report: Report;
}

export class StageChecks {
  private readonly engine: SpecEngine;
  private readonly leads: boolean;
  private readonly numbers = new Map<number, number>();
  private readonly fees = new Map<number, number>();
  /** Deposits less withdrawals, and what came from other shards less what left, by asset. */
  private readonly outside = new Map<number, number>();
  private readonly net = new Map<number, number>();
  private readonly accounts = new Set([0]);
  private readonly links = new Map<number, { out: number; in: number }>();
  private directory = 0;

  constructor(engine: SpecEngine, shard: number, origin: number) {
    this.engine = engine;
    this.leads = shard === origin;
    if (!this.leads) this.links.set(origin, { out: 0, in: 0 });
  }

  /** Reports of one record with this frame. */
  check(said: readonly Report[], owed: readonly Owed[], frame: Uint8Array): void {
    checkStamps(said, frame);
    for (const report of said) this.follow(report);
    for (const one of owed) this.followOwed(one);
    if (!this.leads) {
      const told = said.filter(({ kind }) => ENTRIES_TOLD.includes(kind));
      this.directory += new Set(told.map(({ index }) => index)).size;
    }
    this.checkStated();
    this.checkMoney();
  }

  private follow(report: Report): void {
    const { account, number, kind, subject, first, second, last } = report;
    if (number !== 0) {
      const next = (this.numbers.get(account) ?? 0) + 1;
      if (number !== next) throw new Error(`report ${number} of account ${account} is not ${next}`);
      this.numbers.set(account, number);
    }
    if (kind === codes.REPORT_KEY_ADDED) this.accounts.add(account);
    if (kind === codes.REPORT_FILL) add(this.fees, USD, second);
    if (kind === codes.REPORT_DEPOSITED && account !== 0) add(this.outside, subject, first);
    if (kind === codes.REPORT_WITHDRAWN) add(this.outside, subject, -first);
    if (kind === codes.REPORT_TRANSFERRED) add(this.net, subject, -first);
    if (kind === codes.REPORT_CREDITED) {
      add(this.net, subject, first);
      this.links.get(last)!.in++;
    }
    if (kind === codes.REPORT_SHARD_KNOWN) this.links.set(subject, { out: 0, in: 0 });
  }

  private followOwed({ to, carry, report }: Owed): void {
    const isCredit = carry.entry === codes.ENTRY_CREDIT;
    if (isCredit === (to === codes.SHARD_ALL)) throw new Error(`entry ${carry.entry} is for ${to}`);
    const next = isCredit ? ++this.links.get(to)!.out : ++this.directory;
    if (report.number !== next) throw new Error(`entry ${report.number} to ${to} is not ${next}`);
  }

  private checkStated(): void {
    const { directory, links, net } = this.engine.stated();
    if (directory !== this.directory) {
      throw new Error(`directory ${directory} is stated, not ${this.directory}`);
    }
    const known = [...this.links].sort(([a], [b]) => a - b).map(([s, l]) => [s, l.out, l.in]);
    if (JSON.stringify(known) !== JSON.stringify(links)) {
      throw new Error(`links ${JSON.stringify(links)} are stated, not ${JSON.stringify(known)}`);
    }
    for (const [asset, amount] of net) {
      const moved = this.net.get(asset) ?? 0;
      if (amount !== moved) throw new Error(`net ${amount} of asset ${asset}, not ${moved}`);
    }
  }

  private checkMoney(): void {
    for (const asset of [USD, BTC]) {
      let sum = this.engine.fees(asset);
      if (sum !== (this.fees.get(asset) ?? 0)) throw new Error(`fees of asset ${asset}: ${sum}`);
      for (const account of this.accounts) {
        const [free, held] = this.engine.balance(account, asset);
        if (free < 0 || held < 0) throw new Error(`account ${account} owes asset ${asset}`);
        sum += free + held;
      }
      const there = (this.outside.get(asset) ?? 0) + (this.net.get(asset) ?? 0);
      if (sum !== there) throw new Error(`of asset ${asset} there is ${sum}, not ${there}`);
    }
  }
}

/** What is due comes first and has no frame; each other report names its own. */
function checkStamps(said: readonly Report[], frame: Uint8Array): void {
  const frameTag = sha256(frame).subarray(0, 8).toHex();
  const count = said.filter(({ index }) => index === codes.INDEX_DUE).length;
  for (const [i, { index, tag }] of said.entries()) {
    const isDue = index === codes.INDEX_DUE;
    if (isDue !== i < count) throw new Error("what is due comes first");
    if (tag !== (isDue ? NO_TAG : frameTag)) throw new Error(`a report has the tag ${tag}`);
  }
}

/** An order that was accepted is called after the frame, and the command in it, that placed it. */
export function checkOrderIds(said: readonly Report[], key: number, nonce: number): void {
  for (const report of said) {
    if (report.kind !== codes.REPORT_ACCEPTED) continue;
    const { orderKey, orderNonce, orderIndex, index } = report;
    const isOwn = orderKey === key && orderNonce === nonce && orderIndex === index;
    if (!isOwn) throw new Error(`an order is called ${orderKey}/${orderNonce}/${orderIndex}`);
  }
}

/** The report at `start`: it ends what its command says, and no byte of it is there for nothing. */
export function checkOutbox(reports: at.ReportBatch, start: number, { carry, report }: Owed): void {
  const after = start + REPORT_SIZE;
  const isLast =
    after === reports.count * REPORT_SIZE || readReport(reports.view, after).index !== report.index;
  if (!isLast) throw new Error("something is said of a command behind its outbox report");
  const bytes = new Uint8Array(REPORT_SIZE);
  const view = new DataView(bytes.buffer);
  const { kind, position, logTime, tag, index, subject, number } = report;
  const { entry: reason, account } = carry;
  const plain = { kind, reason, account, number, position, logTime, tag, index, subject };
  const isCredit = carry.entry === codes.ENTRY_CREDIT;
  const first = carry.expiry;
  writeReport(view, 0, { ...NOTHING, ...plain, first, second: isCredit ? carry.directory : 0 });
  bytes.set(carry.publicKey, at.REPORT_PUBLIC_KEY_AT);
  view.setUint32(at.REPORT_KEY_ID_AT, carry.key, true);
  const isKey = !isCredit && carry.entry !== codes.ENTRY_KEY_REVOKE;
  view.setUint32(at.REPORT_SCOPES_AT, isKey ? carry.scopes : 0, true);
  const isSilent = isKey || (carry.expiry === 0) !== isCredit;
  if (!isSilent || !equalBytes(bytes, reports.bytes.subarray(start, after))) {
    throw new Error(`an outbox report says more than its entry: ${JSON.stringify(report, text)}`);
  }
}

const NOTHING = readReport(new DataView(new ArrayBuffer(REPORT_SIZE)), 0);

function text(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function add(sums: Map<number, number>, asset: number, amount: number): void {
  sums.set(asset, (sums.get(asset) ?? 0) + amount);
}
