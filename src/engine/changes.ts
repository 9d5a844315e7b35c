/**
 * Changes: what differs from the state tries since they were last brought up to date (roots.ts).
 *
 *   accounts, markets   a list without repeats, and a flag per row that says it is in the list
 *   orders              the same by slot, for open orders; and KEPT: the trie has this order
 *   removed             keys of orders that the trie has and the book has not, 5 words each:
 *                       [ market slot | side as in the key | price | arrival, low | high ]
 *
 * So bringing the tries up to date costs what changed, not what exists. Without roots nothing is
 * kept.
 */
import type { OrderSlab } from "./order-slab.ts";

const LISTED = 1;
const KEPT = 2;
export const REMOVED_WORDS = 5;
const TWO_32 = 0x1_0000_0000;
const REMOVED_START = 1024;

/** Rows without repeats. */
class RowList {
  private readonly listed: Uint8Array;
  readonly rows: Uint32Array;
  count = 0;

  constructor(rowCount: number) {
    this.listed = new Uint8Array(rowCount);
    this.rows = new Uint32Array(rowCount);
  }

  add(row: number): void {
    if (this.listed[row] !== 0) return;
    this.listed[row] = LISTED;
    this.rows[this.count++] = row;
  }

  clear(): void {
    for (let i = 0; i < this.count; i++) this.listed[this.rows[i]!] = 0;
    this.count = 0;
  }
}

export interface ChangeLimits {
  readonly accountsMax: number;
  readonly marketsMax: number;
  readonly ordersMax: number;
}

export class Changes {
  readonly on: boolean;
  readonly accounts: RowList;
  readonly markets: RowList;
  /** Slots of orders in a queue, or that were when they were listed. */
  readonly orders: RowList;
  removed = new Uint32Array(REMOVED_START * REMOVED_WORDS);
  removedCount = 0;
  private readonly kept: Uint8Array;
  private readonly slab: OrderSlab;

  constructor(on: boolean, limits: ChangeLimits, slab: OrderSlab) {
    this.on = on;
    this.accounts = new RowList(on ? limits.accountsMax + 1 : 0);
    this.markets = new RowList(on ? limits.marketsMax + 1 : 0);
    this.orders = new RowList(on ? limits.ordersMax + 2 : 0);
    this.kept = new Uint8Array(on ? limits.ordersMax + 2 : 0);
    this.slab = slab;
  }

  account(account: number): void {
    if (this.on) this.accounts.add(account);
  }

  market(slot: number): void {
    if (this.on) this.markets.add(slot);
  }

  /** The order is in a queue now, or still is with other lots. */
  order(slot: number): void {
    if (this.on) this.orders.add(slot);
  }

  /** The trie was given this order. */
  keep(slot: number): void {
    this.kept[slot] = KEPT;
  }

  /** The trie has this order, until it is removed. */
  isKept(slot: number): boolean {
    return this.on && this.kept[slot] === KEPT;
  }

  /** The order, which is kept, leaves its place; side and price are those of its key. */
  remove(slot: number, market: number, side: number, price: number): void {
    this.kept[slot] = 0;
    const at = this.removedCount * REMOVED_WORDS;
    if (at === this.removed.length) this.grow();
    this.removedCount++;
    const removed = this.removed;
    const arrival = this.slab.arrival(slot);
    removed[at] = market;
    removed[at + 1] = side;
    removed[at + 2] = price;
    removed[at + 3] = arrival >>> 0;
    removed[at + 4] = Math.floor(arrival / TWO_32);
  }

  private grow(): void {
    const bigger = new Uint32Array(this.removed.length * 2);
    bigger.set(this.removed);
    this.removed = bigger;
  }

  clear(): void {
    this.accounts.clear();
    this.markets.clear();
    this.orders.clear();
    this.removedCount = 0;
  }
}
