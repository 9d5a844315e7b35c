/**
 * NaiveOrderChecks: which market and order a command names, and why an order, or a new price and
 * quantity of one, is refused (RULES.md section 5).
 *
 * Each check looks and changes nothing. `a ?? b` reads "a's refusal, or else b's".
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { crosses, oppositeOf } from "./naive-book.ts";
import { isCatchingUp } from "./naive-due.ts";
import { AMOUNT_LAST, buyHold, freeOf, heldAsset, holdFor, sellHold } from "./naive-ledger.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import { countOrders } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** What a NewOrder says that its order does not keep. */
export interface Wish {
  /** The price in the command; 0 is no price at all, with a budget. */
  readonly priceAsked: number;
  /** IOC, FOK: neither rests nor waits. */
  readonly isImmediate: boolean;
  readonly isFillOrKill: boolean;
}

export function marketOf(turn: NaiveTurn): NaiveMarket | undefined {
  return turn.state.markets.get(turn.u32(fields.COMMAND_MARKET));
}

export function unknownMarket(turn: NaiveTurn): Answer {
  return refuse(codes.REJECT_UNKNOWN_MARKET, turn.u32(fields.COMMAND_MARKET));
}

/** The account's open order in this market that the command names. */
export function orderOf(turn: NaiveTurn, market: NaiveMarket): NaiveOrder | undefined {
  const order = turn.account.orders.get(turn.u64(fields.COMMAND_CLIENT_ID));
  return order?.market === market ? order : undefined;
}

export function checkScope(turn: NaiveTurn, needed: number): Answer {
  const { scopes } = turn.key;
  return (scopes & needed) === needed ? null : refuse(codes.REJECT_KEY_SCOPE, scopes, needed);
}

/** `trade` will do as well as `cancel`. */
export function checkCancelScope(turn: NaiveTurn): Answer {
  const { scopes } = turn.key;
  const may = (scopes & (codes.SCOPE_CANCEL | codes.SCOPE_TRADE)) !== 0;
  return may ? null : refuse(codes.REJECT_KEY_SCOPE, scopes, codes.SCOPE_CANCEL);
}

export function checkSuspended(turn: NaiveTurn): Answer {
  return turn.account.suspended ? refuse(codes.REJECT_ACCOUNT_SUSPENDED) : null;
}

export function checkNotHalted(market: NaiveMarket): Answer {
  if (market.state !== codes.STATE_HALTED) return null;
  return refuse(codes.REJECT_MARKET_STATE, market.state, codes.STATE_OPEN);
}

export function checkTakesOrders(market: NaiveMarket, postOnly: boolean): Answer {
  if (market.state === codes.STATE_OPEN) return null;
  if (market.state === codes.STATE_POST_ONLY && postOnly) return null;
  return refuse(codes.REJECT_MARKET_STATE, market.state, codes.STATE_OPEN);
}

export function checkCaughtUp(turn: NaiveTurn, market: NaiveMarket): Answer {
  return isCatchingUp(turn.state, market) ? refuse(codes.REJECT_CATCHING_UP) : null;
}

/** Tick, lot, minimum, maximum, band. `prices`: the limit price and a stop's stop price. */
export function checkNumbers(
  market: NaiveMarket,
  prices: readonly number[],
  quantity: number,
): Answer {
  for (const price of prices) {
    if (price % market.priceStep !== 0) return refuse(codes.REJECT_TICK, price, market.priceStep);
  }
  if (quantity % market.quantityStep !== 0) {
    return refuse(codes.REJECT_LOT, quantity, market.quantityStep);
  }
  if (quantity < market.quantityMin) {
    return refuse(codes.REJECT_QUANTITY_MIN, quantity, market.quantityMin);
  }
  if (quantity > market.quantityMax) {
    return refuse(codes.REJECT_QUANTITY_MAX, quantity, market.quantityMax);
  }
  for (const price of prices) {
    if (price < market.priceMin) return refuse(codes.REJECT_PRICE_BAND, price, market.priceMin);
    if (price > market.priceMax) return refuse(codes.REJECT_PRICE_BAND, price, market.priceMax);
  }
  return null;
}

/** Of either side, whatever side the order has; a budget bounds what a buy pays by itself. */
export function checkAmount(order: NaiveOrder, price: number, quantity: number): Answer {
  const { market, budget } = order;
  const paid = budget === null ? buyHold(market, price, quantity) : 0n;
  const fits = paid <= AMOUNT_LAST && sellHold(market, quantity) <= AMOUNT_LAST;
  return fits ? null : refuse(codes.REJECT_AMOUNT_OVERFLOW, price, quantity);
}

