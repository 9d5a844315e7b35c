/**
 * ArrivalHeap: several lists of orders, each by rising arrival, walked as one by rising arrival.
 *
 *   slots, arrivals   a binary heap of the lists' first orders, the lowest arrival at 0
 *
 * Used by mass cancel and snapshot. It grows to the number of lists and is never freed.
 */
import type { OrderSlab } from "./order-slab.ts";

export class ArrivalHeap {
  private slots = new Uint32Array(64);
  private arrivals = new Float64Array(64);
  private count = 0;
  private readonly slab: OrderSlab;

  constructor(slab: OrderSlab) {
    this.slab = slab;
  }

  clear(): void {
    this.count = 0;
  }

  /** Adds an order; 0 is none. */
  push(slot: number): void {
    if (slot === 0) return;
    if (this.count === this.slots.length) this.grow();
    const arrival = this.slab.arrival(slot);
    let hole = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.arrivals[parent]! < arrival) break;
      this.move(parent, hole);
      hole = parent;
    }
    this.put(hole, slot, arrival);
  }

  /** Takes out the order with the lowest arrival; 0 when there is none left. */
  pop(): number {
    if (this.count === 0) return 0;
    const first = this.slots[0]!;
    const last = --this.count;
    if (last > 0) this.sink(this.slots[last]!, this.arrivals[last]!);
    return first;
  }

  /** Puts an order at the top and lets it fall to its place. */
  private sink(slot: number, arrival: number): void {
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.count) break;
      if (child + 1 < this.count && this.arrivals[child + 1]! < this.arrivals[child]!) child++;
      if (arrival < this.arrivals[child]!) break;
      this.move(child, hole);
      hole = child;
    }
    this.put(hole, slot, arrival);
  }

  private move(from: number, to: number): void {
    this.slots[to] = this.slots[from]!;
    this.arrivals[to] = this.arrivals[from]!;
  }

  private put(at: number, slot: number, arrival: number): void {
    this.slots[at] = slot;
    this.arrivals[at] = arrival;
  }

  private grow(): void {
    const { slots, arrivals } = this;
    this.slots = new Uint32Array(2 * slots.length);
    this.arrivals = new Float64Array(2 * slots.length);
    this.slots.set(slots);
    this.arrivals.set(arrivals);
  }
}
