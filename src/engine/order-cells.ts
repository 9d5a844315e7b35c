/**
 * OrderCells: one hash table of open orders by account and client order id.
 *
 *   cells   u32 each: the slot of an order, 0 empty; the key is read from the order itself
 *
 * Open addressing, linear probes, at most half full, deletion by moving back. The home of an id is
 *
 *   16 x hash(account, id / 16) + id mod 16
 *
 * so that ids given out one after the other share a cache line, and others spread over the table.
 * The hash is keyed by the layout seed: who does not know it cannot choose ids that collide.
 */
import { assert } from "../base/assert.ts";
import { cellCountFor, Mixer } from "../ledger/mixer.ts";
import { CLIENT_HIGH, CLIENT_LOW, ORDER_SHIFT, type OrderSlab, SEAT_SIDE } from "./order-slab.ts";
import { SEAT_ACCOUNT, SEAT_SHIFT, type Seats } from "./seats.ts";

const GROUP_BITS = 4;
const GROUP_MASK = 15;

export class OrderCells {
  private readonly cells: Int32Array;
  private readonly mask: number;
  private readonly mixer: Mixer;
  private readonly orders: Int32Array;
  private readonly seats: Int32Array;

  constructor(slab: OrderSlab, seats: Seats, ordersMax: number, seed: number) {
    const cellCount = cellCountFor(ordersMax);
    this.cells = new Int32Array(cellCount);
    this.mask = cellCount - 1;
    this.mixer = new Mixer(seed);
    this.orders = slab.words;
    this.seats = seats.words;
  }

  private home(account: number, low: number, high: number): number {
    const group = this.mixer.mix(account | 0, high, low >>> GROUP_BITS);
    return ((group << GROUP_BITS) | (low & GROUP_MASK)) & this.mask;
  }

  private accountOf(order: number): number {
    const seat = this.orders[order + SEAT_SIDE]! >> 1;
    return this.seats[(seat << SEAT_SHIFT) + SEAT_ACCOUNT]!;
  }

  /** The slot of the account's open order, or 0. The halves of the id are signed words. */
  find(account: number, low: number, high: number): number {
    const { cells, mask, orders } = this;
    let cell = this.home(account, low, high);
    for (;;) {
      const slot = cells[cell]!;
      if (slot === 0) return 0;
      const order = slot << ORDER_SHIFT;
      const same = orders[order + CLIENT_LOW] === low && orders[order + CLIENT_HIGH] === high;
      if (same && this.accountOf(order) === (account | 0)) return slot;
      cell = (cell + 1) & mask;
    }
  }

  /** As many orders as find their places soon. */
  get room(): number {
    return this.cells.length / 2;
  }

  /** The slot in this cell, or 0. */
  at(cell: number): number {
    return this.cells[cell]!;
  }

  /** The order in `slot` has no namesake here. */
  add(slot: number): void {
    const { cells, mask } = this;
    let cell = this.homeOf(slot);
    while (cells[cell] !== 0) cell = (cell + 1) & mask;
    cells[cell] = slot;
  }

  private homeOf(slot: number): number {
    const order = slot << ORDER_SHIFT;
    const low = this.orders[order + CLIENT_LOW]!;
    return this.home(this.accountOf(order), low, this.orders[order + CLIENT_HIGH]!);
  }

  has(slot: number): boolean {
    const { cells, mask } = this;
    let cell = this.homeOf(slot);
    while (cells[cell] !== 0 && cells[cell] !== slot) cell = (cell + 1) & mask;
    return cells[cell] === slot;
  }

  /** Takes out the order in `slot`, whose fields are still there. */
  remove(slot: number): void {
    const { cells, mask } = this;
    let hole = this.homeOf(slot);
    while (cells[hole] !== slot) {
      assert(cells[hole] !== 0, "only an order that is there is removed");
      hole = (hole + 1) & mask;
    }
    let cell = hole;
    for (;;) {
      cell = (cell + 1) & mask;
      const next = cells[cell]!;
      if (next === 0) break;
      const home = this.homeOf(next);
      if (((cell - home) & mask) < ((cell - hole) & mask)) continue;
      cells[hole] = next;
      hole = cell;
    }
    cells[hole] = 0;
  }
}
