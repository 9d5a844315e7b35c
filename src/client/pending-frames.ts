/**
 * PendingFrames: one account's frames whose outcome is not yet known, in memory and in the journal.
 *
 *   submitted --(sent, perhaps more than once)--> begun (some reports) --> settled
 *                                             \-> doubtful (refused as a copy, no report seen)
 *
 * A frame leaves only by being settled. The journal's mark stays below the first report of every
 * frame that is begun, so that a restart sees those reports again.
 */
import { viewOf } from "../base/bytes.ts";
import { FRAME_ACCOUNT_AT } from "../protocol/frame.ts";
import type { Report } from "../protocol/report.ts";
import { type ClientError, unknownOutcome } from "./errors.ts";
import { FrameTracker } from "./frame-tracker.ts";
import type { ClientJournal } from "./journal.ts";

export class PendingFrames {
  private readonly account: number;
  private readonly journal: ClientJournal;
  private readonly pending = new Map<string, FrameTracker>();
  private readonly begun = new Set<FrameTracker>();
  private doubtful: { tracker: FrameTracker; error: ClientError }[] = [];
  private marked: number;
  /** A refusal is not yet in the file: sent again by a later process, the frame might be executed. */
  private isOwed = false;

  /** `marked`: report number up to which the journal's mark stands, -1 for none. */
  constructor(account: number, journal: ClientJournal, marked: number) {
    this.account = account;
    this.journal = journal;
    this.marked = marked;
  }

  get size(): number {
    return this.pending.size;
  }

  find(tag: string): FrameTracker | undefined {
    return this.pending.get(tag);
  }

  /** Oldest first. */
  list(): FrameTracker[] {
    return [...this.pending.values()];
  }

  /** Frames of which no report has been seen, by rising nonce: those to be sent again. */
  unseen(): FrameTracker[] {
    const unseen = this.list().filter((tracker) => tracker.firstNumber === 0);
    return unseen.sort((a, b) => a.nonce - b.nonce);
  }

  add(frame: Uint8Array): FrameTracker {
    const tracker = new FrameTracker(frame);
    this.pending.set(tracker.tag, tracker);
    this.journal.sent(frame);
    return tracker;
  }

  /** Takes over this account's frames from the journal; some process may have sent them. */
  adopt(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      if (viewOf(frame).getUint32(FRAME_ACCOUNT_AT, true) !== this.account) continue;
      const tracker = new FrameTracker(frame);
      tracker.sends = 1;
      tracker.hasGap = this.marked < 0;
      this.pending.set(tracker.tag, tracker);
    }
  }

  /** A numbered report of the account, the next one in order. */
  onReport(report: Report): void {
    const tracker = this.pending.get(report.tag);
    if (tracker !== undefined) {
      this.begun.add(tracker);
      tracker.onReport(report);
    }
    for (const other of this.begun) other.onLater(report.position);
    this.sweep();
  }

  /** All reports of records up to `position` have come. */
  onDone(position: number): void {
    for (const tracker of this.begun) tracker.onDone(position);
    this.sweep();
  }

  onGap(): void {
    for (const tracker of this.pending.values()) tracker.hasGap = true;
  }

  /** Nothing of it was executed, or nobody will ever know. */
  refuse(tracker: FrameTracker, error: ClientError): void {
    this.forget(tracker);
    this.isOwed = true;
    tracker.fail(error);
  }

  /** Before anybody can hear what was refused: its caller waits for a promise. */
  writeRefusals(): void {
    if (this.isOwed) this.journal.flush();
    this.isOwed = false;
  }

  /** A copy was refused though no report was seen; `believe` decides after the next logon. */
  doubt(tracker: FrameTracker, error: ClientError): void {
    this.doubtful.push({ tracker, error });
  }

  dropDoubts(): void {
    this.doubtful = [];
  }

  /** All reports older than the doubts have come. */
  believe(): void {
    for (const { tracker, error } of this.doubtful) {
      if (tracker.firstNumber === 0) this.refuse(tracker, error);
    }
    this.doubtful = [];
  }

  /** Gives up; the journal keeps what left. What did not never will, for its caller was told so. */
  failAll(error: ClientError): void {
    for (const tracker of this.pending.values()) {
      if (tracker.sends === 0) this.refuse(tracker, error);
      else tracker.fail(unknownOutcome(error.message));
    }
    this.writeRefusals();
    this.pending.clear();
    this.begun.clear();
  }

  /** Writes how far reports are handled, as far as no outstanding frame needs them again. */
  mark(handled: number): void {
    let mark = handled;
    for (const tracker of this.begun) mark = Math.min(mark, tracker.firstNumber - 1);
    if (mark <= this.marked) return;
    this.marked = mark;
    this.journal.mark(this.account, mark);
    this.journal.flush();
  }

  private sweep(): void {
    for (const tracker of this.begun) if (tracker.isSettled) this.forget(tracker);
  }

  private forget(tracker: FrameTracker): void {
    this.pending.delete(tracker.tag);
    this.begun.delete(tracker);
    this.journal.settled(tracker.key, tracker.nonce);
  }
}
