/**
 * What must be true of an engine's state at every position, whatever was asked of it: money is
 * conserved, holds are explained by orders, no book is crossed, every array is in its order, and
 * only stops wait.
 *
 * Recomputed from nothing but the state; the first broken promise comes back as a sentence.
 */
import { buyHold, freeOf, heldOf, sellHold } from "../../src/naive/naive-ledger.ts";
import {
  allOrders,
  leadsDirectory,
  type NaiveMarket,
  type NaiveOrder,
  type NaiveState,
} from "../../src/naive/naive-state.ts";
import { AMOUNT_MAX, SIDE_BUY, TYPE_STOP, TYPE_STOP_LIMIT } from "../../src/protocol/codes.ts";

/** "" or what is wrong. */
export function whatIsWrong(state: NaiveState): string {
  return wrongMoney(state) || wrongHolds(state) || wrongBooks(state);
}

function wrongMoney(state: NaiveState): string {
  for (const asset of state.assets.values()) {
    let sum = asset.fees;
    for (const account of state.accounts) {
      const amounts = [freeOf(account, asset.id), heldOf(account, asset.id)];
      if (amounts.some((amount) => amount < 0n)) return `account ${account.id} is below zero`;
      for (const amount of amounts) sum += amount;
    }
    const there = asset.deposits - asset.withdrawals + asset.net;
    if (sum !== there) return `asset ${asset.id}: ${sum} is accounted for, ${there} is there`;
    const isOfShard = leadsDirectory(state) ? asset.net <= 0n : asset.net >= 0n;
    if (!isOfShard) return `asset ${asset.id}: net is ${asset.net}`;
    if (asset.deposits > BigInt(AMOUNT_MAX)) return `asset ${asset.id}: deposits above 2^53 - 1`;
  }
  return "";
}

function wrongHolds(state: NaiveState): string {
  for (const account of state.accounts) {
    const held = new Map<number, bigint>();
    for (const { side, market, price, leaves } of account.orders.values()) {
      const buys = side === SIDE_BUY;
      const asset = buys ? market.quote : market.base;
      const amount = buys ? buyHold(market, price, leaves) : sellHold(market, leaves);
      held.set(asset, (held.get(asset) ?? 0n) + amount);
    }
    for (const asset of state.assets.keys()) {
      const orders = held.get(asset) ?? 0n;
      const own = heldOf(account, asset);
      if (orders !== own) return `account ${account.id} holds ${own}, its orders ${orders}`;
    }
  }
  return "";
}

function wrongBooks(state: NaiveState): string {
  let count = 0;
  for (const market of state.markets.values()) {
    const { id, bids, asks, waiting } = market;
    const bid = bids.at(-1)?.price ?? 0;
    const ask = asks.at(-1)?.price ?? Infinity;
    if (bid >= ask) return `market ${id} is crossed: ${bid} is bid, ${ask} asked`;
    if (!inOrder(bids) || !inOrder(asks)) return `market ${id} is out of order`;
    const resting = [...bids, ...asks];
    const stray = [...resting, ...waiting].find((order) => !isAtHome(order, market));
    if (stray !== undefined) return `market ${id} has an order that is not open`;
    const misplaced = resting.some(({ waits }) => waits) || !waiting.every(isWaitingStop);
    if (misplaced) return `market ${id} has a stop in its book, or an order waiting`;
    count += resting.length + waiting.length;
  }
  const owned = state.accounts.reduce((sum, account) => sum + account.orders.size, 0);
  if (count !== owned) return `${count} orders rest or wait, accounts have ${owned}`;
  const timed = allOrders(state).filter(({ goodTill }) => goodTill !== 0);
  const known = timed.length === state.timed.size && timed.every((one) => state.timed.has(one));
  return known ? "" : "an order has a good till and is not looked at, or is not open";
}

function isWaitingStop({ waits, stopPrice, type }: NaiveOrder): boolean {
  return waits && stopPrice > 0 && (type === TYPE_STOP || type === TYPE_STOP_LIMIT);
}

function isAtHome(order: NaiveOrder, market: NaiveMarket): boolean {
  const known = order.account.orders.get(order.clientOrderId) === order;
  return known && order.market === market && order.leaves > 0 && order.arrival > 0;
}

/**
 * Worst first: bids rise, asks fall, and at one price the later arrival lies before the earlier.
 */
function inOrder(orders: readonly NaiveOrder[]): boolean {
  return orders.every((order, i) => {
    const next = orders[i + 1];
    if (next === undefined) return true;
    if (next.price === order.price) return next.arrival < order.arrival;
    return next.price > order.price === (order.side === SIDE_BUY);
  });
}
