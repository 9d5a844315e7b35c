/**
 * Book: the open orders of all markets in their queues: those that rest by price and arrival, those
 * that wait by stop price and arrival.
 *
 *   sides    2 x market slot + 0 bids, 1 asks; which prices there are and which is best: levels.ts
 *            behind them, from `stopsAt`, 2 x market slot + 0 sells that wait, the highest stop
 *            price first, 1 buys that wait, the lowest first
 *   word 0   oldest     order of the level, head of its queue
 *        1   youngest   tail of its queue
 *        2   orders     in the queue
 *        3   unused
 *        4   lots       open at the level, a double in words 4 and 5; 6 and 7 unused
 *
 * A level exists while an order is in its queue.
 */
import { assert } from "../base/assert.ts";
import type { PriceLevels } from "./levels.ts";
import {
  LEAVES,
  LEVEL,
  NEXT,
  ORDER_SHIFT,
  type OrderSlab,
  PREVIOUS,
  PRICE,
  SEAT_SIDE,
} from "./order-slab.ts";
import { SEAT_MARKET, SEAT_SHIFT, type Seats } from "./seats.ts";

export const LEVEL_SHIFT = 3;
export const OLDEST = 0;
const YOUNGEST = 1;
const ORDERS = 2;
/** In doubles: the lots of level l are lots[4 x l + 2]. */
const LOTS_DOUBLE = 2;

export class Book {
  readonly levels: PriceLevels;
  readonly words: Int32Array;
  /** The first side of stops: half of all sides. */
  private readonly stopsAt: number;
  private readonly doubles: Float64Array;
  private readonly slab: OrderSlab;
  private readonly seats: Int32Array;

  constructor(levels: PriceLevels, slab: OrderSlab, seats: Seats) {
    this.levels = levels;
    this.stopsAt = levels.best.length >> 1;
    const memory = new ArrayBuffer((levels.levelCount + 1) * 4 * (1 << LEVEL_SHIFT));
    this.words = new Int32Array(memory);
    this.doubles = new Float64Array(memory);
    this.slab = slab;
    this.seats = seats.words;
  }

  /** The side on which an order with this seat side rests. */
  sideOf(seatSide: number): number {
    return 2 * this.seats[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]! + (seatSide & 1);
  }

  /** The side of this market on which sells wait; the next one is that of buys. */
  stopSideOf(market: number): number {
    return this.stopsAt + 2 * market;
  }

  /** Puts the order in `slot` at the tail of its price, or of those that wait for a stop price. */
  enter(slot: number, stopPrice = 0): void {
    const { words, doubles } = this;
    const { words: orders, lots } = this.slab;
    const order = slot << ORDER_SHIFT;
    const side = this.sideOf(orders[order + SEAT_SIDE]!);
    const level =
      stopPrice === 0
        ? this.levels.enter(side, lots[order + PRICE]!)
        : this.levels.enter(this.stopsAt + (side ^ 1), stopPrice);
    assert(level !== 0, "there are as many levels as orders may be open");
    const at = level << LEVEL_SHIFT;
    // What lies in a level's words before its first order is left from another level.
    const fresh = this.isFresh(level);
    const youngest = fresh ? 0 : words[at + YOUNGEST]!;
    const rests = lots[order + LEAVES]!;
    orders[order + LEVEL] = level;
    orders[order + NEXT] = 0;
    orders[order + PREVIOUS] = youngest;
    words[at + YOUNGEST] = slot;
    words[at + ORDERS] = words[at + ORDERS]! + 1;
    doubles[4 * level + LOTS_DOUBLE] = (fresh ? 0 : doubles[4 * level + LOTS_DOUBLE]!) + rests;
    if (fresh) words[at + OLDEST] = slot;
    else orders[(youngest << ORDER_SHIFT) + NEXT] = slot;
  }

  private isFresh(level: number): boolean {
    return this.words[(level << LEVEL_SHIFT) + ORDERS] === 0;
  }

  /** Takes the order in `slot` out of its level, and the level out if that was its last. */
  leave(slot: number): void {
    const { words, doubles } = this;
    const { words: orders, lots } = this.slab;
    const order = slot << ORDER_SHIFT;
    const level = orders[order + LEVEL]!;
    assert(level !== 0, "only an order in a queue leaves it");
    const at = level << LEVEL_SHIFT;
    const next = orders[order + NEXT]!;
    const previous = orders[order + PREVIOUS]!;
    orders[order + LEVEL] = 0;
    if (previous === 0) words[at + OLDEST] = next;
    else orders[(previous << ORDER_SHIFT) + NEXT] = next;
    if (next === 0) words[at + YOUNGEST] = previous;
    else orders[(next << ORDER_SHIFT) + PREVIOUS] = previous;
    const left = words[at + ORDERS]! - 1;
    words[at + ORDERS] = left;
    doubles[4 * level + LOTS_DOUBLE] = doubles[4 * level + LOTS_DOUBLE]! - lots[order + LEAVES]!;
    if (left === 0) this.levels.leave(this.sideNow(slot), level);
  }

  /** The side in one of whose queues the order is. */
  private sideNow(slot: number): number {
    const side = this.sideOf(this.slab.words[(slot << ORDER_SHIFT) + SEAT_SIDE]!);
    return this.slab.waits(slot) ? this.stopsAt + (side ^ 1) : side;
  }

  /** The price of the queue that the order is in: of a stop that waits, its stop price. */
  priceNow(slot: number): number {
    return this.levels.price[this.slab.words[(slot << ORDER_SHIFT) + LEVEL]!]!;
  }

  /** Lots of an order in this level were traded or taken off. */
  shrink(level: number, by: number): void {
    this.doubles[4 * level + LOTS_DOUBLE] = this.doubles[4 * level + LOTS_DOUBLE]! - by;
  }

  lots(level: number): number {
    return this.doubles[4 * level + LOTS_DOUBLE]!;
  }

  orders(level: number): number {
    return this.words[(level << LEVEL_SHIFT) + ORDERS]!;
  }

  oldest(level: number): number {
    return this.words[(level << LEVEL_SHIFT) + OLDEST]!;
  }
}
