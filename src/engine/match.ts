/**
 * Match: the crossing loop (RULES 5, Matching) and the money of a trade (RULES 4).
 *
 * The taker lies in a slot but not in the book. While it has lots, the best opposite price crosses
 * and the record has room, it meets the oldest order of the best level, the maker.
 */
import { type Assets, FEES } from "../ledger/assets.ts";
import type { Balances } from "../ledger/balances.ts";
import { feeOf } from "../ledger/money.ts";
import * as codes from "../protocol/codes.ts";
import type { Book } from "./book.ts";
import type { Markets } from "./markets.ts";
import { MARKET_SHIFT, QUOTE_ASSET } from "./markets.ts";
import { RULE_MAKER_PPM, RULE_TAKER_PPM, RULE_TICK_VALUE } from "./markets.ts";
import { CUMULATIVE, LEAVES, NEXT, ORDER_SHIFT, type OrderSlab } from "./order-slab.ts";
import { PRICE, SEAT_SIDE } from "./order-slab.ts";
import { type ReportsOut, ROOM_FOR_STEP } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import { SEAT_BASE, SEAT_MARKET, SEAT_QUOTE, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";
import type { Terms } from "./terms.ts";

/** Matching ended without a reason to cancel the rest. */
export const NO_REASON = 0;

const MAKER = codes.REPORT_FILL | (codes.LIQUIDITY_MAKER << 16);
const TAKER = codes.REPORT_FILL | (codes.LIQUIDITY_TAKER << 16);

/** The walk of a fill-or-kill order: it would meet more makers than the record has room for. */
export const FOK_RECORD_FULL = -1;

export class Matcher {
  private readonly state: State;
  private readonly slab: OrderSlab;
  private readonly book: Book;
  private readonly markets: Markets;
  private readonly balances: Balances;
  private readonly assets: Assets;
  private readonly resting: Resting;
  private readonly out: ReportsOut;

  constructor(state: State, resting: Resting, out: ReportsOut) {
    this.state = state;
    this.slab = state.slab;
    this.book = state.book;
    this.markets = state.markets;
    this.balances = state.balances;
    this.assets = state.assets;
    this.resting = resting;
    this.out = out;
  }

  /** Trades what it can. NO_REASON, or why the rest of the taker must be canceled. */
  match(taker: number): number {
    const { lots, words } = this.slab;
    const levels = this.book.levels;
    const order = taker << ORDER_SHIFT;
    const seatSide = words[order + SEAT_SIDE]!;
    const isSell = (seatSide & 1) === 1;
    const limit = lots[order + PRICE]!;
    const opposite = this.book.sideOf(seatSide) ^ 1;
    const prevention = this.slab.selfTrade(taker);
    while (lots[order + LEAVES] !== 0) {
      const level = levels.best[opposite]!;
      if (level === 0) return NO_REASON;
      const price = levels.price[level]!;
      if (isSell ? price < limit : price > limit) return NO_REASON;
      if (this.out.room() < ROOM_FOR_STEP) return codes.CANCEL_RECORD_FULL;
      const maker = this.book.oldest(level);
      const makerSeat = words[(maker << ORDER_SHIFT) + SEAT_SIDE]! >> 1;
      if (prevention === codes.STP_NONE || makerSeat !== seatSide >> 1) {
        this.trade(taker, maker, level);
        continue;
      }
      if (prevention === codes.STP_CANCEL_TAKER) return codes.CANCEL_SELF_TRADE;
      this.resting.cancel(maker, codes.CANCEL_SELF_TRADE);
      if (prevention === codes.STP_CANCEL_BOTH) return codes.CANCEL_SELF_TRADE;
    }
    return NO_REASON;
  }

  /** How many lots such a fill-or-kill order could trade now, or FOK_RECORD_FULL. */
  fillable(terms: Terms, room: number): number {
    const { words, lots } = this.slab;
    const levels = this.book.levels;
    let found = 0;
    let reports = 0;
    for (let level = levels.best[terms.opposite]!; level !== 0; level = levels.worse[level]!) {
      if (!terms.crosses(levels.price[level]!)) break;
      for (let maker = this.book.oldest(level); maker !== 0; ) {
        const order = maker << ORDER_SHIFT;
        const own = terms.seat !== 0 && words[order + SEAT_SIDE]! >> 1 === terms.seat;
        const passed = own && terms.selfTrade === codes.STP_CANCEL_MAKER;
        if (own && !passed && terms.selfTrade !== codes.STP_NONE) return found;
        reports += passed ? 1 : 2;
        if (1 + reports >= room) return FOK_RECORD_FULL;
        if (!passed) found += lots[order + LEAVES]!;
        if (found >= terms.quantity) return found;
        maker = words[order + NEXT]!;
      }
    }
    return found;
  }

  private trade(taker: number, maker: number, level: number): void {
    const lots = this.slab.lots;
    const takerAt = taker << ORDER_SHIFT;
    const makerAt = maker << ORDER_SHIFT;
    const quantity = Math.min(lots[takerAt + LEAVES]!, lots[makerAt + LEAVES]!);
    const price = lots[makerAt + PRICE]!;
    const seatSide = this.slab.words[takerAt + SEAT_SIDE]!;
    const market = this.state.seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
    const rules = market << MARKET_SHIFT;
    const rule = this.markets.words;
    const notional = price * quantity * rule[rules + RULE_TICK_VALUE]!;
    const makerFee = feeOf(notional, rule[rules + RULE_MAKER_PPM]!);
    const takerFee = feeOf(notional, rule[rules + RULE_TAKER_PPM]!);
    const takerSells = (seatSide & 1) === 1;
    this.pay(takerSells ? maker : taker, quantity, notional + (takerSells ? makerFee : takerFee));
    this.deliver(
      takerSells ? taker : maker,
      quantity,
      notional - (takerSells ? takerFee : makerFee),
    );
    this.assets.add(rule[rules + QUOTE_ASSET]!, FEES, makerFee + takerFee);

    const trade = this.markets.trades(market) + 1;
    this.markets.setTrades(market, trade);
    this.markets.setLastPrice(market, price);
    this.state.trades++;
    this.state.changes.market(market);
    this.book.shrink(level, quantity);
    this.fill(maker, quantity);
    this.fill(taker, quantity);
    const made = this.out.order(maker, MAKER, quantity, trade);
    this.out.fill(made, price, makerFee);
    const took = this.out.order(taker, TAKER, quantity, trade);
    this.out.fill(took, price, takerFee);
    if (lots[makerAt + LEAVES] === 0) this.finish(maker);
    else this.state.changes.order(maker);
  }

  private fill(slot: number, quantity: number): void {
    const lots = this.slab.lots;
    const at = slot << ORDER_SHIFT;
    lots[at + LEAVES] = lots[at + LEAVES]! - quantity;
    lots[at + CUMULATIVE] = lots[at + CUMULATIVE]! + quantity;
  }

  private finish(maker: number): void {
    this.resting.lift(maker);
    this.resting.forget(maker);
  }

  /** The buyer's side of a trade: the hold falls to that of what is left, base comes in. */
  private pay(buyer: number, quantity: number, spent: number): void {
    const leaves = this.slab.lots[(buyer << ORDER_SHIFT) + LEAVES]!;
    const seats = this.state.seats.words;
    const seat = (this.slab.words[(buyer << ORDER_SHIFT) + SEAT_SIDE]! >> 1) << SEAT_SHIFT;
    const market = seats[seat + SEAT_MARKET]!;
    const price = this.slab.lots[(buyer << ORDER_SHIFT) + PRICE]!;
    const before = this.markets.holdOfBuy(market, price, leaves);
    const after =
      leaves === quantity ? 0 : this.markets.holdOfBuy(market, price, leaves - quantity);
    this.balances.spend(seats[seat + SEAT_QUOTE]!, before - after, spent);
    this.balances.credit(seats[seat + SEAT_BASE]!, quantity * this.markets.lotUnits(market));
  }

  /** The seller's side: held base goes, quote less the fee comes in. */
  private deliver(seller: number, quantity: number, received: number): void {
    const seats = this.state.seats.words;
    const seat = (this.slab.words[(seller << ORDER_SHIFT) + SEAT_SIDE]! >> 1) << SEAT_SHIFT;
    const units = quantity * this.markets.lotUnits(seats[seat + SEAT_MARKET]!);
    this.balances.spend(seats[seat + SEAT_BASE]!, units, units);
    this.balances.credit(seats[seat + SEAT_QUOTE]!, received);
  }
}
