/**
 * Terms: what a NewOrder or Replace asks for, read once from its bytes. One object, filled anew.
 */
import { readU64 } from "../base/bytes.ts";
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
  type = 0;
  price = 0;
  quantity = 0;
  selfTrade = 0;
  postOnly = 0;
  tif = 0;
  /** Of a NewOrder: it may come to rest or to wait. */
  mayStay = false;
  /** It may have a stop price, a good till or a budget; else all three are 0. */
  isSpecial = false;
  /** Of a stop, else 0. */
  stopPrice = 0;
  /** Log time past which it is expired, 0 never. */
  goodTill = 0;
  /** Of a market order that has one, else 0. */
  budget = 0;
  /** The price asked if it slid to another, else 0. */
  asked = 0;
  /** Halves of the client order id, signed. */
  clientLow = 0;
  clientHigh = 0;
  /** What the order will hold. */
  needed = 0;

  readNewOrder(view: DataView, at: number, state: State): void {
    const type = view.getUint8(at + command.ORDER_TYPE);
    const tif = view.getUint8(at + command.ORDER_TIF);
    this.isSell = view.getUint8(at + command.ORDER_SIDE) === codes.SIDE_SELL;
    this.type = type;
    this.tif = tif;
    this.readTerms(view, at);
    this.selfTrade = view.getUint8(at + command.ORDER_STP);
    this.postOnly = view.getUint8(at + command.ORDER_POST_ONLY);
    const isPlain = type === codes.TYPE_LIMIT && tif < codes.TIF_GTD;
    this.mayStay = isPlain ? tif === codes.TIF_GTC : isStaying(type, tif);
    if (!isPlain) this.readSpecial(view, at, state);
    else if (this.isSpecial) this.clearSpecial();
  }

  /** What only some orders have; checkFrame has seen that it is zero where it does not belong. */
  private readSpecial(view: DataView, at: number, state: State): void {
    const { type, tif } = this;
    this.isSpecial = true;
    this.stopPrice =
      type < codes.TYPE_STOP ? 0 : view.getUint32(at + command.ORDER_STOP_PRICE, true);
    this.budget = type === codes.TYPE_MARKET ? readU64(view, at + command.ORDER_BUDGET) : 0;
    this.goodTill = 0;
    if (tif === codes.TIF_GTD) this.goodTill = readU64(view, at + command.ORDER_GOOD_TILL);
    if (tif === codes.TIF_DAY) this.goodTill = endOfDay(state.logTime, state.dayStart);
  }

  private clearSpecial(): void {
    this.isSpecial = false;
    this.stopPrice = 0;
    this.budget = 0;
    this.goodTill = 0;
  }

  /** What NewOrder and Replace have alike. */
  private readTerms(view: DataView, at: number): void {
    this.clientLow = view.getInt32(at + command.COMMAND_CLIENT_ID, true);
    this.clientHigh = view.getInt32(at + command.COMMAND_CLIENT_ID + 4, true);
    this.price = view.getUint32(at + command.ORDER_PRICE, true);
    this.quantity = view.getUint32(at + command.ORDER_QUANTITY, true);
    this.asked = 0;
  }

  /** A Replace of the order in `slot`, whose other terms stay. */
  readReplace(view: DataView, at: number, state: State, slot: number): void {
    const seatSide = state.slab.seatSide(slot);
    this.seat = seatSide >> 1;
    this.market = state.seats.words[(this.seat << SEAT_SHIFT) + SEAT_MARKET]!;
    this.isSell = (seatSide & 1) === 1;
    this.type = state.slab.type(slot);
    this.tif = codes.TIF_GTC;
    this.readTerms(view, at);
    this.selfTrade = state.slab.selfTrade(slot);
    this.postOnly = state.slab.postOnly(slot);
    if (this.isSpecial) this.clearSpecial();
    if (this.type === codes.TYPE_LIMIT) return;
    this.isSpecial = true;
    this.stopPrice = state.book.priceNow(slot);
  }

  /** What it does not trade on arrival rests. */
  get rests(): boolean {
    return this.mayStay && this.type !== codes.TYPE_STOP;
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

/** An order of this type and time in force may come to rest or to wait. */
function isStaying(type: number, tif: number): boolean {
  return type !== codes.TYPE_MARKET && tif !== codes.TIF_IOC && tif !== codes.TIF_FOK;
}

/** The last microsecond of the trading day in which `time` lies. */
function endOfDay(time: number, dayStart: number): number {
  const since = (time - dayStart) % codes.DAY_US;
  const begin = time - since - (since < 0 ? codes.DAY_US : 0);
  // A sum above 2^53 may be rounded, but never to below it.
  return Math.min(begin + (codes.DAY_US - 1), codes.AMOUNT_MAX);
}
