/**
 * ShardDoor: one shard as ingress sees it. Frames go in at one side, reports come out at the other.
 * Of a halted shard it refuses every frame but a Clear or a cure, until the halt is lifted.
 *
 *   frame -> admit -> append queue -> in:{s}          ex:{s} -> follow -> ring, key table
 *                                                                      -> the frame's origin
 *                                                                      -> listeners of the account
 *
 * Positions tie the two sides together: an append says where a frame lies, a report says which
 * record caused it.
 */
import type { ExecutionReader } from "../edges/log.ts";
import { Gone, LogFault, LostSuffix } from "../edges/log.ts";
import { readU64, viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { decodeExecution, type Execution } from "../protocol/execution.ts";
import type { Genesis } from "../protocol/genesis.ts";
import {
  REPORT_ACCOUNT_AT,
  REPORT_INDEX_AT,
  REPORT_NUMBER_AT,
  REPORT_POSITION_AT,
  REPORT_SIZE,
} from "../protocol/report.ts";
import { Past, type PastParts } from "../service/past.ts";
import type { DoorLimits, DoorParts } from "./door-parts.ts";
import { Admitter } from "./admit.ts";
import { AppendQueue, type Origin } from "./append-queue.ts";
import { CatchUpDesk } from "./catch-up-desk.ts";
import { HaltGate } from "./halt-gate.ts";
import { KeyTable } from "./key-table.ts";
import { passesUnder, type Pressure } from "./memory-marks.ts";
import { PlacedFrames } from "./placed-frames.ts";
import { ReportRing } from "./report-ring.ts";

/** Whoever wants an account's numbered reports as they come. */
export interface Listener {
  onReport(view: DataView, offset: number): void;
}

const READ_BYTES_MAX = 1 << 20;

export class ShardDoor {
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  readonly queue: AppendQueue;
  readonly ring: ReportRing;
  readonly desk: CatchUpDesk;
  readonly openExecutionReader: () => Promise<ExecutionReader>;
  private readonly past: PastParts | null;
  private readonly keys: KeyTable;
  private readonly admitter: Admitter;
  private readonly limits: DoorLimits;
  private readonly placed = new PlacedFrames();
  private readonly gate: HaltGate;
  private readonly listeners = new Map<number, Set<Listener>>();
  private readonly onFault: (fault: unknown) => void;
  private readonly recoverLoss: DoorParts["recoverLoss"];
  private readonly readHalt: DoorParts["readHalt"];
  private recovering: Promise<void> | null = null;
  /** Position up to which reports have been shown, and the rules version that governs it. */
  followed = 0;
  rulesVersion = 0;
  /** By how full the log's memory is. */
  pressure: Pressure = "none";
  /** Newest log time seen in reports or given by our own appends, microseconds. */
  logTime = 0;
  readonly counts = { admitted: 0, refused: 0, overloaded: 0, reports: 0, losses: 0 };

  constructor(parts: DoorParts) {
    this.genesis = parts.genesis;
    this.venue = parts.venue;
    this.keys = new KeyTable(parts.genesis);
    this.gate = new HaltGate(parts.genesis, parts.halted);
    this.ring = new ReportRing(parts.limits.reportsKept);
    this.openExecutionReader = parts.openExecutionReader;
    this.past = parts.past ?? null;
    this.desk = new CatchUpDesk(parts.limits.resumesMax, this.past);
    this.onFault = parts.onFault;
    this.recoverLoss = parts.recoverLoss;
    this.readHalt = parts.readHalt;
    this.limits = parts.limits;
    const scope = { ...parts.genesis, venue: parts.venue };
    this.admitter = new Admitter(scope, this.keys, parts.verifier);
    this.queue = new AppendQueue({
      writer: parts.writer,
      limits: {
        bytesMax: parts.limits.appendQueueBytesMax,
        packBytesMax: parts.limits.packBytesMax,
      },
      onPlaced: (position, frame, origin) => this.placed.add(position, frame, origin),
      onFault: parts.onFault,
      onFull: (why, frames) => {
        this.counts.overloaded += frames;
        parts.onFull(why, frames);
      },
      onLost: (loss) => void this.lose(loss).catch(parts.onFault),
    });
  }

  /** Whose key this is, as far as ingress knows. */
  ownerOf(publicKey: Uint8Array): { account: number; key: number } | null {
    return this.keys.ownerOf(publicKey);
  }

  /** Whether no other logon of the key was reported behind this position, 0 for none yet. */
  isLastLogon(key: number, position: number): boolean {
    return position === 0 || this.keys.loggedOnAt(key) === position;
  }

  /** Checks a frame as far as ingress can. */
  admit(frame: Uint8Array): number {
    let code = this.admitter.admit(frame);
    // Keys come with reports, and those of a halted shard may not be there.
    const mayBeKnown = code === codes.REJECT_UNKNOWN_KEY && this.isHalted;
    if (code === codes.ACCEPTED || mayBeKnown) code = this.gate.check(frame, this.followed) || code;
    if (code === codes.ACCEPTED) this.counts.admitted++;
    else this.counts.refused++;
    return code;
  }

  get isHalted(): boolean {
    return this.gate.reason !== null;
  }

  /** Told of the halted mark as it is now; null when there is none any more. */
  halted(reason: string | null): void {
    this.gate.reason = reason;
  }

  /** Records in the log that no report has come for. */
  get unmatched(): number {
    return Math.max(0, this.queue.placedTip - this.followed);
  }

  /**
   * Queues a copy of an admitted frame. False when the queue is full, when the log's memory is too
   * full for it, or when nobody matches: an order that waits unseen would trade at prices of long
   * ago.
   */
  append(frame: Uint8Array, origin: Origin): boolean {
    if (this.isHalted) return this.queue.pushToHalted(frame.slice(), this.readHalt, origin);
    const isTaken =
      this.unmatched < this.limits.unmatchedRecordsMax && passesUnder(this.pressure, frame);
    if (isTaken && this.queue.push(frame.slice(), origin)) return true;
    this.counts.overloaded++;
    return false;
  }

  /** Where a search for reports of a resumed session begins. */
  get resumeAfter(): number {
    return Math.max(0, this.followed - this.limits.resumeRecordsMax);
  }

  listen(account: number, listener: Listener): void {
    const known = this.listeners.get(account);
    if (known === undefined) this.listeners.set(account, new Set([listener]));
    else known.add(listener);
  }

  unlisten(account: number, listener: Listener): void {
    const known = this.listeners.get(account);
    if (known?.delete(listener) && known.size === 0) this.listeners.delete(account);
  }

  /**
   * Reads `ex` from its beginning: keys, and the newest reports. Waits for the matcher to come as
   * far as `in` went when we began, or keys that were acknowledged would be refused as unknown; but
   * nobody matches for a halted shard.
   */
  async recover(inputTip: number, stop: AbortSignal): Promise<void> {
    const reader = await this.openExecutionReader();
    const tip = this.isHalted ? await reader.tip() : inputTip;
    while (this.followed < tip && !stop.aborted) {
      try {
        await this.readOnce(reader, stop);
      } catch (fault) {
        if (!(fault instanceof Gone) || this.past === null) throw fault;
        await this.recoverGone(this.past, fault.first - 1, stop);
      }
    }
    await reader.close();
  }

  /** Keys up to there, where the log begins, without `ex`. */
  private async recoverGone(parts: PastParts, position: number, stop: AbortSignal): Promise<void> {
    const past = await Past.open(parts, Number.POSITIVE_INFINITY);
    this.keys.load(past.engine);
    await past.upTo(position, (reports) => this.keys.followAll(reports), stop);
    // Behind it the log says again what a newer snapshot knows already.
    if (!stop.aborted) this.followed = Math.max(this.followed, position);
  }

  /** Follows `ex` until stopped. */
  async follow(stop: AbortSignal): Promise<void> {
    try {
      while (!stop.aborted) await this.followUntilLost(stop);
    } catch (fault) {
      this.onFault(fault);
    }
  }

  private async followUntilLost(stop: AbortSignal): Promise<void> {
    const reader = await this.openExecutionReader();
    try {
      while (!stop.aborted) await this.readOnce(reader, stop);
    } catch (fault) {
      if (!(fault instanceof LostSuffix)) throw fault;
      await this.lose(fault);
    } finally {
      await reader.close();
    }
  }

  /**
   * The log has lost its newest entries. Reports that were shown are durable, so they stand; every
   * frame without a report has an unknown outcome, and whoever waits for one is told so.
   */
  private lose(loss: LostSuffix): Promise<void> {
    this.recovering ??= this.letGo(loss).finally(() => {
      this.recovering = null;
    });
    return this.recovering;
  }

  private async letGo(loss: LostSuffix): Promise<void> {
    this.counts.losses++;
    const gone = this.placed.letGo();
    this.queue.abandon();
    for (const origin of gone) origin.onLost();
    this.queue.resume(await this.recoverLoss(loss, this.followed));
  }

  private async readOnce(reader: ExecutionReader, stop: AbortSignal): Promise<void> {
    const records = await reader.read(this.followed, READ_BYTES_MAX, stop);
    if (records === null) return;
    for (const bytes of records) {
      const execution = decodeExecution(bytes);
      if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
      await this.queue.knows(execution.last);
      this.placed.refuseOthers(execution);
      this.show(execution);
    }
  }

  private show({ reports, first, last, rulesVersion }: Execution): void {
    const view = viewOf(reports);
    let position = first;
    for (let at = 0; at < reports.length; at += REPORT_SIZE) {
      const its = readU64(view, at + REPORT_POSITION_AT);
      if (its <= this.followed) continue;
      for (; position < its; position++) this.placed.finish(position);
      this.showOne(reports, view, at, its);
    }
    for (; position <= last; position++) this.placed.finish(position);
    this.followed = last;
    this.rulesVersion = rulesVersion;
  }

  private showOne(reports: Uint8Array, view: DataView, at: number, position: number): void {
    this.counts.reports++;
    // What this shard owes another belongs to no account here, though it names one.
    if (view.getUint8(at) === codes.REPORT_OUTBOX) return;
    this.keys.follow(view, at);
    // What is due comes with whichever record is next; the sender of its frame did not cause it.
    const isDue = view.getUint16(at + REPORT_INDEX_AT, true) === codes.INDEX_DUE;
    if (!isDue) this.placed.originAt(position)?.onReport(view, at);
    if (readU64(view, at + REPORT_NUMBER_AT) === 0) return;
    this.ring.add(reports, at);
    const account = view.getUint32(at + REPORT_ACCOUNT_AT, true);
    const listeners = this.listeners.get(account);
    if (listeners === undefined) return;
    for (const listener of listeners) listener.onReport(view, at);
  }
}
