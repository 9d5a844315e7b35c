/**
 * Terms: what a NewOrder or Replace asks for, read once from its bytes. One object, filled anew.
 */
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { SEAT_MARKET, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

export class Terms {
  /** Slot of the market. */
  market = 0;
  /** 0 if the account has no seat in the market yet. */
  seat = 0;
  isSell = false;
  price = 0;
  quantity = 0;
  selfTrade = 0;
  postOnly = 0;
  tif = 0;
  /** Halves of the client order id, signed. */
  clientLow = 0;
  clientHigh = 0;
  /** What the order will hold. */
  needed = 0;

  readNewOrder(view: DataView, at: number): void {
    this.isSell = view.getUint8(at + command.ORDER_SIDE) === codes.SIDE_SELL;
    this.tif = view.getUint8(at + command.ORDER_TIF);
    this.readTerms(view, at);
    this.selfTrade = view.getUint8(at + command.ORDER_STP);
    this.postOnly = view.getUint8(at + command.ORDER_POST_ONLY);
  }

  /** What NewOrder and Replace have alike. */
  private readTerms(view: DataView, at: number): void {
    this.clientLow = view.getInt32(at + command.COMMAND_CLIENT_ID, true);
    this.clientHigh = view.getInt32(at + command.COMMAND_CLIENT_ID + 4, true);
    this.price = view.getUint32(at + command.ORDER_PRICE, true);
    this.quantity = view.getUint32(at + command.ORDER_QUANTITY, true);
  }

  /** A Replace of the order in `slot`, whose other terms stay. */
  readReplace(view: DataView, at: number, state: State, slot: number): void {
    const seatSide = state.slab.seatSide(slot);
    this.seat = seatSide >> 1;
    this.market = state.seats.words[(this.seat << SEAT_SHIFT) + SEAT_MARKET]!;
    this.isSell = (seatSide & 1) === 1;
    this.tif = codes.TIF_GTC;
    this.readTerms(view, at);
    this.selfTrade = state.slab.selfTrade(slot);
    this.postOnly = state.slab.postOnly(slot);
  }

  /** The side that it would trade with. */
  get opposite(): number {
    return 2 * this.market + (this.isSell ? 0 : 1);
  }

  /** Whether it may trade at this price of the opposite side. */
  crosses(opposite: number): boolean {
    return this.isSell ? opposite >= this.price : opposite <= this.price;
  }
}
