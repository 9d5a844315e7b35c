/**
 * NaiveOrders: NewOrder and Replace (RULES.md section 5), one function each.
 *
 * Every function reads like its paragraph of the rules: the refusals in order, then what happens.
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { freeOf, heldAsset, hold, holdFor, holdOf } from "./naive-ledger.ts";
import { match } from "./naive-match.ts";
import { ofOrder, putAway, rest, takeOut, wait } from "./naive-order.ts";
import * as check from "./naive-order-checks.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import { cascade, isReachedAtOnce, isStop, trigger } from "./naive-stops.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

const MICROSECONDS = 1_000_000n;
const DAY = BigInt(codes.DAY_US);

export function newOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_TRADE) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const market = check.marketOf(turn);
  if (market === undefined) return check.unknownMarket(turn);
  const order = readOrder(turn, market);
  const wish = {
    priceAsked: turn.u32(fields.ORDER_PRICE),
    isImmediate: isImmediate(turn),
    isFillOrKill: turn.u8(fields.ORDER_TIF) === codes.TIF_FOK,
  };
  const wrong = check.checkNewOrder(turn, order, wish);
  if (wrong !== null) return wrong;

  const asked = order.price;
  order.price = check.slidPrice(order, asked);
  const held = holdOf(order);
  hold(order.account, heldAsset(market, order.side), held);
  const second = isStop(order) ? order.stopPrice : askedIfSlid(order, asked);
  const said = { ...ofOrder(order), first: Number(held), second };
  turn.say(order.account, codes.REPORT_ACCEPTED, said);
  place(turn, order);
  return null;
}

/** A stop waits, or is triggered; everything else matches. */
function place(turn: NaiveTurn, order: NaiveOrder): void {
  const { market } = order;
  if (isStop(order) && !isReachedAtOnce(order)) {
    wait(turn.state, order);
    return;
  }
  if (isStop(order)) {
    trigger(turn, order, market.last);
  } else {
    match(turn, order);
    putAway(turn, order);
  }
  cascade(turn, market);
}

function askedIfSlid(order: NaiveOrder, asked: number): number {
  return order.price === asked ? 0 : asked;
}

function isImmediate(turn: NaiveTurn): boolean {
  const tif = turn.u8(fields.ORDER_TIF);
  return tif === codes.TIF_IOC || tif === codes.TIF_FOK;
}

function readOrder(turn: NaiveTurn, market: NaiveMarket): NaiveOrder {
  const side = turn.u8(fields.ORDER_SIDE);
  const type = turn.u8(fields.ORDER_TYPE);
  const budget = turn.u64(fields.ORDER_BUDGET);
  // Only with a budget is there an order without a price: it takes any.
  const anyPrice = side === codes.SIDE_BUY ? market.priceMax : market.priceMin;
  return {
    market,
    account: turn.account,
    side,
    type,
    clientOrderId: turn.u64(fields.COMMAND_CLIENT_ID),
    orderKey: turn.key.id,
    orderNonce: turn.nonce,
    orderIndex: turn.index,
    stp: turn.u8(fields.ORDER_STP),
    postOnly: turn.u8(fields.ORDER_POST_ONLY),
    rests: type !== codes.TYPE_STOP && !isImmediate(turn),
    stopPrice: turn.u32(fields.ORDER_STOP_PRICE),
    goodTill: readGoodTill(turn),
    waits: false,
    budget: budget === 0n ? null : budget,
    price: turn.u32(fields.ORDER_PRICE) || anyPrice,
    leaves: turn.u32(fields.ORDER_QUANTITY),
    cumulative: 0,
    arrival: 0,
  };
}

/** GTD has it from the trader, a day order from the trading day; 0 never. */
function readGoodTill(turn: NaiveTurn): number {
  if (turn.u8(fields.ORDER_TIF) !== codes.TIF_DAY) {
    return Number(turn.u64(fields.ORDER_GOOD_TILL));
  }
  const { genesis, logTime } = turn.state;
  const start = BigInt(genesis.dayStartS) * MICROSECONDS;
  const since = BigInt(logTime) - start;
  // Division of bigints goes towards zero, days are counted down: only the first day is below.
  const days = since < 0n ? -1n : since / DAY;
  const last = (days + 1n) * DAY + start - 1n;
  return Math.min(Number(last), codes.AMOUNT_MAX);
}

export function replaceOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_TRADE) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const market = check.marketOf(turn);
  if (market === undefined) return check.unknownMarket(turn);
  const closed = check.checkTakesOrders(market, false) ?? check.checkCaughtUp(turn, market);
  if (closed !== null) return closed;
  const order = check.orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);
  const asked = turn.u32(fields.ORDER_PRICE);
  const quantity = turn.u32(fields.ORDER_QUANTITY);
  // No stop is post-only, so one that waits neither slides nor is refused for crossing.
  const price = check.slidPrice(order, asked);
  const needed = holdFor(order, price, quantity);
  const asset = heldAsset(market, order.side);
  const wrong =
    check.checkNumbers(market, [asked], quantity) ??
    check.checkPostOnly(order, asked) ??
    check.checkAmount(order, price, quantity) ??
    checkCumulative(order, quantity) ??
    check.checkFunds(needed, freeOf(order.account, asset) + holdOf(order));
  if (wrong !== null) return wrong;

  const { waits, leaves: last } = order;
  takeOut(order);
  hold(order.account, asset, needed - holdOf(order));
  order.price = price;
  order.leaves = quantity;
  const numbers = { last, first: Number(needed), second: askedIfSlid(order, asked) };
  turn.say(order.account, codes.REPORT_REPLACED, { ...ofOrder(order), ...numbers });
  if (waits) {
    wait(turn.state, order);
    return null;
  }
  match(turn, order);
  if (order.leaves > 0) rest(turn.state, order);
  cascade(turn, market);
  return null;
}

/** What has traded and what may still trade must add up to a u32. */
function checkCumulative(order: NaiveOrder, quantity: number): Answer {
  if (order.cumulative + quantity <= codes.U32_MAX) return null;
  return refuse(codes.REJECT_AMOUNT_OVERFLOW, order.cumulative, quantity);
}
