/**
 * NaiveBook: the orders of one side of one market, a sorted array, the best one last.
 *
 *   asks   [ 103 #9, 103 #2, 101 #8, 101 #7 ]   best is 101, and of that the oldest, #7
 *   bids   [  97 #4,  99 #6,  99 #1 ]           best is 99, and of that the oldest, #1
 *
 * Invariant: sorted by priority (price, then arrival), worst first; arrivals differ, so no two tie.
 */
import { assert } from "../base/assert.ts";
import { SIDE_BUY } from "../protocol/codes.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";

export interface NaiveLevel {
  readonly price: number;
  lots: number;
  orders: number;
}

export function sideOf(market: NaiveMarket, side: number): NaiveOrder[] {
  return side === SIDE_BUY ? market.bids : market.asks;
}

/** The array an order of this side trades with. */
export function oppositeOf(market: NaiveMarket, side: number): NaiveOrder[] {
  return side === SIDE_BUY ? market.asks : market.bids;
}

/** Whether a buy or sell at `price` trades with an order at `other`; equal prices do. */
export function crosses(side: number, price: number, other: number): boolean {
  return side === SIDE_BUY ? price >= other : price <= other;
}

/** Below zero if `a` trades before `b`. Both are of the same side. */
function priority(a: NaiveOrder, b: NaiveOrder): number {
  const byPrice = a.side === SIDE_BUY ? b.price - a.price : a.price - b.price;
  return byPrice !== 0 ? byPrice : a.arrival - b.arrival;
}

/** Index of the first entry that is `order` or trades before it. */
function placeOf(orders: readonly NaiveOrder[], order: NaiveOrder): number {
  let low = 0;
  let high = orders.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (priority(orders[middle]!, order) <= 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function putInBook(order: NaiveOrder): void {
  const orders = sideOf(order.market, order.side);
  orders.splice(placeOf(orders, order), 0, order);
}

export function takeFromBook(order: NaiveOrder): void {
  const orders = sideOf(order.market, order.side);
  const place = placeOf(orders, order);
  assert(orders[place] === order, "an open order lies in its book");
  orders.splice(place, 1);
}

/** Price levels, best first. */
export function levelsOf(market: NaiveMarket, side: number): NaiveLevel[] {
  const levels: NaiveLevel[] = [];
  for (const order of sideOf(market, side).toReversed()) {
    let level = levels.at(-1);
    if (level?.price !== order.price) {
      level = { price: order.price, lots: 0, orders: 0 };
      levels.push(level);
    }
    level.lots += order.leaves;
    level.orders++;
  }
  return levels;
}
