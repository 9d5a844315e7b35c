/**
 * SnapshotCheck: each snapshot of an export is, byte for byte, the state that the records make.
 *
 * Only the fast engine writes snapshots: under the naive one only their objects are checked.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { ExportStore } from "../edges/export-store.ts";
import { OBJECT_SIZE_MAX } from "../edges/object-store.ts";
import { unseal } from "../edges/sealed-object.ts";
import type { Checkpointer } from "../proofs/checkpointer.ts";
import { SEALED_SNAPSHOT } from "../protocol/sealed.ts";
import { Lie } from "./lie.ts";

/** What an engine offers whose state can be compared. */
export interface WritesSnapshots {
  readonly position: number;
  snapshot?(chain: Uint8Array): Uint8Array;
  governs(position: number): { readonly version: number };
}

export class SnapshotCheck {
  private readonly store: ExportStore;
  private readonly venue: Uint8Array;
  /** Positions of those that are not loaded yet, rising. */
  private readonly waiting: number[];
  private readonly loaded = new Map<number, { bytes: Uint8Array; rulesVersion: number }>();

  private constructor(store: ExportStore, venue: Uint8Array, positions: number[]) {
    this.store = store;
    this.venue = venue;
    this.waiting = positions;
  }

  /** Those of the first `records` records. */
  static async open(
    store: ExportStore,
    venue: Uint8Array,
    records: number,
  ): Promise<SnapshotCheck> {
    const positions = (await store.snapshots()).filter((position) => position <= records);
    return new SnapshotCheck(store, venue, positions);
  }

  /** Makes those up to `position` ready to be compared. */
  async load(position: number): Promise<void> {
    while ((this.waiting[0] ?? Infinity) <= position) {
      const at = this.waiting.shift() ?? 0;
      const object = await this.store.get(ExportStore.snapshotName(at));
      if (object === null) throw new Lie("snapshot", at, "it is missing");
      const unsealed = unseal(object, OBJECT_SIZE_MAX);
      if (typeof unsealed === "string") throw new Lie("snapshot", at, unsealed);
      const { header, bytes, wrong } = unsealed;
      if (wrong !== "") throw new Lie("snapshot", at, wrong);
      const isRight =
        header.kind === SEALED_SNAPSHOT &&
        header.shard === this.store.shard &&
        header.first === at &&
        header.last === at &&
        equalBytes(header.venue, this.venue);
      if (!isRight) throw new Lie("snapshot", at, "its header is not that of its place");
      this.loaded.set(at, { bytes, rulesVersion: header.rulesVersion });
    }
  }

  /** Right behind the commitment over the engine's state. */
  check(engine: WritesSnapshots, chain: Uint8Array, checkpointer: Checkpointer): void {
    const { position } = engine;
    const found = this.loaded.get(position);
    if (found === undefined) return;
    this.loaded.delete(position);
    const state = engine.snapshot?.(chain);
    if (state === undefined) return;
    const { bytes, rulesVersion } = found;
    const saved = checkpointer.save();
    const isSame =
      bytes.length === 4 + state.length + saved.length &&
      viewOf(bytes).getUint32(0, true) === state.length &&
      equalBytes(bytes.subarray(4, 4 + state.length), state) &&
      equalBytes(bytes.subarray(4 + state.length), saved);
    if (!isSame) throw new Lie("snapshot", position, "it is not the state that the records make");
    if (rulesVersion === engine.governs(position).version) return;
    throw new Lie("snapshot", position, "its header is not that of its place");
  }

  /** All of them lay behind a commitment. */
  finish(): void {
    for (const position of this.loaded.keys()) {
      throw new Lie("snapshot", position, "no commitment covers just the records up to there");
    }
  }
}
