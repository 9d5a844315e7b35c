/**
 * NaiveOrders: the commands of traders (RULES.md section 5), one function each.
 *
 * Every function reads like its paragraph of the rules: the refusals in order, then what happens.
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { takeFromBook } from "./naive-book.ts";
import { freeOf, heldAsset, hold, holdFor, holdOf, move } from "./naive-ledger.ts";
import { cancel, cancelResting, match, ofOrder, rest } from "./naive-match.ts";
import * as check from "./naive-order-checks.ts";
import type { NaiveMarket, NaiveOrder } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** A cancel, and then the report of the mass cancel itself. */
const ROOM_FOR_A_CANCEL = 2;

function marketOf(turn: NaiveTurn): NaiveMarket | undefined {
  return turn.state.markets.get(turn.u32(fields.COMMAND_MARKET));
}

function unknownMarket(turn: NaiveTurn): Answer {
  return refuse(codes.REJECT_UNKNOWN_MARKET, turn.u32(fields.COMMAND_MARKET));
}

/** The account's open order in this market that the command names. */
function orderOf(turn: NaiveTurn, market: NaiveMarket): NaiveOrder | undefined {
  const order = turn.account.orders.get(turn.u64(fields.COMMAND_CLIENT_ID));
  return order?.market === market ? order : undefined;
}

export function newOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_TRADE) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const market = marketOf(turn);
  if (market === undefined) return unknownMarket(turn);
  const order = readOrder(turn, market);
  const tif = turn.u8(fields.ORDER_TIF);
  const isLimit = turn.u8(fields.ORDER_TYPE) === codes.TYPE_LIMIT;
  const life = {
    rests: isLimit && tif === codes.TIF_GTC,
    fillOrKill: tif === codes.TIF_FOK,
  };
  const wrong = check.checkNewOrder(turn, order, life);
  if (wrong !== null) return wrong;

  hold(order.account, heldAsset(market, order.side), holdOf(order));
  const said = { ...ofOrder(order), first: Number(holdOf(order)) };
  turn.say(order.account, codes.REPORT_ACCEPTED, said);
  match(turn, order);
  if (order.leaves === 0) return null;
  if (life.rests) rest(turn, order);
  else cancel(turn, order, codes.CANCEL_IMMEDIATE);
  return null;
}

function readOrder(turn: NaiveTurn, market: NaiveMarket): NaiveOrder {
  return {
    market,
    account: turn.account,
    side: turn.u8(fields.ORDER_SIDE),
    clientOrderId: turn.u64(fields.COMMAND_CLIENT_ID),
    orderKey: turn.key.id,
    orderNonce: turn.nonce,
    orderIndex: turn.index,
    stp: turn.u8(fields.ORDER_STP),
    postOnly: turn.u8(fields.ORDER_POST_ONLY) !== codes.POST_ONLY_OFF,
    price: turn.u32(fields.ORDER_PRICE),
    leaves: turn.u32(fields.ORDER_QUANTITY),
    cumulative: 0,
    arrival: 0,
  };
}

export function cancelOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const market = marketOf(turn);
  if (market === undefined) return unknownMarket(turn);
  const halted = check.checkNotHalted(market);
  if (halted !== null) return halted;
  const order = orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);

  cancelResting(turn, order, codes.CANCEL_REQUESTED);
  return null;
}

export function replaceOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_TRADE) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const market = marketOf(turn);
  if (market === undefined) return unknownMarket(turn);
  const closed = check.checkTakesOrders(market, false);
  if (closed !== null) return closed;
  const order = orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);
  const price = turn.u32(fields.ORDER_PRICE);
  const quantity = turn.u32(fields.ORDER_QUANTITY);
  const needed = holdFor(order, price, quantity);
  const asset = heldAsset(market, order.side);
  const wrong =
    check.checkNumbers(market, price, quantity) ??
    check.checkAmount(market, price, quantity) ??
    checkCumulative(order, quantity) ??
    check.checkFunds(needed, freeOf(order.account, asset) + holdOf(order)) ??
    check.checkPostOnly(order, price);
  if (wrong !== null) return wrong;

  takeFromBook(order);
  hold(order.account, asset, needed - holdOf(order));
  const last = order.leaves;
  order.price = price;
  order.leaves = quantity;
  const said = { ...ofOrder(order), last, first: Number(needed) };
  turn.say(order.account, codes.REPORT_REPLACED, said);
  match(turn, order);
  if (order.leaves > 0) rest(turn, order);
  return null;
}

