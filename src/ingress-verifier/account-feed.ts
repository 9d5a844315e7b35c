/**
 * AccountFeed: one account's reports on one connection, gapless from the number its logon asked
 * for.
 *
 *   asked --logged_on--> catching up (ring, else `ex` from further back, else made again) --> live
 *                              ^-------------- queue over half full ---------/
 *
 * The last step of catching up and going live happen in one turn of the event loop, so that no
 * report falls between them. A client that reads slowly makes its feed wait, never the queue grow.
 * What is older than `reportsKeptMs`, or further back than a search may go, is left out, and the
 * resume says so.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { Gone, LogFault } from "../edges/log.ts";
import * as codes from "../protocol/codes.ts";
import type { Engine } from "../engine/engine.ts";
import { decodeExecution } from "../protocol/execution.ts";
import * as at from "../protocol/report.ts";
import type { ReportBatch } from "../protocol/report.ts";
import { encodeResume } from "../protocol/session.ts";
import { nextExecutions } from "../service/next-executions.ts";
import type { Past } from "../service/past.ts";
import type { Origin } from "./append-queue.ts";
import type { Session } from "./session.ts";
import type { Listener, ShardDoor } from "./shard-door.ts";

const SCAN_BYTES = 1 << 20;

interface FeedParts {
  readonly door: ShardDoor;
  readonly session: Session;
  readonly account: number;
  /** Of the logon. */
  readonly key: number;
  readonly nonce: number;
  /** First report number wanted; 0: only new ones. */
  readonly next: number;
  /** Age, in log time, up to which reports are sent again. */
  readonly reportsKeptMs: number;
  readonly stop: AbortSignal;
}

export class AccountFeed implements Origin, Listener {
  readonly account: number;
  /** Key and nonce of its logon, and the position where the engine took it; 0 not yet. */
  readonly key: number;
  readonly nonce: number;
  loggedOnAt = 0;
  private readonly parts: FeedParts;
  private next: number;
  private isClosed = false;
  private isAccepted = false;
  private isResumed = false;
  /** Number of the logged_on report, and the log time before which reports are left out. */
  private last = 0;
  private oldestUs = 0;
  private resumeCode: number = codes.ACCEPTED;
  /** Position of the newest report sent. */
  private position = 0;
  private isLive = false;
  /** The newest done that came while reports were still to be sent; it speaks for those before. */
  private done: Uint8Array | null = null;

  constructor(parts: FeedParts) {
    this.parts = parts;
    this.account = parts.account;
    this.key = parts.key;
    this.nonce = parts.nonce;
    this.next = parts.next;
  }

  close(): void {
    this.isClosed = true;
    this.parts.door.unlisten(this.account, this);
  }

  /** Behind the reports: now when they are out, else when they will be. */
  sendDone(done: Uint8Array): void {
    if (this.isClosed) return;
    if (this.isLive && !this.parts.session.parts.peer.isFull) {
      this.parts.session.sendMessage(done);
      return;
    }
    this.done = done;
    if (this.isLive) this.fallBehind();
  }

  /** Reports of the logon's own record, and later, when live, all of the account. */
  onReport(view: DataView, offset: number): void {
    if (this.isClosed) return;
    if (this.isAccepted) this.onLive(view, offset);
    else if (view.getUint8(offset) === codes.REPORT_LOGGED_ON) this.begin(view, offset);
    else this.sendRefusal(view, offset);
  }

  /** The logon's record is done: without a logged_on, this feed never was. */
  onDone(): void {
    if (!this.isAccepted) this.parts.session.dropFeed(this);
    this.parts.session.settled();
  }

  /** The logon did not enter the log. */
  onRefused(frame: Uint8Array, code: number): void {
    this.parts.session.refuse(frame, code);
    this.parts.session.dropFeed(this);
    this.parts.session.settled();
  }

  onLost(): void {
    this.parts.session.endUnknown();
  }

  /** Where an earlier logon goes on, it is the one to bring a numbered report. */
  private sendRefusal(view: DataView, offset: number): void {
    const isNumbered = readU64(view, offset + at.REPORT_NUMBER_AT) !== 0;
    if (isNumbered && !this.parts.session.holdsFeed(this)) return;
    this.sendReport(view, offset);
  }

  private begin(view: DataView, offset: number): void {
    this.isAccepted = true;
    this.loggedOnAt = readU64(view, offset + at.REPORT_POSITION_AT);
    this.parts.session.adoptFeed(this);
    if (this.isClosed) return;
    this.last = readU64(view, offset + at.REPORT_NUMBER_AT);
    const logTime = readU64(view, offset + at.REPORT_LOG_TIME_AT);
    this.oldestUs = logTime - 1000 * this.parts.reportsKeptMs;
    const isAhead = this.next > this.last;
    if (isAhead) this.resumeCode = codes.REJECT_REPORT_NUMBER;
    if (this.next === 0 || isAhead) this.next = this.last;
    // With nothing to catch up, the logged_on itself comes next, to whoever listens.
    if (this.next === this.last) this.goLive();
    else this.fallBehind();
  }

  /** The report is in the ring already: who has no room for it finds it there. */
  private onLive(view: DataView, offset: number): void {
    if (this.parts.session.parts.peer.isFull) this.fallBehind();
    else this.sendReport(view, offset);
  }

  private goLive(): void {
    this.isLive = true;
    this.parts.door.listen(this.account, this);
    if (this.done === null) return;
    this.parts.session.sendMessage(this.done);
    this.done = null;
  }

