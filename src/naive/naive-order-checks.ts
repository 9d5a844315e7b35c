/**
 * NaiveOrderChecks: why an order, or a new price and quantity of one, is refused (RULES.md, 5).
 *
 * Each check looks and changes nothing. `a ?? b` reads "a's refusal, or else b's".
 */
import * as codes from "../protocol/codes.ts";
import { crosses, oppositeOf } from "./naive-book.ts";
import { AMOUNT_LAST, buyHold, freeOf, heldAsset, holdOf, sellHold } from "./naive-ledger.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import { countOrders } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** What a NewOrder says of how long it lives. */
export interface Life {
  /** A limit order good till canceled. */
  readonly rests: boolean;
  readonly fillOrKill: boolean;
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

/** Tick, lot, minimum, maximum, band. */
export function checkNumbers(market: NaiveMarket, price: number, quantity: number): Answer {
  if (price % market.priceStep !== 0) return refuse(codes.REJECT_TICK, price, market.priceStep);
  if (quantity % market.quantityStep !== 0) {
    return refuse(codes.REJECT_LOT, quantity, market.quantityStep);
  }
  if (quantity < market.quantityMin) {
    return refuse(codes.REJECT_QUANTITY_MIN, quantity, market.quantityMin);
  }
  if (quantity > market.quantityMax) {
    return refuse(codes.REJECT_QUANTITY_MAX, quantity, market.quantityMax);
  }
  if (price < market.priceMin) return refuse(codes.REJECT_PRICE_BAND, price, market.priceMin);
  if (price > market.priceMax) return refuse(codes.REJECT_PRICE_BAND, price, market.priceMax);
  return null;
}

/** Of either side, whatever side the order has. */
export function checkAmount(market: NaiveMarket, price: number, quantity: number): Answer {
  const fits =
    buyHold(market, price, quantity) <= AMOUNT_LAST && sellHold(market, quantity) <= AMOUNT_LAST;
  return fits ? null : refuse(codes.REJECT_AMOUNT_OVERFLOW, price, quantity);
}

/** `available`: what the order may hold at most. */
export function checkFunds(needed: bigint, available: bigint): Answer {
  return needed > available ? refuse(codes.REJECT_FUNDS, needed, available) : null;
}

/** The order's side and market at a price it may not have yet. */
export function checkPostOnly(order: NaiveOrder, price: number): Answer {
  const best = oppositeOf(order.market, order.side).at(-1);
  if (!order.postOnly || best === undefined) return null;
  if (!crosses(order.side, price, best.price)) return null;
  return refuse(codes.REJECT_POST_ONLY_CROSSES, price, best.price);
}

/** Checks 4 to 16 of a NewOrder; its scope, account and market are checked already. */
export function checkNewOrder(turn: NaiveTurn, order: NaiveOrder, life: Life): Answer {
  const { market, account, price, leaves } = order;
  return (
    checkTakesOrders(market, order.postOnly) ??
    checkNumbers(market, price, leaves) ??
    (account.orders.has(order.clientOrderId) ? refuse(codes.REJECT_DUPLICATE_ORDER) : null) ??
    (life.rests ? checkPlace(turn, order) : null) ??
    checkAmount(market, price, leaves) ??
    checkFunds(holdOf(order), freeOf(account, heldAsset(market, order.side))) ??
    checkPostOnly(order, price) ??
    (life.fillOrKill ? checkFillOrKill(turn, order) : null)
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
