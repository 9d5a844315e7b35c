/**
 * OpenOrder: an order that rests or waits, as an object, for those who read the state.
 */
import { SIDE_BUY } from "../protocol/codes.ts";
import { CLIENT_HIGH, CLIENT_LOW, ORDER_SHIFT } from "./order-slab.ts";
import { SEAT_ACCOUNT, SEAT_MARKET, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

export interface OpenOrder {
  readonly account: number;
  readonly market: number;
  readonly side: number;
  readonly price: number;
  readonly leaves: number;
  readonly cumulative: number;
  readonly clientOrderId: bigint;
  /** The order id: key and nonce of the frame that placed it, and the index in it. */
  readonly key: number;
  readonly nonce: number;
  readonly index: number;
  readonly selfTrade: number;
  /** The mode, POST_ONLY_OFF and so on. */
  readonly postOnly: number;
  /** Stop or stop-limit while it waits, else limit. */
  readonly type: number;
  /** A stop that was not triggered yet. */
  readonly waits: boolean;
  /** Of a stop that waits, else 0. */
  readonly stopPrice: number;
  /** Log time past which it is expired, 0 never. */
  readonly goodTill: number;
  readonly arrival: number;
}

export function openOrder(state: State, slot: number): OpenOrder {
  const { slab, seats, markets } = state;
  const at = slot << ORDER_SHIFT;
  const seatSide = slab.seatSide(slot);
  const seat = (seatSide >> 1) << SEAT_SHIFT;
  const low = BigInt(slab.words[at + CLIENT_LOW]! >>> 0);
  const high = BigInt(slab.words[at + CLIENT_HIGH]! >>> 0);
  return {
    account: seats.words[seat + SEAT_ACCOUNT]!,
    market: markets.id(seats.words[seat + SEAT_MARKET]!),
    side: (seatSide & 1) + SIDE_BUY,
    price: slab.price(slot),
    leaves: slab.leaves(slot),
    cumulative: slab.cumulative(slot),
    clientOrderId: (high << 32n) | low,
    key: slab.key(slot),
    nonce: slab.nonce(slot),
    index: slab.index(slot),
    selfTrade: slab.selfTrade(slot),
    postOnly: slab.postOnly(slot),
    type: slab.type(slot),
    waits: slab.waits(slot),
    stopPrice: slab.waits(slot) ? state.book.priceNow(slot) : 0,
    goodTill: state.goodTill(slot),
    arrival: slab.arrival(slot),
  };
}