  private fallBehind(): void {
    this.isLive = false;
    this.parts.door.unlisten(this.account, this);
    this.catchUp().catch(() => this.parts.session.parts.peer.cut());
  }

  /** From the ring, or from the log as far as the ring does not reach; never more than fits. */
  private async catchUp(): Promise<void> {
    const { door, session } = this.parts;
    const { peer } = session.parts;
    while (!this.isClosed && peer.isOpen) {
      await peer.whenRoom();
      const from = door.ring.seek(this.account, this.next);
      if (from === null) {
        if (await door.desk.take(() => this.scan())) return;
      } else if (this.sendFromRing(from)) {
        this.goLive();
        return;
      }
    }
  }

  /** False when the peer's queue filled before all were sent. */
  private sendFromRing(from: number): boolean {
    const { door, session } = this.parts;
    const { ring } = door;
    for (let count = from; count < ring.end; count++) {
      const offset = ring.offsetOf(count);
      if (ring.view.getUint32(offset + at.REPORT_ACCOUNT_AT, true) !== this.account) continue;
      if (session.parts.peer.isFull) return false;
      this.sendReport(ring.view, offset);
    }
    return true;
  }

  /** Sends from the log until the ring reaches back so far, or, and then true, it is live. */
  private async scan(): Promise<boolean> {
    const { door, stop } = this.parts;
    const reader = await door.openExecutionReader();
    try {
      // Who has begun to read goes on from there; who has not begins among the newest.
      const from = this.isResumed ? 0 : door.resumeAfter;
      let after = Math.max(from, this.position - 1);
      while (door.ring.seek(this.account, this.next) === null) {
        const records = await nextExecutions(reader, after, SCAN_BYTES, stop);
        if (records === null) this.close();
        if (typeof records === "number") {
          await this.sendAgain(after, records);
          after = records;
        } else for (const bytes of records ?? []) after = await this.sendRecord(bytes);
        if (this.isClosed) return true;
        if (after < door.followed) continue;
        this.goLive();
        return true;
      }
      return false;
    } finally {
      await reader.close();
    }
  }

  /** The account's reports of records behind `after` up to `last`, which the log let go of. */
  private async sendAgain(after: number, last: number): Promise<void> {
    const { door, session, stop } = this.parts;
    // From a state before the first report that is wanted, or before all that may be searched.
    const fits = ({ position, views }: Engine): boolean =>
      position <= after || views.reportNumber(this.account) < this.next;
    const take = ({ view, count }: ReportBatch): Promise<void> | undefined => {
      const isWanted = (offset: number): boolean =>
        view.getUint32(offset + at.REPORT_ACCOUNT_AT, true) === this.account;
      for (let i = 0; i < count; i++) {
        if (isWanted(i * at.REPORT_SIZE)) return this.sendReports(view, count * at.REPORT_SIZE);
      }
      return undefined;
    };
    const gone = new Gone(last + 1, `position ${after + 1}`);
    const steps = async (past: Past): Promise<void> => {
      await past.upTo(after, () => undefined, stop);
      const closing = AbortSignal.any([stop, session.closed]);
      await past.upTo(last, take, closing);
    };
    await door.desk.execute(last, fits, steps, gone);
    if (stop.aborted) this.close();
  }

  /** The account's reports of one execution record; returns the last position it covers. */
  private async sendRecord(bytes: Uint8Array): Promise<number> {
    const execution = decodeExecution(bytes);
    if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
    const { reports } = execution;
    await this.sendReports(viewOf(reports), reports.length);
    return execution.last;
  }

  /** Those of the account, among the first `size` bytes. */
  private async sendReports(view: DataView, size: number): Promise<void> {
    for (let offset = 0; offset < size; offset += at.REPORT_SIZE) {
      const isOurs =
        view.getUint32(offset + at.REPORT_ACCOUNT_AT, true) === this.account &&
        view.getUint8(offset) !== codes.REPORT_OUTBOX;
      if (!isOurs || readU64(view, offset + at.REPORT_NUMBER_AT) === 0) continue;
      if (this.parts.session.parts.peer.isFull) await this.parts.session.parts.peer.whenRoom();
      this.sendReport(view, offset);
    }
  }

  private sendReport(view: DataView, offset: number): void {
    if (this.isClosed) return;
    const number = readU64(view, offset + at.REPORT_NUMBER_AT);
    if (number !== 0) {
      if (number < this.next) return;
      const isGap = number > this.next;
      this.next = number + 1;
      this.position = readU64(view, offset + at.REPORT_POSITION_AT);
      if (this.isAccepted && !this.isResumed && !this.resume(view, offset, isGap)) return;
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, at.REPORT_SIZE);
    this.parts.session.sendMessage(bytes);
  }

  /** Says which reports follow, once, before the first; false when this one is too old to be it. */
  private resume(view: DataView, offset: number, isGap: boolean): boolean {
    const isTooOld = readU64(view, offset + at.REPORT_LOG_TIME_AT) < this.oldestUs;
    if (isGap || isTooOld) this.resumeCode = codes.REJECT_SNAPSHOT_REQUIRED;
    if (isTooOld) return false;
    this.isResumed = true;
    const { account, last, resumeCode: code } = this;
    const first = readU64(view, offset + at.REPORT_NUMBER_AT);
    this.parts.session.sendMessage(encodeResume({ code, account, first, last }));
    return true;
  }
}
