/**
 * FrameOrigin: what comes back to a connection because it sent a frame that entered the log: its
 * unnumbered reports, an operator's or a directory frame's others as well, and the done at the end.
 *
 * Numbered reports of an account that is logged on here come by its feed, and the done behind them.
 */
import { readU64 } from "../base/bytes.ts";
import { TAG_SIZE } from "../protocol/frame.ts";
import * as at from "../protocol/report.ts";
import { encodeDone } from "../protocol/session.ts";
import type { Origin } from "./append-queue.ts";
import type { Session } from "./session.ts";

export class FrameOrigin implements Origin {
  private readonly session: Session;
  private readonly account: number;
  /** Numbered reports too, of accounts that are not logged on here. */
  private readonly wantsAll: boolean;
  private position = 0;
  private reports = 0;
  private readonly tag = new Uint8Array(TAG_SIZE);

  constructor(session: Session, account: number, wantsAll: boolean) {
    this.session = session;
    this.account = account;
    this.wantsAll = wantsAll;
  }

  onReport(view: DataView, offset: number): void {
    if (this.position === 0) this.begin(view, offset);
    const account = view.getUint32(offset + at.REPORT_ACCOUNT_AT, true);
    const isNumbered = readU64(view, offset + at.REPORT_NUMBER_AT) !== 0;
    if (isNumbered && account === this.account) this.reports++;
    if (isNumbered && (!this.wantsAll || this.session.hasFeed(account))) return;
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, at.REPORT_SIZE);
    this.session.sendMessage(bytes);
  }

  onDone(): void {
    const { account, position, tag, reports } = this;
    // Of an account that is logged on here no more, the reports did not come here either.
    if (this.wantsAll || this.session.hasFeed(account)) {
      this.session.sendDone(account, encodeDone({ account, position, tag, reports }));
    }
    this.session.settled();
  }

  onRefused(frame: Uint8Array, code: number): void {
    this.session.refuse(frame, code);
    this.session.settled();
  }

  onLost(): void {
    this.session.endUnknown();
  }

  /** Each command of a frame is answered, so that a record has a report that names its frame. */
  private begin(view: DataView, offset: number): void {
    this.position = readU64(view, offset + at.REPORT_POSITION_AT);
    const start = view.byteOffset + offset + at.REPORT_TAG_AT;
    this.tag.set(new Uint8Array(view.buffer, start, TAG_SIZE));
  }
}
