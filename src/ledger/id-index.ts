/**
 * IdIndex: finds the slot of an asset or market by its id, a u32 that an operator chose.
 *
 * Small ids, which is nearly all of them, are looked up directly; the others in a map. Ids are
 * never taken back. For looking up only.
 */
import { assert } from "../base/assert.ts";

/** Ids below are looked up directly: 256 KiB, touched where ids are in use. */
const DIRECT_COUNT = 65_536;

export class IdIndex {
  private readonly direct = new Uint32Array(DIRECT_COUNT);
  private readonly others = new Map<number, number>();

  /** The slot, or 0. */
  find(id: number): number {
    return id < DIRECT_COUNT ? this.direct[id]! : (this.others.get(id) ?? 0);
  }

  add(id: number, slot: number): void {
    assert(slot > 0 && this.find(id) === 0, "an id gets one slot, once");
    if (id < DIRECT_COUNT) this.direct[id] = slot;
    else this.others.set(id, slot);
  }
}
