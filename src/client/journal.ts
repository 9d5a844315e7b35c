/**
 * ClientJournal: a client's own record, so that after a crash of either side it can say exactly
 * what it sent and repeat it byte by byte.
 *
 *   sent      a frame, recorded before its first byte leaves
 *   settled   its outcome is known and was told
 *   mark      reports of an account up to this number have been handled
 *
 * A frame that was sent and not settled is outstanding. A mark never passes the first report of an
 * outstanding frame, so that after a restart its outcome comes again. Of one venue and shard.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import * as frames from "../protocol/frame.ts";

export interface JournalState {
  /** Hex; null before the first hello. */
  readonly venue: string | null;
  /** Highest nonce used, by key id. */
  readonly nonces: ReadonlyMap<number, number>;
  /** Last report number handled, by account. */
  readonly marks: ReadonlyMap<number, number>;
  /** Frames whose outcome is not known, oldest first. */
  readonly outstanding: readonly Uint8Array[];
}

export interface ClientJournal {
  /** What was recorded so far; called once, before anything else. */
  load(): JournalState;
  setVenue(venue: string): void;
  sent(frame: Uint8Array): void;
  settled(key: number, nonce: number): void;
  mark(account: number, number: number): void;
  /** Everything recorded so far survives the end of this process. */
  flush(): void;
  close(): void;
}

/** The state that a run of records leads to. Shared by both journals. */
export class JournalBook implements JournalState {
  venue: string | null = null;
  readonly nonces = new Map<number, number>();
  readonly marks = new Map<number, number>();
  private readonly frames = new Map<string, Uint8Array>();

  get outstanding(): readonly Uint8Array[] {
    return [...this.frames.values()];
  }

  addFrame(frame: Uint8Array): void {
    const view = viewOf(frame);
    const key = view.getUint32(frames.FRAME_KEY_AT, true);
    const nonce = readU64(view, frames.FRAME_NONCE_AT);
    this.frames.set(`${key}-${nonce}`, frame);
    this.raiseNonce(key, nonce);
  }

  raiseNonce(key: number, nonce: number): void {
    this.nonces.set(key, Math.max(nonce, this.nonces.get(key) ?? 0));
  }

  settle(key: number, nonce: number): void {
    this.frames.delete(`${key}-${nonce}`);
  }
}

/** Survives lost connections and restarts of the venue, not the end of this process. */
export class MemoryJournal implements ClientJournal {
  private readonly book = new JournalBook();

  load(): JournalState {
    return this.book;
  }

  setVenue(venue: string): void {
    this.book.venue = venue;
  }

  sent(frame: Uint8Array): void {
    this.book.addFrame(frame);
  }

  settled(key: number, nonce: number): void {
    this.book.settle(key, nonce);
  }

  mark(account: number, number: number): void {
    this.book.marks.set(account, number);
  }

  flush(): void {
    // Nothing outlives this process.
  }

  close(): void {
    // Nothing is open.
  }
}
