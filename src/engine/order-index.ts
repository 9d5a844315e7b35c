/**
 * OrderIndex: finds the open order of an account by its client order id.
 *
 * It begins small, so that it stays in the cache of a core while orders are few, and doubles when
 * it is half full. Nothing waits for that: orders move into the new cells a few at a time, and
 * until all have moved, what is not found there is looked for in the old ones.
 */
import { assert } from "../base/assert.ts";
import { OrderCells } from "./order-cells.ts";
import type { OrderSlab } from "./order-slab.ts";
import type { Seats } from "./seats.ts";

/** Orders that the first cells have room for. */
const START_MAX = 8192;
/** Of the cells that are left behind, so many are looked at whenever an order comes. */
const MOVES = 8;

export class OrderIndex {
  private cells: OrderCells;
  private old: OrderCells | null = null;
  private moved = 0;
  private count = 0;
  private readonly make: (orders: number) => OrderCells;

  constructor(slab: OrderSlab, seats: Seats, ordersMax: number, seed: number) {
    this.make = (orders) => new OrderCells(slab, seats, orders, seed);
    this.cells = this.make(Math.min(ordersMax, START_MAX));
  }

  /** The slot of the account's open order, or 0. The halves of the id are signed words. */
  find(account: number, low: number, high: number): number {
    const slot = this.cells.find(account, low, high);
    return slot === 0 && this.old !== null ? this.old.find(account, low, high) : slot;
  }

  /** The order in `slot` has no namesake here. */
  add(slot: number): void {
    if (this.count === this.cells.room) {
      assert(this.old === null, "orders have moved long before there are twice as many");
      this.old = this.cells;
      this.moved = 0;
      this.cells = this.make(2 * this.cells.room);
    }
    this.count++;
    this.cells.add(slot);
    if (this.old !== null) this.move(this.old);
  }

  private move(old: OrderCells): void {
    for (let i = 0; i < MOVES; i++) {
      const slot = old.at(this.moved);
      if (slot === 0) {
        if (++this.moved < 2 * old.room) continue;
        this.old = null;
        return;
      }
      old.remove(slot);
      this.cells.add(slot);
    }
  }

  /** Takes out the order in `slot`, whose fields are still there. */
  remove(slot: number): void {
    this.count--;
    if (this.old === null || !this.old.has(slot)) this.cells.remove(slot);
    else this.old.remove(slot);
  }
}
