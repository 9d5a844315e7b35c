/**
 * AccountFeed: one account's reports on one connection, gapless from the number its logon asked
 * for.
 *
 *   asked --logged_on report--> catching up (ring, else `ex` from further back) --> live
 *
 * The last step of catching up and going live happen in one turn of the event loop, so that no
 * report falls between them.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { type ExecutionReader, LogFault } from "../edges/log.ts";
import * as codes from "../protocol/codes.ts";
import { decodeExecution } from "../protocol/execution.ts";
import * as at from "../protocol/report.ts";
import { encodeResume } from "../protocol/session.ts";
import type { Origin } from "./append-queue.ts";
import type { Session } from "./session.ts";
import type { Listener, ShardDoor } from "./shard-door.ts";

const SCAN_BYTES = 1 << 20;

interface FeedParts {
  readonly door: ShardDoor;
  readonly session: Session;
  readonly account: number;
  /** First report number wanted; 0: only new ones. */
  readonly next: number;
  readonly stop: AbortSignal;
}

export class AccountFeed implements Origin, Listener {
  readonly account: number;
  private readonly parts: FeedParts;
  private next: number;
  private isClosed = false;
  private isAccepted = false;

  constructor(parts: FeedParts) {
    this.parts = parts;
    this.account = parts.account;
    this.next = parts.next;
  }

  close(): void {
    this.isClosed = true;
    this.parts.door.unlisten(this.account, this);
  }

  /** Reports of the logon's own record, and later, when live, all of the account. */
  onReport(view: DataView, offset: number): void {
    if (this.isClosed) return;
    if (this.isAccepted) {
      this.sendReport(view, offset);
      return;
    }
    if (view.getUint8(offset) !== codes.REPORT_LOGGED_ON) {
      this.sendReport(view, offset);
      return;
    }
    this.isAccepted = true;
    const number = readU64(view, offset + at.REPORT_NUMBER_AT);
    this.begin(number);
  }

  /** The logon's record is done: without a logged_on, this feed never was. */
  onDone(): void {
    if (!this.isAccepted) this.parts.session.dropFeed(this);
  }

  private begin(number: number): void {
    const isAhead = this.next > number;
    const first = this.next === 0 || isAhead ? number : this.next;
    const code = isAhead ? codes.REJECT_REPORT_NUMBER : codes.ACCEPTED;
    this.next = first;
    const resume = { code, account: this.account, first, last: number };
    this.parts.session.sendMessage(encodeResume(resume));
    this.catchUp().catch(() => this.parts.session.parts.peer.cut());
  }

  /** From the ring, or from the log as far as the ring does not reach; never more than fits. */
  private async catchUp(): Promise<void> {
    const { door, session, stop } = this.parts;
    const peer = session.parts.peer;
    let reader: ExecutionReader | null = null;
    let after = 0;
    while (!this.isClosed) {
      const reports = door.ring.from(this.account, this.next);
      if (reports !== null) {
        if (this.sendWhileRoom(reports)) {
          door.listen(this.account, this);
          break;
        }
        await peer.whenRoom();
        continue;
      }
      reader ??= await door.openExecutionReader();
      const records = await reader.read(after, SCAN_BYTES, stop);
      if (records === null) break;
      for (const bytes of records) after = await this.sendRecord(bytes);
    }
    await reader?.close();
  }

  /** False when the peer's queue filled before all were sent. */
  private sendWhileRoom(reports: readonly Uint8Array[]): boolean {
    for (const report of reports) {
      if (this.parts.session.parts.peer.isFull) return false;
      this.sendReport(viewOf(report), 0);
    }
    return true;
  }

  /** The account's reports of one execution record; returns the last position it covers. */
  private async sendRecord(bytes: Uint8Array): Promise<number> {
    const execution = decodeExecution(bytes);
    if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
    const view = viewOf(execution.reports);
    for (let offset = 0; offset < view.byteLength; offset += at.REPORT_SIZE) {
      const isOurs = view.getUint32(offset + at.REPORT_ACCOUNT_AT, true) === this.account;
      if (!isOurs || readU64(view, offset + at.REPORT_NUMBER_AT) === 0) continue;
      if (this.parts.session.parts.peer.isFull) await this.parts.session.parts.peer.whenRoom();
      this.sendReport(view, offset);
    }
    return execution.last;
  }

  private sendReport(view: DataView, offset: number): void {
    if (this.isClosed) return;
    const number = readU64(view, offset + at.REPORT_NUMBER_AT);
    if (number !== 0) {
      if (number < this.next) return;
      this.next = number + 1;
    }
    const bytes = new Uint8Array(view.buffer, view.byteOffset + offset, at.REPORT_SIZE);
    this.parts.session.sendMessage(bytes);
  }
}
