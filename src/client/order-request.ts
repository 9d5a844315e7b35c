/**
 * Requests: what a trader asks for, in words, and the command bytes for it.
 *
 * Prices are ticks and quantities lots, integers; MarketRules makes them from decimal strings.
 */
import * as codes from "../protocol/codes.ts";
import {
  encodeCancel,
  encodeMassCancel,
  encodeNewOrder,
  encodeReduce,
  encodeReplace,
} from "../protocol/commands.ts";

export type Side = "buy" | "sell";
export type TimeInForce = "gtc" | "ioc" | "fok";
export type SelfTradePrevention = "none" | "cancel_taker" | "cancel_maker" | "cancel_both";

export interface PlaceRequest {
  readonly market: number;
  readonly side: Side;
  /** Ticks; of a market order the protection price, beyond which it does not trade. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  /** Default "limit". A market order is IOC unless it says FOK. */
  readonly type?: "limit" | "market";
  readonly timeInForce?: TimeInForce;
  readonly postOnly?: boolean;
  readonly selfTradePrevention?: SelfTradePrevention;
  /** Unique among the account's open orders; a random one below 2^40 if absent. */
  readonly clientOrderId?: bigint;
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
const TIFS: Readonly<Record<TimeInForce, number>> = {
  gtc: codes.TIF_GTC,
  ioc: codes.TIF_IOC,
  fok: codes.TIF_FOK,
};
const STPS: Readonly<Record<SelfTradePrevention, number>> = {
  none: codes.STP_NONE,
  cancel_taker: codes.STP_CANCEL_TAKER,
  cancel_maker: codes.STP_CANCEL_MAKER,
  cancel_both: codes.STP_CANCEL_BOTH,
};

const RANDOM_ID_BITS = 40;

/** An id that no open order of the account is likely to have. */
export function randomOrderId(): bigint {
  const random = crypto.getRandomValues(new BigUint64Array(1));
  return BigInt.asUintN(RANDOM_ID_BITS, random[0]!);
}

export function placeCommand(request: PlaceRequest): Uint8Array<ArrayBuffer> {
  const isMarket = request.type === "market";
  const tif = request.timeInForce ?? (isMarket ? "ioc" : "gtc");
  return encodeNewOrder({
    market: request.market,
    side: SIDES[request.side],
    type: isMarket ? codes.TYPE_MARKET : codes.TYPE_LIMIT,
    tif: TIFS[tif],
    clientOrderId: request.clientOrderId ?? randomOrderId(),
    price: request.price,
    quantity: request.quantity,
    stp: STPS[request.selfTradePrevention ?? "none"],
    postOnly: request.postOnly === true ? codes.POST_ONLY_REJECT : codes.POST_ONLY_OFF,
  });
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
