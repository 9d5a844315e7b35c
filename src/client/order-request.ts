/**
 * Requests: what a trader asks for, in words, and the command bytes for it.
 *
 * Prices are ticks, quantities lots, budgets units of the quote asset, all integers; DecimalOrder
 * makes them from decimal strings. What no venue could take is refused here, with the code and in
 * the words of the protocol, before anything is signed.
 */
import { viewOf } from "../base/bytes.ts";
import { checkCommand } from "../protocol/check-command.ts";
import * as codes from "../protocol/codes.ts";
import {
  encodeCancel,
  encodeDeadMan,
  encodeMassCancel,
  encodeNewOrder,
  encodeReduce,
  encodeReplace,
} from "../protocol/commands.ts";
import { refusedBy } from "./errors.ts";
import { orderProblem } from "./order-problem.ts";

export type Side = "buy" | "sell";
export type OrderType = "limit" | "market" | "stop" | "stop_limit";
export type TimeInForce = "gtc" | "ioc" | "fok" | "gtd" | "day";
export type PostOnly = "reject" | "slide";
export type SelfTradePrevention =
  | "none"
  | "cancel_taker"
  | "cancel_maker"
  | "cancel_both"
  | "decrement";

/** All of an order but its numbers. */
export interface OrderTerms {
  readonly side: Side;
  /**
   * Default "limit". A market order trades at once or not at all. A stop waits until the market
   * trades at its stop price; then it trades like a market order, a stop_limit like a limit order.
   */
  readonly type?: OrderType;
  /** Default: gtd with `goodTill`, ioc for a market order, else gtc. */
  readonly timeInForce?: TimeInForce;
  /** Log time past which it is expired, of gtd: a Date, or microseconds since 1970. */
  readonly goodTill?: Date | number;
  /** When it would trade at once: "reject" (or true) refuses it, "slide" moves its price. */
  readonly postOnly?: PostOnly | boolean;
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Unique among the account's open orders; a random one below 2^40 if absent. */
  readonly clientOrderId?: bigint;
}

export interface PlaceRequest extends OrderTerms {
  readonly market: number;
  /**
   * Ticks; of a market order or stop the protection price, beyond which it does not trade. Absent
   * only with a budget: then the market's band is the only bound.
   */
  readonly price?: number;
  /** Lots. */
  readonly quantity: number;
  /** Ticks, of a stop. */
  readonly stopPrice?: number;
  /** Units of the quote asset that a market order may trade, ioc only: a buy's fees included. */
  readonly budget?: number;
}

/** An open order, by the id that its owner gave it. */
export interface OrderRef {
  readonly market: number;
  readonly clientOrderId: bigint;
}

export interface ReplaceRequest extends OrderRef {
  readonly price: number;
  /** The new open quantity. */
  readonly quantity: number;
}

export interface ReduceRequest extends OrderRef {
  /** Lots to take off. */
  readonly quantity: number;
}

export interface CancelAllRequest {
  /** Absent: all markets. */
  readonly market?: number;
  readonly side?: Side;
}

const SIDES: Readonly<Record<Side, number>> = { buy: codes.SIDE_BUY, sell: codes.SIDE_SELL };
const TYPES: Readonly<Record<OrderType, number>> = {
  limit: codes.TYPE_LIMIT,
  market: codes.TYPE_MARKET,
  stop: codes.TYPE_STOP,
  stop_limit: codes.TYPE_STOP_LIMIT,
};
const TIFS: Readonly<Record<TimeInForce, number>> = {
  gtc: codes.TIF_GTC,
  ioc: codes.TIF_IOC,
  fok: codes.TIF_FOK,
  gtd: codes.TIF_GTD,
  day: codes.TIF_DAY,
};
const STPS: Readonly<Record<SelfTradePrevention, number>> = {
  none: codes.STP_NONE,
  cancel_taker: codes.STP_CANCEL_TAKER,
  cancel_maker: codes.STP_CANCEL_MAKER,
  cancel_both: codes.STP_CANCEL_BOTH,
  decrement: codes.STP_DECREMENT,
};

const RANDOM_ID_BITS = 40;
const US_PER_MS = 1000;
const DEAD_MAN_MS_MAX = codes.DAY_US / US_PER_MS;

