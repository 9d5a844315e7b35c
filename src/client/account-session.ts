/**
 * AccountSession: one account on a link: its nonces, its frames on their way, its reports without
 * a gap.
 *
 *   down --connection--> logon --resume--> catching up --the logon's own report--> live
 *
 * Frames leave only when live, in the order of their nonces. After a lost connection the same bytes
 * leave again: what was executed before shows in the resumed reports, and the second copy is
 * refused as a duplicate. A duplicate without reports is only believed after one more logon,
 * behind which all earlier reports must have come; then another frame used the nonce, and this one
 * never happened.
 */
import { readU64 } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { REPORT_NUMBER_AT, type Report, readReport } from "../protocol/report.ts";
import type { Done, Hello, Refused, Resume } from "../protocol/session.ts";
import { type ClientError, refusedBy, unknownOutcome, unreachable, violation } from "./errors.ts";
import { rejectOf } from "./explain.ts";
import type { FrameTracker } from "./frame-tracker.ts";
import type { ClientJournal, JournalState } from "./journal.ts";
import * as logon from "./logon.ts";
import { PendingFrames } from "./pending-frames.ts";
import { isUnsure, neverExecuted } from "./refusal.ts";
import { type Outlet, SendQueue } from "./send-queue.ts";

/** What a session needs of the link that carries it. */
export interface Carrier extends Outlet {
  readonly journal: ClientJournal;
  readonly record: JournalState;
  onLive(): void;
  /** Gives this connection up and makes another. */
  renew(error: ClientError): void;
}

export interface SessionEvents {
  onReport(report: Report): void;
  /** Reports `from` .. `to` can't be had any more. */
  onGap(from: number, to: number): void;
  /** Highest report number that the application has handled. */
  handled(): number;
  /** The venue does not take this account; nothing more will come. */
  onFail(error: ClientError): void;
}

const RESEND_MS = 250;
const LOGON_WAIT_MS = 10_000;

export class AccountSession {
  readonly who: logon.Identity;
  readonly pending: PendingFrames;
  private readonly carrier: Carrier;
  private readonly events: SessionEvents;
  private state: "down" | "logon" | "catching" | "live" | "failed" = "down";
  private readonly queue: SendQueue;
  private nextNonce: number;
  private lastNumber: number | null;
  private liveAt = 0;
  private failure: ClientError | null = null;
  private hello: Hello | null = null;
  private logonTag = "";
  private leavingTag = "";
  private logonTries = 0;
  private logonTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly resendTimers = new Set<ReturnType<typeof setTimeout>>();
  private readonly firstLive = Promise.withResolvers<void>();

  constructor(who: logon.Identity, carrier: Carrier, events: SessionEvents) {
    this.who = who;
    this.carrier = carrier;
    this.events = events;
    this.queue = new SendQueue(carrier);
    const { marks, nonces, outstanding } = carrier.record;
    this.lastNumber = marks.get(who.account) ?? null;
    this.nextNonce = (nonces.get(who.key) ?? 0) + 1;
    this.firstLive.promise.catch(() => undefined);
    this.pending = new PendingFrames(who.account, carrier.journal, this.lastNumber ?? -1);
    this.pending.adopt(outstanding);
  }

  /** Resolves when it was live once; rejects when the venue refuses the account. */
  get whenLive(): Promise<void> {
    return this.firstLive.promise;
  }

  get isLive(): boolean {
    return this.state === "live";
  }

  /** Number of the newest report seen. */
  get last(): number {
    return this.lastNumber ?? 0;
  }

  /** Frames signed from now on have nonces above `nonce`. */
  raiseNonce(nonce: number): void {
    this.nextNonce = Math.max(this.nextNonce, nonce + 1);
  }

  takeNonce(): number {
    return this.nextNonce++;
  }

  /** Records a signed frame and sends it as soon as the session is live. */
  submit(frame: Uint8Array): FrameTracker {
    if (this.failure !== null) throw this.failure;
    const tracker = this.pending.add(frame);
    this.queue.add(tracker);
    return tracker;
  }

  onUp(hello: Hello): void {
    if (this.state === "failed") return;
    this.hello = hello;
    this.logOn(0);
  }

  onDown(): void {
    if (this.state === "failed") return;
    this.state = "down";
    this.clearTimers();
    this.queue.close();
    this.pending.dropDoubts();
  }

  /** Ends the session; what is pending keeps its unknown outcome, in the journal as well. */
  fail(error: ClientError): void {
    if (this.state === "failed") return;
    this.writeMark();
    this.state = "failed";
    this.failure = error;
    this.queue.close();
    this.clearTimers();
    this.firstLive.reject(error);
    this.pending.failAll(error);
    this.events.onFail(error);
  }

  onResume(resume: Resume): void {
    if (this.state !== "logon") return;
    clearTimeout(this.logonTimer);
    if (resume.code === codes.REJECT_REPORT_NUMBER) {
      this.fail(refusedBy(resume.code, `${this.last} is known here, ${resume.last} there`));
      return;
    }
    const wanted = this.lastNumber === null ? resume.first : this.lastNumber + 1;
    if (resume.first > wanted) {
      this.pending.onGap();
      this.events.onGap(wanted, resume.first - 1);
    }
    if (resume.first > this.last) this.lastNumber = resume.first - 1;
    this.liveAt = resume.last;
    this.state = "catching";
    this.writeMark();
  }

