/**
 * NaiveCancels: the traders' commands that only take orders away (RULES.md section 5).
 *
 * They are taken while NewOrder is not: from suspended accounts, in markets that are closing.
 */
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { cancelOpen, reduce } from "./naive-order.ts";
import * as check from "./naive-order-checks.ts";
import { ordersOf } from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** A cancel, and then the report of the mass cancel itself. */
const ROOM_FOR_A_CANCEL = 2;

export function cancelOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const market = check.marketOf(turn);
  if (market === undefined) return check.unknownMarket(turn);
  const halted = check.checkNotHalted(market);
  if (halted !== null) return halted;
  const order = check.orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);

  cancelOpen(turn, order, codes.CANCEL_REQUESTED);
  return null;
}

export function reduceOrder(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const market = check.marketOf(turn);
  if (market === undefined) return check.unknownMarket(turn);
  const halted = check.checkNotHalted(market);
  if (halted !== null) return halted;
  const order = check.orderOf(turn, market);
  if (order === undefined) return refuse(codes.REJECT_UNKNOWN_ORDER);
  const quantity = turn.u32(fields.REDUCE_QUANTITY);
  if (quantity % market.quantityStep !== 0) {
    return refuse(codes.REJECT_LOT, quantity, market.quantityStep);
  }
  if (quantity >= order.leaves) return refuse(codes.REJECT_REDUCE, quantity, order.leaves);

  reduce(turn, order, quantity, 0);
  return null;
}

/** Market 0 means all, side 0 both. */
export function massCancel(turn: NaiveTurn): Answer {
  const refusal = check.checkCancelScope(turn);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.COMMAND_MARKET);
  const side = turn.u8(fields.MASS_SIDE);
  if (subject !== 0) {
    const market = check.marketOf(turn);
    if (market === undefined) return check.unknownMarket(turn);
    const halted = check.checkNotHalted(market);
    if (halted !== null) return halted;
  }

  const meant = ordersOf(turn.account)
    .filter((order) => subject === 0 || order.market.id === subject)
    .filter((order) => side === 0 || order.side === side)
    .filter((order) => order.market.state !== codes.STATE_HALTED);
  let last = 0;
  for (const order of meant) {
    if (turn.room() < ROOM_FOR_A_CANCEL) break;
    cancelOpen(turn, order, codes.CANCEL_MASS);
    last++;
  }
  const reason = last < meant.length ? 1 : 0;
  turn.say(turn.account, codes.REPORT_MASS_CANCELED, { side, subject, last, reason });
  return null;
}
