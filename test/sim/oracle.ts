/**
 * Oracle: what the log of the primary means, by the naive engine; and what has been promised.
 *
 *   in of the primary -> naive engine -> reports        compared with every record of ex
 *   what clients saw  -> `shown`                        may never be gone, or be otherwise
 *
 * After a failover the new primary's log may be shorter. What was shown must still be there,
 * unless more failed than the level of this run allows.
 */
import { equalBytes, readU64, viewOf } from "../../src/base/bytes.ts";
import { crc32 } from "../../src/base/crc32.ts";
import { sha256 } from "../../src/base/hash.ts";
import { composeRecords, type PackEntry, readPackEntry } from "../../src/edges/redis-entries.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { REPORT_CREDITED, REPORT_OUTBOX } from "../../src/protocol/codes.ts";
import type { Carry } from "../../src/protocol/commands.ts";
import { decodeExecution, type Execution, ReportChain } from "../../src/protocol/execution.ts";
import { carryOf, outboxDestination } from "../../src/protocol/outbox.ts";
import { FRAME_ACCOUNT_AT } from "../../src/protocol/frame.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../../src/protocol/record.ts";
import * as at from "../../src/protocol/report.ts";
import type { Done } from "../../src/protocol/session.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import type { Entry } from "./keyspace.ts";
import type { RedisNode } from "./redis-node.ts";
import { textOf } from "./resp.ts";

/** Something that may never happen has happened. */
export class Violation extends Error {
  override readonly name = "Violation";
}

/** One record of the log, as the naive engine understands it. */
interface Known {
  readonly bytes: Uint8Array;
  readonly sum: number;
  readonly reports: Uint8Array;
}

export class Oracle {
  engine: NaiveEngine;
  readonly records: Known[] = [];
  /** Numbered reports by account, as text; the first has number 1. */
  readonly reports = new Map<number, string[]>();
  /** Frames of which a numbered report tells, and the position, by tag. */
  readonly executed = new Map<string, number>();
  /** What is owed to another shard, by destination, in the order of its numbers. */
  readonly outbox = new Map<number, { carry: Carry; position: number }[]>();
  /** Credits applied, by source. */
  readonly credited = new Map<number, string[]>();
  /** Highest position of which somebody outside has heard. */
  shown = 0;
  /** More failed than the level allows. */
  isExceeded = false;
  losses = 0;
  private readonly shard: number;
  private readonly genesisFrame: Uint8Array;
  private readonly shownSums = new Map<number, number>();
  private readonly record = new RecordView();
  private readonly batch = new at.ReportBatch();
  private exTip = 0;
  /** After each record; the engine holds Clear against the last. */
  private chains: Uint8Array[] = [new Uint8Array(32)];
  private chain = new ReportChain();
  private epoch = 0;
  private seenIn = 0;
  private seenEx = 0;

  constructor(genesisFrame: Uint8Array, shard = 1) {
    this.shard = shard;
    this.genesisFrame = genesisFrame;
    this.engine = new NaiveEngine(genesisFrame);
    this.engine.followChain(this.chain);
  }

  get tip(): number {
    return this.records.length;
  }

  get executedTip(): number {
    return this.exTip;
  }

  /** Somebody outside has seen a report of this position, or a checkpoint over it. */
  show(position: number, who: string): void {
    if (position > this.exTip && !this.isExceeded) {
      throw new Violation(`${who} has seen position ${position}, and ex ends at ${this.exTip}`);
    }
    for (let p = this.shown + 1; p <= Math.min(position, this.tip); p++) {
      this.shownSums.set(p, this.records[p - 1]!.sum);
    }
    this.shown = Math.max(this.shown, position);
  }

  /** Somebody was told that a frame of its account is done: then that is what stands there. */
  showDone({ position, tag, account }: Done, who: string): void {
    if (this.isExceeded) return;
    const frame = this.records[position - 1]?.bytes.subarray(RECORD_HEADER_SIZE);
    const isTick = frame === undefined || frame.length === 0;
    const isIts = !isTick && viewOf(frame).getUint32(FRAME_ACCOUNT_AT, true) === account;
    if (isIts && equalBytes(sha256(frame).subarray(0, tag.length), tag)) return;
    throw new Violation(`${who} was told that its frame is done at ${position}, which is another`);
  }