  onReport(view: DataView, at: number): void {
    if (this.state === "down" || this.state === "failed") return;
    const report = readReport(view, at);
    const isLogon = report.tag === this.logonTag && report.kind === codes.REPORT_REJECTED;
    if (readU64(view, at + REPORT_NUMBER_AT) === 0) this.onUnnumbered(report);
    else if (isLogon) this.fail(rejectOf(report));
    else if (this.lastNumber !== null) this.onNumbered(report);
  }

  onRefused(refused: Refused): void {
    const tag = refused.tag.toHex();
    const error = refusedBy(refused.code);
    const isLeaving = tag === this.leavingTag && this.state !== "down";
    if (isLeaving || (tag === this.logonTag && this.state === "logon")) {
      const canBeBetter = error.retryable || refused.code === codes.REJECT_CHALLENGE;
      if (canBeBetter) this.carrier.renew(error);
      else this.fail(error);
      return;
    }
    const tracker = this.pending.find(tag);
    if (tracker === undefined) return;
    if (refused.code === codes.REJECT_NOT_LOGGED_ON) this.carrier.renew(error);
    else if (isUnsure(refused.code, tracker)) this.sendLater(tracker);
    else this.pending.refuse(tracker, error);
  }

  onDone(done: Done): void {
    if (this.state !== "down" && this.state !== "failed") this.pending.onDone(done.position);
  }

  /** Everything that the network brought has been shown. */
  onTurn(): void {
    this.writeMark();
    this.pending.writeRefusals();
  }

  private writeMark(): void {
    if (this.lastNumber !== null) this.pending.mark(Math.min(this.last, this.events.handled()));
  }

  private logOn(triesBefore: number): void {
    const { hello } = this;
    if (hello === null) return;
    this.state = "logon";
    this.queue.close();
    this.logonTries = triesBefore + 1;
    const nonce = this.takeNonce();
    const nextReport = this.lastNumber === null ? 0 : this.lastNumber + 1;
    const frame = logon.logonFrame(this.who, { ...hello, nonce, nextReport });
    this.logonTag = logon.tagOf(frame);
    clearTimeout(this.logonTimer);
    const late = unreachable(`no answer to a logon within ${LOGON_WAIT_MS} ms`);
    this.logonTimer = setTimeout(() => this.carrier.renew(late), LOGON_WAIT_MS);
    this.carrier.send(frame);
    if (this.who.cancelOnDisconnect === true) this.sendLeaving(hello, nonce);
  }

  /** Another frame took the nonce of the logon. */
  private logOnAbove(high: number): void {
    const { nonce, waitMs } = logon.nextTry(high, this.logonTries);
    this.nextNonce = nonce;
    if (waitMs === 0) {
      this.logOn(this.logonTries);
      return;
    }
    clearTimeout(this.logonTimer);
    this.logonTimer = setTimeout(() => this.logOn(this.logonTries), waitMs);
  }

  /** What is to happen when this connection ends, right behind the logon that it goes with. */
  private sendLeaving(hello: Hello, nonce: number): void {
    const frame = logon.disconnectFrame(this.who, { ...hello, nonce });
    this.leavingTag = logon.tagOf(frame);
    if (!this.carrier.send(frame)) this.carrier.renew(unreachable("no room for a logon"));
  }

  private onUnnumbered(report: Report): void {
    const high = logon.highestNonce(report);
    if (report.tag === this.logonTag) {
      if (high === null) this.fail(rejectOf(report));
      else this.logOnAbove(high);
      return;
    }
    if (high !== null) this.raiseNonce(high);
    const tracker = this.pending.find(report.tag);
    // With reports here, the frame that left twice was executed once.
    if (tracker !== undefined && tracker.firstNumber === 0) this.onCopyRefused(tracker, report);
  }

  private onCopyRefused(tracker: FrameTracker, report: Report): void {
    if (tracker.hasGap) {
      const why = "its nonce was used, and the reports of that time can't be had any more: query";
      this.pending.refuse(tracker, unknownOutcome(why));
    } else if (tracker.sends === 1) {
      this.pending.refuse(tracker, neverExecuted(report));
    } else {
      this.pending.doubt(tracker, neverExecuted(report));
      if (this.state === "live") this.logOn(0);
    }
  }

  private onNumbered(report: Report): void {
    const { number } = report;
    if (number <= this.last) return;
    if (number !== this.last + 1) {
      const missing = `reports ${this.last + 1} to ${number - 1} of account ${report.account}`;
      this.carrier.renew(violation(`${missing} did not come`));
      return;
    }
    this.lastNumber = number;
    this.events.onReport(report);
    this.pending.onReport(report);
    if (this.state === "catching" && number >= this.liveAt) this.goLive();
  }

  private goLive(): void {
    this.state = "live";
    this.carrier.onLive();
    this.pending.believe();
    this.firstLive.resolve();
    this.queue.open(this.pending.unseen());
  }

  /** The same bytes once more, after a while or after the next logon. */
  private sendLater(tracker: FrameTracker): void {
    const timer = setTimeout(() => {
      this.resendTimers.delete(timer);
      this.queue.add(tracker);
    }, RESEND_MS);
    this.resendTimers.add(timer);
  }

  private clearTimers(): void {
    clearTimeout(this.logonTimer);
    for (const timer of this.resendTimers) clearTimeout(timer);
    this.resendTimers.clear();
  }
}
