/**
 * ReplayRun: sends a signed flow over one connection and takes in every report, until the last.
 *
 *   connect, log on --resume--> all reports of what was executed are here
 *     -> send from the first frame without an answer, `window` frames ahead of the answers
 *     -> connection lost: connect again, the same way
 *
 * Both accounts log on over the same connection, so the venue appends their frames in the order of
 * sending. Frames that left before a loss leave again, the same bytes; the engine refuses the
 * second copy as a duplicate. With a rate a frame's clock starts when it should have left, so that
 * a stall counts in full; without one it starts when it leaves.
 */
import { readU64 } from "../base/bytes.ts";
import { asClientError, type ClientError, refusedBy, unreachable } from "../client/errors.ts";
import { Pipe } from "../client/pipe.ts";
import * as codes from "../protocol/codes.ts";
import { REPORT_CODE_AT, REPORT_NUMBER_AT } from "../protocol/report.ts";
import type { Refused } from "../protocol/session.ts";
import type { DeskKey } from "./operator-desk.ts";
import type { ReplayJournal } from "./replay-journal.ts";
import type { ReportStore } from "./report-store.ts";
import type { SignedFlow } from "./signed-flow.ts";

export interface ReplayRunParts {
  readonly host: string;
  readonly port: number;
  readonly shard: number;
  /** The keys that log on, one for each account. */
  readonly logons: readonly DeskKey[];
  readonly flow: SignedFlow;
  readonly store: ReportStore;
  readonly journal: ReplayJournal;
  /** Frames on their way, at most. */
  readonly window: number;
  /** Frames per second; 0: as fast as answers come. */
  readonly rate: number;
  readonly reconnectMsMax: number;
}

export interface ReplayTimes {
  /** From the first frame that left to the last answer to the flow, seconds. */
  readonly seconds: number;
  /** By frame answered in this run, milliseconds. */
  readonly latencies: Float64Array;
  /** Connections beyond the first. */
  readonly reconnects: number;
  /** Frames that left more than once, in this run or an earlier one. */
  readonly resent: number;
}

/** These say that this frame was used before, or may have been: its reports tell. */
const KNOWN_FRAME: readonly number[] = [codes.REJECT_DUPLICATE, codes.REJECT_NONCE_TOO_OLD];
/** The connection or the venue is going away; the frame leaves again over the next one. */
const GOING_AWAY: readonly number[] = [
  codes.REJECT_DRAINING,
  codes.REJECT_UNKNOWN_OUTCOME,
  codes.REJECT_NOT_LOGGED_ON,
];
const RECONNECT_WAIT_MS = 50;
/** Nearer than this a timer is too coarse, and the event loop is asked again and again. */
const SPIN_MS = 3;

export class ReplayRun {
  private readonly parts: ReplayRunParts;
  private readonly startedAt: Float64Array;
  private readonly latency: Float64Array;
  private measured = 0;
  private pipe: Pipe | null = null;
  private next = 0;
  private sentMax: number;
  private startMs = 0;
  /** When frame 0 should have left, to keep the rate. */
  private paceMs = 0;
  private endMs = 0;
  private reconnects = 0;
  private resent = 0;
  private failure: ClientError | null = null;
  private wake: () => void = () => undefined;

  constructor(parts: ReplayRunParts) {
    this.parts = parts;
    this.startedAt = new Float64Array(parts.flow.frames.length);
    this.latency = new Float64Array(parts.flow.frames.length);
    this.sentMax = parts.journal.sentBefore();
  }

  /** Until every frame is answered; throws a ClientError when that cannot be. */
  async run(): Promise<ReplayTimes> {
    const { store, journal } = this.parts;
    let lost: ClientError | null = null;
    let lostMs = performance.now();
    while (!store.isComplete) {
      const before = store.answered;
      lost = await this.once();
      journal.flush();
      if (this.failure !== null) throw this.failure;
      if (store.isComplete) break;
      if (store.answered > before) lostMs = performance.now();
      if (!lost.retryable && lost.code !== "closed") throw lost;
      const waited = performance.now() - lostMs;
      if (waited > this.parts.reconnectMsMax) throw unreachable(`${lost.message}; gave up`);
      this.reconnects++;
      await new Promise((resolve) => setTimeout(resolve, RECONNECT_WAIT_MS));
    }
    return {
      seconds: Math.max(0, this.endMs - this.startMs) / 1000,
      latencies: this.latency.subarray(0, this.measured),
      reconnects: this.reconnects,
      resent: this.resent,
    };
  }

