/**
 * JudgedInput: records of `in` in order, ahead of the engine, with the judge's verdict on each
 * frame.
 *
 *   in -> read ahead, up to the limit -> stretches of at most 64 frames -> judge -> next()
 *
 * A frame is judged by the key that the engine knows when the record is read. It may have learned
 * one, or another, until the record's turn comes; who takes the record compares, and asks again.
 */
import { viewOf } from "../base/bytes.ts";
import type { InputReader } from "../edges/log.ts";
import type { SignedFrame } from "../edges/verify-batch.ts";
import type { FrameJudge } from "../edges/verify-pool.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import { keyIdOf } from "../protocol/record-frame.ts";

export interface JudgedRecord {
  /** Where it begins. A record that cannot be read is the last of all. */
  readonly at: number;
  /** Its frame was judged by this one; null for a tick, and where there was no key. */
  readonly publicKey: Uint8Array | null;
  holds: boolean;
}

/** Whole records, one behind the other. */
export interface Stretch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly records: readonly JudgedRecord[];
}

export interface JudgedInputParts {
  readonly input: InputReader;
  readonly judge: FrameJudge;
  /** The public key behind the key id that the record at this position names, if there is one. */
  readonly keyOf: (position: number, key: number) => Uint8Array | null;
  /** Records are read behind this position. */
  readonly after: number;
  /** Bytes read and not yet taken, at most about that many. */
  readonly aheadBytesMax: number;
  readonly stop: AbortSignal;
}

interface Pending {
  readonly stretch: Stretch;
  readonly judged: readonly JudgedRecord[];
  readonly verdicts: Promise<Uint8Array | null>;
}

const READ_BYTES = 1 << 18;
const STRETCH_FRAMES = 64;

export class JudgedInput {
  private readonly parts: JudgedInputParts;
  private readonly closing = new AbortController();
  private readonly stop: AbortSignal;
  private readonly reading: Promise<void>;
  private readonly pending: Pending[] = [];
  private readonly record = new RecordView();
  private bytesAhead = 0;
  private isOver = false;
  private fault: Error | null = null;
  /** Settled and renewed whenever a stretch comes or goes. */
  private moved = Promise.withResolvers<void>();

  constructor(parts: JudgedInputParts) {
    this.parts = parts;
    this.stop = AbortSignal.any([parts.stop, this.closing.signal]);
    this.stop.addEventListener("abort", () => this.move());
    this.reading = this.readOn();
  }

  /** The next records with their verdicts; null when asked to stop. Throws what the log throws. */
  async next(): Promise<Stretch | null> {
    while (!this.stop.aborted) {
      // A log that is not the one that was read ahead: what waits is not of it, perhaps.
      if (this.fault !== null) throw this.fault;
      const first = this.pending.shift();
      if (first !== undefined) return this.finish(first);
      if (this.isOver) return null;
      await this.moved.promise;
    }
    return null;
  }

  /** Ends the reading ahead; what is judged is dropped. */
  async close(): Promise<void> {
    this.closing.abort();
    await this.reading;
  }

  private async finish({ stretch, judged, verdicts }: Pending): Promise<Stretch | null> {
    const found = judged.length === 0 ? new Uint8Array(0) : await verdicts;
    if (found === null) return null;
    for (const [i, record] of judged.entries()) record.holds = found[i] === 1;
    this.bytesAhead -= stretch.bytes.length;
    this.move();
    return stretch;
  }

  private async readOn(): Promise<void> {
    const { input, after, aheadBytesMax } = this.parts;
    const readBytes = Math.min(READ_BYTES, aheadBytesMax);
    try {
      for (let position = after; !this.stop.aborted; ) {
        if (this.bytesAhead >= aheadBytesMax) {
          await this.moved.promise;
          continue;
        }
        const batch = await input.read(position, readBytes, this.stop);
        if (batch === null || !this.cut(batch.bytes.slice(), position)) break;
        position += batch.count;
        this.move();
      }
    } catch (fault) {
      this.fault = fault instanceof Error ? fault : new Error(String(fault));
    }
    this.isOver = true;
    this.move();
  }

  /** False when something in there is no record. */
  private cut(bytes: Uint8Array, after: number): boolean {
    const view = viewOf(bytes);
    let records: JudgedRecord[] = [];
    let signed: SignedFrame[] = [];
    let from = 0;
    for (let at = 0, position = after + 1; at < bytes.length; position++) {
      const wrong = readRecord(view, at, this.record);
      const publicKey = wrong === "" ? this.keyOf(view, position) : null;
      records.push({ at: at - from, publicKey, holds: false });
      at = wrong === "" ? this.record.end : bytes.length;
      if (publicKey !== null) signed.push({ frame: frameOf(bytes, this.record), publicKey });
      if (signed.length === STRETCH_FRAMES || at === bytes.length) {
        this.add(bytes.subarray(from, at), records, signed);
        records = [];
        signed = [];
        from = at;
      }
      if (wrong !== "") return false;
    }
    return true;
  }

  private keyOf(view: DataView, position: number): Uint8Array | null {
    const key = keyIdOf(view, this.record);
    // A copy, since what the engine hands out is a view.
    return key === null ? null : (this.parts.keyOf(position, key)?.slice() ?? null);
  }

  private add(
    bytes: Uint8Array,
    records: readonly JudgedRecord[],
    signed: readonly SignedFrame[],
  ): void {
    const judged = records.filter(({ publicKey }) => publicKey !== null);
    const verdicts = signed.length === 0 ? Promise.resolve(null) : this.parts.judge.verify(signed);
    this.pending.push({ stretch: { bytes, view: viewOf(bytes), records }, judged, verdicts });
    this.bytesAhead += bytes.length;
  }

  private move(): void {
    this.moved.resolve();
    this.moved = Promise.withResolvers<void>();
  }
}

export function frameOf(bytes: Uint8Array, { at, end }: RecordView): Uint8Array {
  return bytes.subarray(at + RECORD_HEADER_SIZE, end);
}
