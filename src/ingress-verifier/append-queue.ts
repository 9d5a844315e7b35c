/**
 * AppendQueue: gathers admitted frames into packs and appends them, one pack in flight.
 *
 * With nothing in flight a frame leaves at once; while an append is under way the next pack
 * gathers by itself. Nothing is ever dropped in silence: each frame's origin learns its position or
 * that the log is full, or the append throws and the service stops.
 *
 *   push -> waiting (at most bytesMax) -> in flight (a pack of at most packBytesMax) -> placed
 */
import { assert } from "../base/assert.ts";
import { type Appended, type InputWriter, LogFull, LostSuffix } from "../edges/log.ts";
import { isClearOf, readClear } from "../protocol/clear.ts";
import { REJECT_HALTED, REJECT_NOT_HALTED, REJECT_OVERLOADED } from "../protocol/codes.ts";

/** Who brought a frame and wants to know where it went. */
export interface Origin {
  /** A report caused by the frame; on loan until it returns. */
  onReport(view: DataView, offset: number): void;
  /** All reports of the frame's record have been shown. */
  onDone(): void;
  /** The frame is not in the log and will not be. */
  onRefused(frame: Uint8Array, code: number): void;
  /** The log has lost its newest entries: nobody knows whether the frame was among them. */
  onLost(): void;
}

interface Waiting {
  readonly frame: Uint8Array;
  readonly origin: Origin | null;
}

export interface AppendQueueLimits {
  readonly bytesMax: number;
  readonly packBytesMax: number;
}

const TICK = new Uint8Array(0);

export class AppendQueue {
  /** Null while the log recovers from a loss: nothing is taken then. */
  private writer: InputWriter | null;
  private readonly limits: AppendQueueLimits;
  private readonly onPlaced: (position: number, frame: Uint8Array, origin: Origin) => void;
  private readonly onFault: (fault: unknown) => void;
  private readonly onFull: (why: string, frames: number) => void;
  private readonly onLost: (loss: LostSuffix) => void;
  private waiting: Waiting[] = [];
  private sending: readonly Waiting[] = [];
  private inFlight: Promise<void> | null = null;
  /** An append has thrown: what waits stays, and its outcome is unknown. */
  isBroken = false;
  private roomWaiters: (() => void)[] = [];
  /** Bytes that wait or are in flight. */
  bytes = 0;
  /** Position of our newest placed record. */
  placedTip: number;
  logTime = 0;

  constructor(parts: {
    writer: InputWriter;
    limits: AppendQueueLimits;
    onPlaced: (position: number, frame: Uint8Array, origin: Origin) => void;
    onFault: (fault: unknown) => void;
    /** A pack was refused because the log has no room; its origins have been told. */
    onFull: (why: string, frames: number) => void;
    /** See `abandon` and `resume`. */
    onLost: (loss: LostSuffix) => void;
  }) {
    this.writer = parts.writer;
    this.limits = parts.limits;
    this.onPlaced = parts.onPlaced;
    this.onFault = parts.onFault;
    this.onFull = parts.onFull;
    this.onLost = parts.onLost;
    this.placedTip = parts.writer.tip();
  }

  /**
   * False when the queue is full; the frame is then not taken. `frame` must be the caller's copy.
   */
  push(frame: Uint8Array, origin: Origin | null): boolean {
    if (this.writer === null || this.bytes + frame.length > this.limits.bytesMax) return false;
    this.bytes += frame.length;
    this.waiting.push({ frame, origin });
    if (this.inFlight === null) this.start();
    return true;
  }

  /**
   * One frame of those that a halted shard takes, a Clear or a cure. False while another append is
   * under way; refused if the log knows no such halt, or no such record.
   */
  pushToHalted(frame: Uint8Array, readHalt: () => Promise<string | null>, origin: Origin): boolean {
    if (this.writer === null || this.inFlight !== null) return false;
    this.bytes += frame.length;
    const take = (): Waiting[] => [{ frame, origin }];
    const append = async (writer: InputWriter): Promise<Appended | null> => {
      const [clear, mark] = [readClear(frame), await readHalt()];
      const isNamed = mark !== null && (clear === null || isClearOf(clear, mark));
      return isNamed ? writer.appendToHalted(frame, mark) : null;
    };
    this.run(() => this.appendPack(take, append));
    return true;
  }