  /** One connection, from logon to its end; returns why it ended. */
  private async once(): Promise<ClientError> {
    const { host, port, shard, logons, store } = this.parts;
    const ended = Promise.withResolvers<ClientError>();
    let pipe: Pipe;
    try {
      pipe = await Pipe.open({
        host,
        port,
        shard,
        accounts: logons.map((who) => ({
          ...who,
          nextReport: store.lastNumber(who.account) + 1,
        })),
        onReport: (view, at) => this.onReport(view, at),
        onRefused: (refused) => this.onRefused(refused),
        onTurn: () => this.wake(),
        onClose: (error) => {
          ended.resolve(error);
          this.wake();
        },
      });
    } catch (error) {
      return asClientError(error);
    }
    this.pipe = pipe;
    await this.untilResumed(pipe);
    this.next = store.answered;
    await this.sendAll(pipe);
    while (pipe.isOpen && !store.isComplete) await this.woken();
    pipe.close();
    return ended.promise;
  }

  /** All that was executed before is in the store. */
  private async untilResumed(pipe: Pipe): Promise<void> {
    const { logons, store } = this.parts;
    for (const { account } of logons) {
      const last = pipe.resumeOf(account)?.last ?? 0;
      while (pipe.isOpen && store.lastNumber(account) < last) await this.woken();
    }
  }

  private woken(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private async sendAll(pipe: Pipe): Promise<void> {
    const { flow, store, window } = this.parts;
    const total = flow.frames.length;
    while (pipe.isOpen && this.next < total) {
      const room = Math.min(total, store.answered + window) - this.next;
      if (room <= 0) {
        await this.woken();
        continue;
      }
      const due = await this.due(room);
      if (due > 0 && !this.send(pipe, due)) await pipe.whenRoom();
    }
  }

  /** How many of the next `room` frames should leave now; waits a little if none. */
  private async due(room: number): Promise<number> {
    const { rate } = this.parts;
    if (rate === 0) return room;
    if (this.paceMs === 0) this.paceMs = performance.now() - (this.next * 1000) / rate;
    const elapsed = performance.now() - this.paceMs;
    const due = Math.min(room, Math.floor((elapsed * rate) / 1000) + 1 - this.next);
    if (due > 0) return due;
    const aheadMs = (this.next * 1000) / rate - elapsed;
    await new Promise<void>((resolve) => {
      if (aheadMs > SPIN_MS) setTimeout(resolve, aheadMs - SPIN_MS);
      else setImmediate(resolve);
    });
    return 0;
  }

  /** False when the pipe took less than `count` frames. */
  private send(pipe: Pipe, count: number): boolean {
    const { flow, journal, rate } = this.parts;
    const end = this.next + count;
    if (end > this.sentMax) journal.sent(end);
    const now = performance.now();
    if (this.startMs === 0) this.startMs = now;
    for (; this.next < end; this.next++) {
      if (!pipe.submit(flow.frames[this.next]!)) return false;
      if (this.next < this.sentMax) this.resent++;
      else this.sentMax = this.next + 1;
      if (this.startedAt[this.next] !== 0) continue;
      this.startedAt[this.next] = rate === 0 ? now : this.paceMs + (this.next * 1000) / rate;
    }
    return true;
  }

  private onReport(view: DataView, at: number): void {
    const { store, flow, journal } = this.parts;
    if (readU64(view, at + REPORT_NUMBER_AT) === 0) {
      this.onUnnumbered(view.getUint16(at + REPORT_CODE_AT, true));
      return;
    }
    const taken = store.take(view, at);
    if (taken === "known") return;
    if (taken === "gap") {
      this.pipe?.close();
      return;
    }
    journal.report(view, at);
    if (taken !== "first_answer" || store.newest >= flow.flowCount) return;
    const now = performance.now();
    this.endMs = now;
    const from = this.startedAt[store.newest]!;
    if (from !== 0) this.latency[this.measured++] = now - from;
  }

  private onUnnumbered(code: number): void {
    if (KNOWN_FRAME.includes(code)) return;
    this.failure ??= refusedBy(code);
    this.pipe?.close();
  }

  private onRefused({ code }: Refused): void {
    // After "overloaded" later frames may be in the log already: the order is lost.
    if (!GOING_AWAY.includes(code)) this.failure ??= refusedBy(code, "the flow's order is lost");
    this.pipe?.close();
  }
}