  /** Looks at what a turn of the primary has changed. */
  look(node: RedisNode): void {
    const input = node.commands.keyspace.stream(`in:{${this.shard}}`);
    if (input !== null && input.last !== this.seenIn) {
      for (const entry of behind(input.entries, this.tip)) this.take(entry);
      this.seenIn = input.last;
    }
    const output = node.commands.keyspace.stream(`ex:{${this.shard}}`);
    if (output === null || output.last === this.seenEx) return;
    for (const entry of behind(output.entries, this.exTip)) this.judge(entry);
    this.seenEx = output.last;
  }

  /** Another primary, or the same one started anew: what of all we know does it have? */
  rebase(node: RedisNode): void {
    const before = this.records.splice(0);
    this.engine = new NaiveEngine(this.genesisFrame);
    this.chain = new ReportChain();
    this.engine.followChain(this.chain);
    this.reports.clear();
    this.executed.clear();
    this.outbox.clear();
    this.credited.clear();
    this.exTip = this.epoch = this.seenIn = this.seenEx = 0;
    this.chains = [new Uint8Array(32)];
    this.remember(node, before);
    this.look(node);
    if (this.tip < before.length) this.losses++;
    for (let position = 1; position <= this.shown; position++) {
      const found = this.records[position - 1]?.sum;
      if (found === this.shownSums.get(position) || this.isExceeded) continue;
      throw new Violation(`record ${position} was shown and is ${found ? "another" : "gone"}`);
    }
  }

  /** What this server has let go of is what it was: it may only be what is durable. */
  private remember({ commands }: RedisNode, before: readonly Known[]): void {
    const { keyspace } = commands;
    const [first] = keyspace.stream(`in:{${this.shard}}`)?.entries ?? [];
    const gone = first === undefined ? 0 : first.id - packOf(first).count;
    const said = keyspace.hash(`ctl:{${this.shard}}`)?.get("trimmed");
    const trimmed = said === undefined ? 0 : Number(textOf(said));
    if (gone > Math.min(trimmed, before.length)) {
      throw new Violation(`in begins behind ${gone} of ${before.length}, trimmed up to ${trimmed}`);
    }
    for (const { bytes } of before.slice(0, gone)) this.apply(bytes, viewOf(bytes), 0);
    const [output] = keyspace.stream(`ex:{${this.shard}}`)?.entries ?? [];
    if (output !== undefined && trimmed > 0) this.exTip = executionOf(output).first - 1;
  }

  /** Money, holds, books: at every position. */
  private checkState(): void {
    const wrong = whatIsWrong(this.engine.state);
    if (wrong !== "") throw new Violation(wrong);
  }

  private take(entry: Entry): void {
    const pack = packOf(entry);
    const first = entry.id - pack.count + 1;
    if (first !== this.tip + 1) {
      throw new Violation(`in goes on with ${first} behind ${this.tip}`);
    }
    const bytes = composeRecords(this.shard, [pack], { first, skip: 0 });
    const view = viewOf(bytes);
    for (let offset = 0; offset < bytes.length; ) offset = this.apply(bytes, view, offset);
  }

  private apply(bytes: Uint8Array, view: DataView, offset: number): number {
    const { record, batch } = this;
    const wrong = readRecord(view, offset, record);
    if (wrong !== "") throw new Violation(`record ${this.tip + 1}: ${wrong}`);
    batch.clear();
    this.engine.apply(view, record, batch);
    this.checkState();
    const reports = batch.slice(0).slice();
    const own = bytes.subarray(offset, record.end);
    this.records.push({ bytes: own, sum: crc32(own), reports });
    this.chain.step(reports);
    this.chains.push(this.chain.value.slice());
    this.note(reports);
    return record.end;
  }

