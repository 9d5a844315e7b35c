/**
 * NaiveMatch: the crossing loop, and what can happen to an order (RULES.md section 5).
 *
 *   trade     both sides get a fill report, the maker's first
 *   cancel    whatever is still held goes back to free
 *   rest      what is left lies down at the tail of its price
 */
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import { crosses, oppositeOf, putInBook, takeFromBook } from "./naive-book.ts";
import { fee, heldAsset, hold, holdFor, holdOf, move, notional, sellHold } from "./naive-ledger.ts";
import type { NaiveOrder } from "./naive-state.ts";
import type { NaiveTurn } from "./naive-turn.ts";

/** A step says at most two reports, and the rest may need one more. */
const ROOM_FOR_A_STEP = 3;

/** The fields that say which order a report is about and how it stands. */
export function ofOrder(order: NaiveOrder): Partial<Report> {
  return {
    side: order.side,
    subject: order.market.id,
    orderKey: order.orderKey,
    orderNonce: order.orderNonce,
    orderIndex: order.orderIndex,
    clientOrderId: order.clientOrderId,
    price: order.price,
    cumulative: order.cumulative,
    leaves: order.leaves,
  };
}

/** Trades what crosses. Afterwards the taker has no leaves, or nothing on the book crosses it. */
export function match(turn: NaiveTurn, taker: NaiveOrder): void {
  const makers = oppositeOf(taker.market, taker.side);
  while (taker.leaves > 0) {
    const maker = makers.at(-1);
    if (maker === undefined || !crosses(taker.side, taker.price, maker.price)) return;
    if (turn.room() < ROOM_FOR_A_STEP) {
      cancel(turn, taker, codes.CANCEL_RECORD_FULL);
    } else if (maker.account === taker.account && taker.stp !== codes.STP_NONE) {
      if (taker.stp !== codes.STP_CANCEL_TAKER) cancelResting(turn, maker, codes.CANCEL_SELF_TRADE);
      if (taker.stp !== codes.STP_CANCEL_MAKER) cancel(turn, taker, codes.CANCEL_SELF_TRADE);
    } else {
      trade(turn, maker, taker);
    }
  }
}

/** One trade, at the maker's price. */
function trade(turn: NaiveTurn, maker: NaiveOrder, taker: NaiveOrder): void {
  const market = taker.market;
  const lots = Math.min(maker.leaves, taker.leaves);
  const makerFee = fee(notional(market, maker.price, lots), market.makerPpm);
  const takerFee = fee(notional(market, maker.price, lots), market.takerPpm);
  settle(turn, { maker, taker, lots, makerFee, takerFee });

  market.trades++;
  for (const order of [maker, taker]) {
    order.leaves -= lots;
    order.cumulative += lots;
  }
  if (maker.leaves === 0) {
    takeFromBook(maker);
    maker.account.orders.delete(maker.clientOrderId);
  }
  const both = { price: maker.price, last: lots, first: market.trades };
  turn.say(maker.account, codes.REPORT_FILL, {
    ...ofOrder(maker),
    ...both,
    liquidity: codes.LIQUIDITY_MAKER,
    second: Number(makerFee),
  });
  turn.say(taker.account, codes.REPORT_FILL, {
    ...ofOrder(taker),
    ...both,
    liquidity: codes.LIQUIDITY_TAKER,
    second: Number(takerFee),
  });
  if (taker.leaves === 0) taker.account.orders.delete(taker.clientOrderId);
}

interface Trade {
  readonly maker: NaiveOrder;
  readonly taker: NaiveOrder;
  readonly lots: number;
  readonly makerFee: bigint;
  readonly takerFee: bigint;
}

/**
 * Moves the money of one trade; the orders still have the leaves from before it. Takes before it
 * gives, since buyer and seller may be one account that has nearly all there can be.
 */
function settle(turn: NaiveTurn, { maker, taker, lots, makerFee, takerFee }: Trade): void {
  const { market } = taker;
  const value = notional(market, maker.price, lots);
  const units = sellHold(market, lots);
  const takerBuys = taker.side === codes.SIDE_BUY;
  const [buyer, buyerFee] = takerBuys ? [taker, takerFee] : [maker, makerFee];
  const [seller, sellerFee] = takerBuys ? [maker, makerFee] : [taker, takerFee];

  const unheld = holdOf(buyer) - holdFor(buyer, buyer.price, buyer.leaves - lots);
  move(buyer.account, market.quote, { held: -unheld, free: unheld - value - buyerFee });
  move(seller.account, market.base, { held: -units });
  move(buyer.account, market.base, { free: units });
  move(seller.account, market.quote, { free: value - sellerFee });
  turn.state.assets.get(market.quote)!.fees += makerFee + takerFee;
}

/** Cancels an order that does not lie in the book: a taker's rest. */
export function cancel(turn: NaiveTurn, order: NaiveOrder, reason: number): void {
  const released = holdOf(order);
  hold(order.account, heldAsset(order.market, order.side), -released);
  const last = order.leaves;
  order.leaves = 0;
  order.account.orders.delete(order.clientOrderId);
  const said = { ...ofOrder(order), reason, last, first: Number(released) };
  turn.say(order.account, codes.REPORT_CANCELED, said);
}

export function cancelResting(turn: NaiveTurn, order: NaiveOrder, reason: number): void {
  takeFromBook(order);
  cancel(turn, order, reason);
}

/** Puts what is left of an order at the tail of its price. */
export function rest(turn: NaiveTurn, order: NaiveOrder): void {
  order.arrival = ++turn.state.arrivals;
  putInBook(order);
  order.account.orders.set(order.clientOrderId, order);
}
