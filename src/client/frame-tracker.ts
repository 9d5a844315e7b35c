/**
 * FrameTracker: gathers the reports of one sent frame until each of its commands is settled.
 *
 * Commands of a frame apply in order and uninterrupted, and each causes a report, so a report for
 * command i settles all before it. The last one is settled by a report that ends it (rejected,
 * filled, canceled ...), by the venue's `done`, or, where the connection that was to bring that is
 * gone, by a report of a later record: the next logon causes one.
 */
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { COMMAND_SIZE } from "../protocol/command-layout.ts";
import * as frames from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";
import type { ClientError } from "./errors.ts";
import { rejectOf } from "./explain.ts";
import { tagOf } from "./logon.ts";
import { isOrderKind } from "./order-outcome.ts";

/** What became of one command. */
export interface CommandResult {
  /**
   * rejected: nothing happened, see `error`. open: the order rests. done: it happened and is over.
   * unknown: the frame was executed, but this command's reports can't be had any more; query.
   */
  readonly state: "rejected" | "open" | "done" | "unknown";
  /** The account's reports that the command caused, in order. */
  readonly reports: readonly Report[];
  readonly error: ClientError | null;
}

export class FrameTracker {
  readonly frame: Uint8Array;
  /** 16 hex digits, as reports show it. */
  readonly tag: string;
  readonly key: number;
  readonly nonce: number;
  /** Lowest report number that belongs to it; 0 before the first. */
  firstNumber = 0;
  /** How often it was sent. */
  sends = 0;
  /** Reports may have been missed since it was first sent. */
  hasGap = false;
  private readonly view: DataView;
  private readonly starts: number[] = [];
  private readonly reports: Report[][] = [];
  private readonly resolve: (results: CommandResult[]) => void;
  private readonly reject: (error: ClientError) => void;
  readonly results: Promise<CommandResult[]>;
  private reached = -1;
  private isEnded = false;
  private position = 0;
  isSettled = false;

  constructor(frame: Uint8Array) {
    this.frame = frame;
    this.tag = tagOf(frame);
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.view = view;
    this.key = view.getUint32(frames.FRAME_KEY_AT, true);
    this.nonce = readU64(view, frames.FRAME_NONCE_AT);
    const count = view.getUint16(frames.FRAME_COUNT_AT, true);
    let at = frames.FRAME_HEADER_SIZE;
    for (let i = 0; i < count; i++) {
      this.starts.push(at);
      this.reports.push([]);
      at += COMMAND_SIZE[view.getUint8(at)]!;
    }
    const { promise, resolve, reject } = Promise.withResolvers<CommandResult[]>();
    this.results = promise;
    this.resolve = resolve;
    this.reject = reject;
    // Whoever sends awaits it; a frame from the journal may have nobody.
    promise.catch(() => undefined);
  }

  /** A numbered report that carries this frame's tag. */
  onReport(report: Report): void {
    if (this.firstNumber === 0) this.firstNumber = report.number;
    this.position = report.position;
    const own = this.reports[report.index];
    if (own === undefined) return;
    own.push(report);
    if (report.index > this.reached) {
      this.reached = report.index;
      this.isEnded = false;
    }
    if (this.ends(report)) this.isEnded = true;
    if (this.isEnded && this.reached === this.starts.length - 1) this.settle();
  }

  /** A report of the account from a later record has come. */
  onLater(position: number): void {
    if (this.position !== 0 && position > this.position) this.settle();
  }

  /** All reports of records up to `position` have come. */
  onDone(position: number): void {
    if (this.position !== 0 && position >= this.position) this.settle();
  }

  /** Nothing of it was executed, or (`unknown_outcome`) nobody waits any longer. */
  fail(error: ClientError): void {
    this.isSettled = true;
    this.reject(error);
  }

  private settle(): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.resolve(this.reports.map((reports, index) => this.resultOf(reports, index)));
  }

  private resultOf(reports: readonly Report[], index: number): CommandResult {
    const first = reports[0];
    if (first === undefined) return { state: "unknown", reports, error: null };
    if (first.kind === codes.REPORT_REJECTED) {
      return { state: "rejected", reports, error: rejectOf(first) };
    }
    const own = this.ownOrder(index, first);
    const newest = reports.findLast((report) => isSameOrder(report, own)) ?? first;
    const rests = newest.leaves > 0 && isOrderKind(newest.kind);
    return { state: rests ? "open" : "done", reports, error: null };
  }

  /** Whether nothing more can follow from this report's command. */
  private ends(report: Report): boolean {
    const type = this.view.getUint8(this.starts[report.index]!);
    const isOrder = type === codes.COMMAND_NEW_ORDER || type === codes.COMMAND_REPLACE;
    if (type === codes.COMMAND_MASS_CANCEL) {
      return report.kind === codes.REPORT_MASS_CANCELED || report.kind === codes.REPORT_REJECTED;
    }
    if (!isOrder || report.kind === codes.REPORT_REJECTED) return true;
    const first = this.reports[report.index]![0]!;
    return report.leaves === 0 && isSameOrder(report, this.ownOrder(report.index, first));
  }

  /** The order a command is about: its own for a new one, else that of its first report. */
  private ownOrder(index: number, first: Report): OrderId {
    const isNew = this.view.getUint8(this.starts[index]!) === codes.COMMAND_NEW_ORDER;
    if (!isNew) return first;
    return { orderKey: this.key, orderNonce: this.nonce, orderIndex: index };
  }
}

type OrderId = Pick<Report, "orderKey" | "orderNonce" | "orderIndex">;

function isSameOrder(report: Report, own: OrderId): boolean {
  return (
    isOrderKind(report.kind) &&
    report.orderNonce === own.orderNonce &&
    report.orderKey === own.orderKey &&
    report.orderIndex === own.orderIndex
  );
}
