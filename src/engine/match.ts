/**
 * Match: the crossing loop (RULES 5, Matching) and the money of a trade (RULES 4).
 *
 * The taker lies in a slot but not in the book. While it has lots, the best opposite price crosses
 * and the record has room, it meets the oldest order of the best level, the maker. A taker with a
 * budget (a market order, which never rests) holds it instead of what its price would need.
 */
import { type Assets, FEES } from "../ledger/assets.ts";
import type { Balances } from "../ledger/balances.ts";
import { feeOf, lotsCovered } from "../ledger/money.ts";
import * as codes from "../protocol/codes.ts";
import type { Book } from "./book.ts";
import type { Markets } from "./markets.ts";
import { MARKET_SHIFT, QUOTE_ASSET } from "./markets.ts";
import { RULE_MAKER_PPM, RULE_QUANTITY_STEP, RULE_TAKER_PPM } from "./markets.ts";
import { RULE_TICK_VALUE } from "./markets.ts";
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

/** The taker has no budget; its price and lots say what it holds. */
export const NO_BUDGET = -1;

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
  /** Of the taker that matches: units of the quote asset that it may still trade. */
  budget = NO_BUDGET;
  /** Price of the first trade of the last taker, 0 none; the last one's is the market's last. */
  firstPrice = 0;

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
    this.firstPrice = 0;
    while (lots[order + LEAVES] !== 0) {
      const level = levels.best[opposite]!;
      if (level === 0) return NO_REASON;
      const price = levels.price[level]!;
      if (isSell ? price < limit : price > limit) return NO_REASON;
      if (this.out.room() < ROOM_FOR_STEP) return codes.CANCEL_RECORD_FULL;
      const maker = this.book.oldest(level);
      const makerSeat = words[(maker << ORDER_SHIFT) + SEAT_SIDE]! >> 1;
      if (prevention === codes.STP_NONE || makerSeat !== seatSide >> 1) {
        if (this.trade(taker, maker, level)) continue;
        return codes.CANCEL_BUDGET;
      }
      if (prevention === codes.STP_CANCEL_TAKER) return codes.CANCEL_SELF_TRADE;
      if (prevention === codes.STP_DECREMENT) {
        this.decrement(taker, maker);
        continue;
      }
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

  /** Both lose the lots of the smaller one, the maker first. */
  private decrement(taker: number, maker: number): void {
    const { slab, resting } = this;
    const leaves = slab.leaves(taker);
    const made = slab.leaves(maker);
    if (made <= leaves) resting.cancel(maker, codes.CANCEL_SELF_TRADE);
    else resting.reduce(maker, leaves, codes.CANCEL_SELF_TRADE);
    if (leaves <= made) this.cancelTaker(taker, codes.CANCEL_SELF_TRADE);
    else if (!this.holdsBudget(taker)) resting.reduce(taker, made, codes.CANCEL_SELF_TRADE);
    else {
      slab.words[(taker << ORDER_SHIFT) + LEAVES] = leaves - made;
      this.out.order(taker, codes.REPORT_REDUCED | (codes.CANCEL_SELF_TRADE << 24), made, 0);
    }
  }

  /** A sell has its lots held, whatever its budget. */
  private holdsBudget(taker: number): boolean {
    return this.budget !== NO_BUDGET && (this.slab.seatSide(taker) & 1) === 0;
  }

  /** Cancels what is left of the taker. */
  cancelTaker(taker: number, reason: number): void {
    if (this.holdsBudget(taker)) this.resting.cancelHolding(taker, reason, this.budget);
    else this.resting.cancelLifted(taker, reason);
  }

  /** Trades what both have; false if the taker's budget covers nothing of it. */
  private trade(taker: number, maker: number, level: number): boolean {
    const lots = this.slab.lots;
    const takerAt = taker << ORDER_SHIFT;
    const makerAt = maker << ORDER_SHIFT;
    let quantity = Math.min(lots[takerAt + LEAVES]!, lots[makerAt + LEAVES]!);
    const price = lots[makerAt + PRICE]!;
    const seatSide = this.slab.words[takerAt + SEAT_SIDE]!;
    const takerSells = (seatSide & 1) === 1;
    const market = this.state.seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
    const rules = market << MARKET_SHIFT;
    const rule = this.markets.words;
    const hasBudget = this.budget !== NO_BUDGET;
    if (hasBudget) {
      quantity = this.covered(rules, price, quantity, takerSells);
      if (quantity === 0) return false;
    }
    const notional = price * quantity * rule[rules + RULE_TICK_VALUE]!;
    const makerFee = feeOf(notional, rule[rules + RULE_MAKER_PPM]!);
    const takerFee = feeOf(notional, rule[rules + RULE_TAKER_PPM]!);
    if (!hasBudget) {
      const buyer = takerSells ? maker : taker;
      this.pay(buyer, quantity, notional + (takerSells ? makerFee : takerFee));
    } else if (takerSells) {
      this.budget -= notional;
      this.pay(maker, quantity, notional + makerFee);
    } else this.payFromBudget(taker, quantity, notional + takerFee);
    this.deliver(
      takerSells ? taker : maker,
      quantity,
      notional - (takerSells ? takerFee : makerFee),
    );
    this.assets.add(rule[rules + QUOTE_ASSET]!, FEES, makerFee + takerFee);

    const trade = this.markets.trades(market) + 1;
    this.markets.setTrades(market, trade);
    this.markets.setLastPrice(market, price);
    if (this.firstPrice === 0) this.firstPrice = price;
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
    return true;
  }

  /** The most lots of these, in whole quantity steps, that the taker's budget covers. */
  private covered(rules: number, price: number, lots: number, takerSells: boolean): number {
    const rule = this.markets.words;
    const ppm = takerSells ? 0 : rule[rules + RULE_TAKER_PPM]!;
    const most = lotsCovered(this.budget, price * rule[rules + RULE_TICK_VALUE]!, ppm, lots);
    return most - (most % rule[rules + RULE_QUANTITY_STEP]!);
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

  /** The same for a buyer that holds a budget: what is left is free after the last lot. */
  private payFromBudget(buyer: number, quantity: number, spent: number): void {
    const seats = this.state.seats.words;
    const seat = (this.slab.words[(buyer << ORDER_SHIFT) + SEAT_SIDE]! >> 1) << SEAT_SHIFT;
    this.budget -= spent;
    this.balances.spend(seats[seat + SEAT_QUOTE]!, spent, spent);
    const isLast = this.slab.leaves(buyer) === quantity;
    if (isLast) this.balances.release(seats[seat + SEAT_QUOTE]!, this.budget);
    const units = quantity * this.markets.lotUnits(seats[seat + SEAT_MARKET]!);
    this.balances.credit(seats[seat + SEAT_BASE]!, units);
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
