/**
 * ReportStore: every report of a replay, each once, however often the network brought it.
 *
 *   take(report) -> new | known | other         numbers are dense per account, so a gap shows
 *   frame i is answered once its own account has a report of it
 *
 * `canonical` sorts by frame, command and step. On one connection reports come in that order
 * already; after a resume each account's come by themselves. Trades of one command are ordered by
 * trade id, the maker's fill before the taker's.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as report from "../protocol/report.ts";
import { CanonicalStream } from "./canonical.ts";
import type { SignedFlow } from "./signed-flow.ts";

export type Taken = "first_answer" | "more" | "known" | "other" | "gap";

const FIRST_ROOM = 1 << 12;

export class ReportStore {
  private readonly flow: SignedFlow;
  private readonly isAnswered: Uint8Array;
  private readonly numbers = new Map<number, number>();
  private bytes = new Uint8Array(FIRST_ROOM * report.REPORT_SIZE);
  private frameOf = new Uint32Array(FIRST_ROOM);
  /** Reports of the flow kept. */
  count = 0;
  /** All frames below it are answered. */
  answered = 0;
  /** Frame of the report taken last. */
  newest = -1;

  constructor(flow: SignedFlow) {
    this.flow = flow;
    this.isAnswered = new Uint8Array(flow.frames.length);
  }

  get isComplete(): boolean {
    return this.answered === this.flow.frames.length;
  }

  /** Number of the newest report of an account. */
  lastNumber(account: number): number {
    return this.numbers.get(account) ?? 0;
  }

  /** A numbered report; its bytes are copied. */
  take(view: DataView, at: number): Taken {
    const account = view.getUint32(at + report.REPORT_ACCOUNT_AT, true);
    const number = readU64(view, at + report.REPORT_NUMBER_AT);
    const last = this.lastNumber(account);
    if (number <= last) return "known";
    if (number !== last + 1) return "gap";
    this.numbers.set(account, number);
    const frame = this.flow.indexOf(view, at + report.REPORT_TAG_AT);
    this.newest = frame;
    if (frame < 0) return "other";
    this.keep(view, at, frame);
    if (this.flow.accounts[frame] !== account || this.isAnswered[frame] === 1) return "more";
    this.isAnswered[frame] = 1;
    while (this.isAnswered[this.answered] === 1) this.answered++;
    return "first_answer";
  }

  private keep(view: DataView, at: number, frame: number): void {
    const { REPORT_SIZE } = report;
    if (this.count === this.frameOf.length) this.grow();
    const source = new Uint8Array(view.buffer, view.byteOffset + at, REPORT_SIZE);
    this.bytes.set(source, this.count * REPORT_SIZE);
    this.frameOf[this.count++] = frame;
  }

  private grow(): void {
    const bytes = new Uint8Array(this.bytes.length * 2);
    bytes.set(this.bytes);
    this.bytes = bytes;
    const frameOf = new Uint32Array(this.frameOf.length * 2);
    frameOf.set(this.frameOf);
    this.frameOf = frameOf;
  }

  /** The flow's report stream, or what is wrong with the order in which it was executed. */
  canonical(): CanonicalStream | string {
    const view = viewOf(this.bytes);
    const stream = new CanonicalStream();
    let position = 0;
    for (const { frame, rows } of this.byFrame(view)) {
      if (frame >= this.flow.flowCount) break;
      const at = rows[0]! * report.REPORT_SIZE;
      const its = readU64(view, at + report.REPORT_POSITION_AT);
      if (its <= position) return `frame ${frame} was executed before the one ahead of it`;
      position = its;
      const joined = new Uint8Array(rows.length * report.REPORT_SIZE);
      for (const [i, row] of rows.entries()) {
        const from = row * report.REPORT_SIZE;
        joined.set(this.bytes.subarray(from, from + report.REPORT_SIZE), i * report.REPORT_SIZE);
      }
      stream.add(this.flow.firsts[frame]!, joined);
    }
    return stream;
  }

  private *byFrame(view: DataView): Generator<{ frame: number; rows: readonly number[] }> {
    const order = new Uint32Array(this.count).map((_, row) => row);
    const isSorted = order.every((row) => row === 0 || this.compare(view, row - 1, row) <= 0);
    if (!isSorted) order.sort((a, b) => this.compare(view, a, b) || a - b);
    let rows: number[] = [];
    for (const row of order) {
      const frame = this.frameOf[row]!;
      const before = rows[0];
      if (before !== undefined && this.frameOf[before] !== frame) {
        yield { frame: this.frameOf[before]!, rows };
        rows = [];
      }
      rows.push(row);
    }
    const last = rows[0];
    if (last !== undefined) yield { frame: this.frameOf[last]!, rows };
  }

  private compare(view: DataView, a: number, b: number): number {
    const frames = this.frameOf[a]! - this.frameOf[b]!;
    if (frames !== 0) return frames;
    const [atA, atB] = [a * report.REPORT_SIZE, b * report.REPORT_SIZE];
    const index = (at: number): number => view.getUint16(at + report.REPORT_INDEX_AT, true);
    return index(atA) - index(atB) || stepOf(view, atA) - stepOf(view, atB);
  }
}

/** Where a report stands among those of its command: the answer, the trades, the end. */
function stepOf(view: DataView, at: number): number {
  const kind = view.getUint8(at);
  if (kind === codes.REPORT_CANCELED) return Number.MAX_SAFE_INTEGER;
  if (kind !== codes.REPORT_FILL) return 0;
  const trade = readU64(view, at + report.REPORT_FIRST_AT);
  return trade * 2 + view.getUint8(at + report.REPORT_LIQUIDITY_AT) - 1;
}