/** `available`: what the order may hold at most. */
export function checkFunds(needed: bigint, available: bigint): Answer {
  return needed > available ? refuse(codes.REJECT_FUNDS, needed, available) : null;
}

/** The best opposite price that the order would trade at if it had this price; else 0. */
function priceMet(order: NaiveOrder, price: number): number {
  const best = oppositeOf(order.market, order.side).at(-1);
  return best !== undefined && crosses(order.side, price, best.price) ? best.price : 0;
}

/** The price it gets when it asks for `price`: another one only if it is post-only and slides. */
export function slidPrice(order: NaiveOrder, price: number): number {
  const met = priceMet(order, price);
  if (met === 0 || order.postOnly !== codes.POST_ONLY_SLIDE) return price;
  const { priceStep } = order.market;
  return order.side === codes.SIDE_BUY ? met - priceStep : met + priceStep;
}

export function checkPostOnly(order: NaiveOrder, price: number): Answer {
  const met = priceMet(order, price);
  if (met === 0 || order.postOnly === codes.POST_ONLY_OFF) return null;
  const slid = slidPrice(order, price);
  const { priceMin, priceMax } = order.market;
  const slides = order.postOnly === codes.POST_ONLY_SLIDE;
  if (slides && slid >= priceMin && slid <= priceMax) return null;
  return refuse(codes.REJECT_POST_ONLY_CROSSES, price, met);
}

function checkNotExpired(turn: NaiveTurn, { goodTill }: NaiveOrder): Answer {
  const { logTime } = turn.state;
  if (goodTill === 0 || logTime <= goodTill) return null;
  return refuse(codes.REJECT_ORDER_EXPIRED, goodTill, logTime);
}

/** Checks 4 to 18 of a NewOrder; its scope, account and market are checked already. */
export function checkNewOrder(turn: NaiveTurn, order: NaiveOrder, wish: Wish): Answer {
  const { market, account, price, leaves } = order;
  const prices = [wish.priceAsked, order.stopPrice].filter((stated) => stated !== 0);
  const slid = slidPrice(order, price);
  const needed = holdFor(order, slid, leaves);
  return (
    checkTakesOrders(market, order.postOnly !== codes.POST_ONLY_OFF) ??
    checkCaughtUp(turn, market) ??
    checkNumbers(market, prices, leaves) ??
    checkNotExpired(turn, order) ??
    (account.orders.has(order.clientOrderId) ? refuse(codes.REJECT_DUPLICATE_ORDER) : null) ??
    (wish.isImmediate ? null : checkPlace(turn, order)) ??
    checkPostOnly(order, price) ??
    checkAmount(order, slid, leaves) ??
    checkFunds(needed, freeOf(account, heldAsset(market, order.side))) ??
    (wish.isFillOrKill ? checkFillOrKill(turn, order) : null)
  );
}

/** Room for one more open order: of the account in the market, of the shard. */
function checkPlace(turn: NaiveTurn, { market, account }: NaiveOrder): Answer {
  let own = 0;
  for (const order of account.orders.values()) if (order.market === market) own++;
  if (own >= market.openOrdersMax) {
    return refuse(codes.REJECT_OPEN_ORDERS, own, market.openOrdersMax);
  }
  const all = countOrders(turn.state);
  const max = turn.state.genesis.limits.ordersMax;
  return all >= max ? refuse(codes.REJECT_ORDERS_FULL, all, max) : null;
}

/** Walks the makers as `match` will, without touching them, while what that would say has room. */
function checkFillOrKill(turn: NaiveTurn, order: NaiveOrder): Answer {
  let lots = 0;
  let reports = 1;
  for (const maker of oppositeOf(order.market, order.side).toReversed()) {
    if (lots === order.leaves || !crosses(order.side, order.price, maker.price)) break;
    if (maker.account !== order.account || order.stp === codes.STP_NONE) {
      lots += Math.min(maker.leaves, order.leaves - lots);
      reports += 2;
    } else if (order.stp === codes.STP_CANCEL_MAKER) {
      reports++;
    } else {
      break;
    }
    if (reports >= turn.room()) return refuse(codes.REJECT_RECORD_FULL);
  }
  return lots < order.leaves ? refuse(codes.REJECT_FOK_UNFILLED, order.leaves, lots) : null;
}
