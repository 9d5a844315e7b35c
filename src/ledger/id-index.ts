/**
 * IdIndex: finds the slot of an asset or market by its id, a u32 that an operator chose.
 *
 * Small ids, which is nearly all of them, are looked up directly; the others in a map. Ids are
 * never taken back. For looking up only.
 */
import { assert } from "../base/assert.ts";

/** Ids below are looked up directly, in a table that reaches as far as ids are in use. */
const DIRECT_MAX = 65_536;
const DIRECT_MIN = 1024;

export class IdIndex {
  private direct = new Uint32Array(DIRECT_MIN);
  private readonly others = new Map<number, number>();

  /** The slot, or 0. */
  find(id: number): number {
    const { direct } = this;
    return id < direct.length ? direct[id]! : (this.others.get(id) ?? 0);
  }

  add(id: number, slot: number): void {
    assert(slot > 0 && this.find(id) === 0, "an id gets one slot, once");
    if (id >= DIRECT_MAX) {
      this.others.set(id, slot);
      return;
    }
    while (id >= this.direct.length) this.grow();
    this.direct[id] = slot;
  }

  private grow(): void {
    const wider = new Uint32Array(2 * this.direct.length);
    wider.set(this.direct);
    this.direct = wider;
  }
}