  private note(reports: Uint8Array): void {
    const view = viewOf(reports);
    for (let offset = 0; offset < reports.length; offset += at.REPORT_SIZE) {
      const number = readU64(view, offset + at.REPORT_NUMBER_AT);
      // An outbox report belongs to no account: its number is that of the entry.
      if (view.getUint8(offset) === REPORT_OUTBOX) this.owe(view, offset);
      if (number === 0 || view.getUint8(offset) === REPORT_OUTBOX) continue;
      const report = at.readReport(view, offset);
      if (report.kind === REPORT_CREDITED) this.credit(report);
      const own = this.reports.get(report.account) ?? [];
      this.reports.set(report.account, own);
      own.push(reportText(report));
      if (own.length !== number) {
        throw new Violation(`account ${report.account}: ${number} is report ${own.length}`);
      }
      const known = this.executed.get(report.tag);
      if (known !== undefined && known !== report.position && !isDue(report)) {
        throw new Violation(`frame ${report.tag} is executed at ${known} and ${report.position}`);
      }
      if (!isDue(report)) this.executed.set(report.tag, report.position);
    }
  }

  private owe(view: DataView, offset: number): void {
    const carry = carryOf(view, offset, this.shard);
    const position = readU64(view, offset + at.REPORT_POSITION_AT);
    const destination = outboxDestination(view, offset);
    const entries = this.outbox.get(destination) ?? [];
    this.outbox.set(destination, entries);
    entries.push({ carry, position });
    if (carry.number === entries.length) return;
    throw new Violation(`outbox ${carry.number} for ${destination} is entry ${entries.length}`);
  }

  private credit({ account, subject, first, last }: at.Report): void {
    const credits = this.credited.get(last) ?? [];
    this.credited.set(last, credits);
    credits.push(creditText({ account, key: subject, expiry: first }));
  }

  private judge(entry: Entry): void {
    const { first, last, lastCrc, epoch, reports, chain } = executionOf(entry);
    if (first !== this.exTip + 1) throw new Violation(`ex goes on with ${first}`);
    if (last > this.tip) throw new Violation(`ex covers ${last}, and in ends at ${this.tip}`);
    if (epoch < this.epoch) throw new Violation(`epoch ${epoch} behind ${this.epoch}`);
    if (this.records[last - 1]!.sum !== lastCrc)
      throw new Violation(`ex ${last} is of another record`);
    const parts = this.records.slice(first - 1, last).map((record) => record.reports);
    if (!equalBytes(Buffer.concat(parts), reports)) {
      throw new Violation(`the reports of ${first} to ${last} are not those of the naive engine`);
    }
    if (!equalBytes(this.chains[last]!, chain)) throw new Violation(`chain of ${last}`);
    this.exTip = last;
    this.epoch = epoch;
  }
}

/** Mostly the last one or none. */
function behind(entries: readonly Entry[], position: number): readonly Entry[] {
  let from = entries.length;
  while (from > 0 && entries[from - 1]!.id > position) from--;
  return entries.slice(from);
}

function packOf({ id, fields: list }: Entry): PackEntry {
  const fields = new Map<string, Uint8Array>();
  for (let i = 0; i + 1 < list.length; i += 2) fields.set(textOf(list[i]!), list[i + 1]!);
  const text = (name: string): string => textOf(fields.get(name) ?? new Uint8Array(0));
  const pack = readPackEntry(fields.get("d"), [text("t"), text("b")], text("s"));
  if (typeof pack === "string") throw new Violation(`entry ${id} of in: ${pack}`);
  return pack;
}

function executionOf({ fields }: Entry): Execution {
  const execution = decodeExecution(fields[1]!);
  if (typeof execution === "string") throw new Violation(`ex: ${execution}`);
  return execution;
}

/** What is due names no frame. */
function isDue(report: at.Report): boolean {
  return report.tag === "0000000000000000";
}

/** A credit as its entry says it, or as it was reported where it was applied. */
export function creditText(of: Pick<Carry, "account" | "key" | "expiry">): string {
  return `${of.expiry} of asset ${of.key} to account ${of.account}`;
}

export function reportText(report: at.Report): string {
  return JSON.stringify({ ...report, clientOrderId: report.clientOrderId.toString() });
}