/** What has traded and what may still trade must add up to a u32. */
function checkCumulative(order: NaiveOrder, quantity: number): Answer {
  if (order.cumulative + quantity <= codes.U32_MAX) return null;
  return refuse(codes.REJECT_AMOUNT_OVERFLOW, order.cumulative, quantity);
}

export function reduceOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const market = marketOf(turn);
  if (market === undefined) return unknownMarket(turn);
  const halted = check.checkNotHalted(market);
  if (halted !== null) return halted;
  const order = orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);
  const quantity = turn.u32(fields.REDUCE_QUANTITY);
  if (quantity % market.quantityStep !== 0) {
    return refuse(codes.REJECT_LOT, quantity, market.quantityStep);
  }
  if (quantity >= order.leaves) return refuse(codes.REJECT_REDUCE, quantity, order.leaves);

  const released = holdOf(order) - holdFor(order, order.price, order.leaves - quantity);
  hold(order.account, heldAsset(market, order.side), -released);
  order.leaves -= quantity;
  const said = { ...ofOrder(order), last: quantity, first: Number(released) };
  turn.say(order.account, codes.REPORT_REDUCED, said);
  return null;
}

/** Market 0 means all, side 0 both. */
export function massCancel(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.COMMAND_MARKET);
  const side = turn.u8(fields.MASS_SIDE);
  if (subject !== 0) {
    const market = marketOf(turn);
    if (market === undefined) return unknownMarket(turn);
    const halted = check.checkNotHalted(market);
    if (halted !== null) return halted;
  }

  const meant = [...turn.account.orders.values()]
    .filter((order) => subject === 0 || order.market.id === subject)
    .filter((order) => side === 0 || order.side === side)
    .filter((order) => order.market.state !== codes.STATE_HALTED)
    .sort((a, b) => a.arrival - b.arrival);
  let last = 0;
  for (const order of meant) {
    if (turn.room() < ROOM_FOR_A_CANCEL) break;
    cancelResting(turn, order, codes.CANCEL_MASS);
    last++;
  }
  const reason = last < meant.length ? 1 : 0;
  turn.say(turn.account, codes.REPORT_MASS_CANCELED, { side, subject, last, reason });
  return null;
}

export function withdraw(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_WITHDRAW) ?? check.checkSuspended(turn);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.WITHDRAW_ASSET);
  const asset = turn.state.assets.get(subject);
  if (asset === undefined) return refuse(codes.REJECT_UNKNOWN_ASSET, subject);
  const amount = turn.u64(fields.WITHDRAW_AMOUNT);
  const short = check.checkFunds(amount, freeOf(turn.account, subject));
  if (short !== null) return short;

  move(turn.account, subject, { free: -amount });
  asset.withdrawals += amount;
  const second = Number(freeOf(turn.account, subject));
  turn.say(turn.account, codes.REPORT_WITHDRAWN, { subject, first: Number(amount), second });
  return null;
}

export function logon(turn: NaiveTurn): Answer {
  const refusal = check.checkScope(turn, codes.SCOPE_READ);
  if (refusal !== null) return refusal;

  turn.key.logon = turn.nonce;
  const first = Number(turn.u64(fields.LOGON_NEXT_REPORT));
  const second = turn.account.number;
  turn.say(turn.account, codes.REPORT_LOGGED_ON, { subject: turn.key.id, first, second });
  return null;
}
