/**
 * BorderSnapshots: state exactly as a signed commitment says, for the export.
 *
 *   every N records, at the next border   -> taken     state, and the commitment over it
 *   its commitment is signed              -> signed    may be exported
 *   records up to it are archived         -> written   snapshot/<position>.zst, by the exporter
 *
 * Bytes: [ u32 size ][ engine ][ checkpointer ]; where they are taken follows from the records, so
 * that all exporters write the same. Only the newest is held: a snapshot is a cache.
 */
import { viewOf } from "../base/bytes.ts";
import type { Checkpointer } from "../proofs/checkpointer.ts";

export interface BorderSnapshot {
  readonly number: number;
  readonly position: number;
  readonly bytes: Uint8Array;
}

/** What an engine must offer here. */
export interface Snapshotted {
  readonly position: number;
  snapshot(chain: Uint8Array): Uint8Array;
}

export function snapshotBytes(
  engine: Snapshotted,
  chain: Uint8Array,
  checkpointer: Checkpointer,
): Uint8Array<ArrayBuffer> {
  const state = engine.snapshot(chain);
  const saved = checkpointer.save();
  const bytes = new Uint8Array(4 + state.length + saved.length);
  viewOf(bytes).setUint32(0, state.length, true);
  bytes.set(state, 4);
  bytes.set(saved, 4 + state.length);
  return bytes;
}

export class BorderSnapshots {
  private readonly every: number;
  private taken: BorderSnapshot | null = null;
  private signed: BorderSnapshot | null = null;

  constructor(everyRecords: number) {
    this.every = everyRecords;
  }

  /** Right behind `commit`; `before`: the position of the commitment before this one. */
  take(before: number, engine: Snapshotted, chain: Uint8Array, checkpointer: Checkpointer): void {
    const { position } = engine;
    if (Math.floor(position / this.every) === Math.floor(before / this.every)) return;
    const bytes = snapshotBytes(engine, chain, checkpointer);
    this.taken = { number: checkpointer.count - 1, position, bytes };
  }

  published(number: number): void {
    if (this.taken === null || this.taken.number > number) return;
    this.signed = this.taken;
    this.taken = null;
  }

  /** The newest that may be exported while records up to `archived` are. */
  due(archived: number): BorderSnapshot | null {
    return this.signed !== null && this.signed.position <= archived ? this.signed : null;
  }

  written(snapshot: BorderSnapshot): void {
    if (this.signed === snapshot) this.signed = null;
  }
}