/** An id that no open order of the account is likely to have. */
export function randomOrderId(): bigint {
  const random = crypto.getRandomValues(new BigUint64Array(1));
  return BigInt.asUintN(RANDOM_ID_BITS, random[0]!);
}

/** What an order has when it does not say. */
export function timeInForceOf({ type, timeInForce, goodTill }: OrderTerms): TimeInForce {
  if (timeInForce !== undefined) return timeInForce;
  if (goodTill !== undefined) return "gtd";
  return type === "market" ? "ioc" : "gtc";
}

/** Throws a ClientError with the protocol's code for what no venue could take. */
export function placeCommand(request: PlaceRequest): Uint8Array<ArrayBuffer> {
  const timeInForce = timeInForceOf(request);
  const command = encodeNewOrder({
    market: request.market,
    side: SIDES[request.side],
    type: TYPES[request.type ?? "limit"],
    tif: TIFS[timeInForce],
    clientOrderId: request.clientOrderId ?? randomOrderId(),
    price: u32(request.price ?? 0, codes.REJECT_PRICE),
    quantity: u32(request.quantity, codes.REJECT_QUANTITY),
    stp: STPS[request.selfTradePrevention ?? "none"],
    postOnly: postOnlyOf(request.postOnly),
    stopPrice: u32(request.stopPrice ?? 0, codes.REJECT_STOP_PRICE),
    goodTill: request.goodTill === undefined ? 0 : microseconds(request.goodTill),
    budget: safe(request.budget ?? 0, codes.REJECT_AMOUNT),
  });
  const code = checkCommand(viewOf(command), 0, codes.COMMAND_NEW_ORDER);
  if (code === codes.ACCEPTED) return command;
  throw refusedBy(code, orderProblem({ ...request, timeInForce }));
}

export function cancelCommand({ market, clientOrderId }: OrderRef): Uint8Array<ArrayBuffer> {
  return encodeCancel(market, clientOrderId);
}

export function replaceCommand(request: ReplaceRequest): Uint8Array<ArrayBuffer> {
  const { market, clientOrderId, price, quantity } = request;
  return encodeReplace(market, clientOrderId, price, quantity);
}

export function reduceCommand(request: ReduceRequest): Uint8Array<ArrayBuffer> {
  return encodeReduce(request.market, request.clientOrderId, request.quantity);
}

export function cancelAllCommand(request: CancelAllRequest): Uint8Array<ArrayBuffer> {
  const side = request.side === undefined ? 0 : SIDES[request.side];
  return encodeMassCancel(request.market ?? 0, side);
}

/** All the account's open orders are canceled `timeoutMs` from now; 0 disarms. */
export function deadManCommand(timeoutMs: number): Uint8Array<ArrayBuffer> {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 0 && timeoutMs <= DEAD_MAN_MS_MAX) {
    return encodeDeadMan(timeoutMs * US_PER_MS);
  }
  const bounds = `a dead-man timeout is whole milliseconds, 0 to ${DEAD_MAN_MS_MAX} (a day)`;
  throw refusedBy(codes.REJECT_TIME, `${bounds}, not ${timeoutMs}`);
}

function postOnlyOf(postOnly: PostOnly | boolean | undefined): number {
  if (postOnly === "slide") return codes.POST_ONLY_SLIDE;
  const isOn = postOnly === true || postOnly === "reject";
  return isOn ? codes.POST_ONLY_REJECT : codes.POST_ONLY_OFF;
}

/** Milliseconds of today, taken for microseconds, lie in January 1970. */
const FIRST_YEARS_US = 1e14;

function microseconds(time: Date | number): number {
  const us = time instanceof Date ? time.getTime() * US_PER_MS : time;
  if (Number.isSafeInteger(us) && us >= FIRST_YEARS_US) return us;
  const rule = "goodTill is a Date or microseconds since 1970 (1000 x Date.now())";
  throw refusedBy(codes.REJECT_TIME, `${rule}, not ${String(time)}`);
}

/** The number, if the command has room for it. */
function u32(value: number, code: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= codes.U32_MAX) return value;
  throw refusedBy(code, `an integer of 0 to ${codes.U32_MAX}, not ${value}`);
}

function safe(value: number, code: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw refusedBy(code, `an integer of 0 to ${codes.AMOUNT_MAX}, not ${value}`);
}
