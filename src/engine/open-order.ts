/**
 * OpenOrder: an order that rests, as an object, for those who read the state.
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
  readonly postOnly: boolean;
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
    postOnly: slab.postOnly(slot) === 1,
    arrival: slab.arrival(slot),
  };
}