  /** A record without a frame, so that time passes for an idle shard. */
  tick(): void {
    if (this.inFlight === null && this.waiting.length === 0) this.push(TICK, null);
  }

  get isFull(): boolean {
    return this.bytes > this.limits.bytesMax / 2;
  }

  /** Lets go of all that waits or is in flight; tells who brought it, and takes nothing more. */
  abandon(): void {
    const gone = [...this.sending, ...this.waiting];
    this.writer = null;
    this.sending = this.waiting = [];
    this.inFlight = null;
    this.bytes = 0;
    for (const { origin } of gone) origin?.onLost();
  }

  /** Goes on with another writer. */
  resume(writer: InputWriter): void {
    this.writer = writer;
    this.placedTip = writer.tip();
    this.callWaiters();
  }

  /** Calls back once when the queue is at most half full again. */
  whenRoom(callback: () => void): void {
    this.roomWaiters.push(callback);
  }

  /** Resolves when it is known which of our frames lie at positions up to `position`. */
  async knows(position: number): Promise<void> {
    if (position > this.placedTip && this.inFlight !== null) await this.inFlight;
  }

  /** Resolves when nothing waits and nothing is in flight, or nothing more can be appended. */
  async drain(): Promise<void> {
    while (this.inFlight !== null && !this.isBroken) await this.inFlight;
  }

  private start(): void {
    const take = (): Waiting[] => this.takePack();
    // A microtask later, so that frames of one chunk share the pack.
    this.run(() => this.appendPack(take, (writer, frames) => writer.append(frames)));
  }

  private run(step: () => Promise<void>): void {
    this.inFlight = Promise.resolve()
      .then(step)
      .catch((fault: unknown) => {
        this.isBroken = true;
        this.onFault(fault);
      });
  }

  /** `append` gives null where the log takes nothing. */
  private async appendPack(
    take: () => readonly Waiting[],
    append: (writer: InputWriter, frames: Uint8Array[]) => Promise<Appended | null>,
  ): Promise<void> {
    const { writer } = this;
    if (writer === null) return;
    const pack = take();
    this.sending = pack;
    const frames = pack.map((entry) => entry.frame);
    try {
      const appended = await append(writer, frames);
      if (writer === this.writer && appended !== null) this.place(pack, appended);
      if (writer === this.writer && appended === null) this.refuse(pack, whyNotTaken(frames));
    } catch (fault) {
      // What was abandoned meanwhile has been told already.
      if (writer !== this.writer) return;
      if (fault instanceof LostSuffix) return this.onLost(fault);
      if (!(fault instanceof LogFull)) throw fault;
      this.refuse(pack, REJECT_OVERLOADED);
      this.onFull(fault.message, pack.filter(({ origin }) => origin !== null).length);
    }
    if (writer !== this.writer) return;
    this.sending = [];
    if (this.waiting.length > 0) this.start();
    else this.inFlight = null;
    this.callWaiters();
  }

  private takePack(): Waiting[] {
    let size = 0;
    let count = 0;
    for (const { frame } of this.waiting) {
      if (count > 0 && size + frame.length > this.limits.packBytesMax) break;
      size += frame.length;
      count++;
    }
    if (count === this.waiting.length) {
      const all = this.waiting;
      this.waiting = [];
      return all;
    }
    return this.waiting.splice(0, count);
  }

  private refuse(pack: readonly Waiting[], code: number): void {
    for (const { frame, origin } of pack) {
      this.bytes -= frame.length;
      origin?.onRefused(frame, code);
    }
  }

  private place(pack: readonly Waiting[], appended: Appended): void {
    assert(appended.last - appended.first + 1 === pack.length, "a pack's positions are dense");
    this.placedTip = appended.last;
    this.logTime = appended.logTime;
    for (const [index, { frame, origin }] of pack.entries()) {
      this.bytes -= frame.length;
      if (origin !== null) this.onPlaced(appended.first + index, frame, origin);
    }
  }

  private callWaiters(): void {
    if (this.isFull || this.roomWaiters.length === 0) return;
    const waiters = this.roomWaiters;
    this.roomWaiters = [];
    for (const callback of waiters) callback();
  }
}

/** An Upgrade that names no record that is there is one for a shard that goes on. */
function whyNotTaken([frame]: readonly Uint8Array[]): number {
  return frame !== undefined && readClear(frame) === null ? REJECT_HALTED : REJECT_NOT_HALTED;
}
