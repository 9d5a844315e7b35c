/**
 * OrderChecks: when a NewOrder or Replace is refused, and with which numbers (RULES 5).
 *
 * Each method answers true, or writes the reject and answers false. They change nothing.
 */
import { SAFE_LIMIT } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import type { Balances } from "../ledger/balances.ts";
import * as rule from "./markets.ts";
import type { Markets } from "./markets.ts";
import type { Matcher } from "./match.ts";
import { FOK_RECORD_FULL } from "./match.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import { SEAT_BASE, SEAT_OPEN, SEAT_QUOTE, SEAT_SHIFT } from "./seats.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";
import type { Terms } from "./terms.ts";

export class OrderChecks {
  private readonly state: State;
  private readonly markets: Markets;
  private readonly balances: Balances;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly matcher: Matcher;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.markets = parts.state.markets;
    this.balances = parts.state.balances;
    this.signer = parts.signer;
    this.out = parts.out;
    this.matcher = parts.matcher;
  }

  private refuse(code: number, first: number, second: number): false {
    this.out.reject(code, first, second);
    return false;
  }

  /** The key may trade and the account is not suspended. */
  mayTrade(): boolean {
    const scopes = this.signer.scopes;
    if ((scopes & codes.SCOPE_TRADE) === 0) {
      return this.refuse(codes.REJECT_KEY_SCOPE, scopes, codes.SCOPE_TRADE);
    }
    if (this.state.accounts.suspended[this.signer.account] !== 0) {
      return this.refuse(codes.REJECT_ACCOUNT_SUSPENDED, 0, 0);
    }
    return true;
  }

  /** The market in which its terms place an order exists and takes it now. */
  marketTakes(terms: Terms, id: number): boolean {
    if (terms.market === 0) return this.refuse(codes.REJECT_UNKNOWN_MARKET, id, 0);
    const state = this.markets.state(terms.market);
    const takes =
      state === codes.STATE_OPEN ||
      (state === codes.STATE_POST_ONLY && terms.postOnly !== codes.POST_ONLY_OFF);
    return takes || this.refuse(codes.REJECT_MARKET_STATE, state, codes.STATE_OPEN);
  }

  /** Nothing is due that must come before new trades (RULES 9). */
  isCaughtUp(market: number): boolean {
    const { state } = this;
    const { windows } = state;
    if (!state.wasLate && windows.count === 0) return true;
    const isBehind = state.isLate || windows.isOpen(market);
    return !isBehind || this.refuse(codes.REJECT_CATCHING_UP, 0, 0);
  }

  /** Prices and quantity are within the market's rules. */
  fitsMarket(terms: Terms): boolean {
    const rules = this.markets.words;
    const at = terms.market << rule.MARKET_SHIFT;
    const { price, quantity, stopPrice } = terms;
    const step = rules[at + rule.RULE_PRICE_STEP]!;
    if (price % step !== 0) return this.refuse(codes.REJECT_TICK, price, step);
    if (stopPrice !== 0 && stopPrice % step !== 0) {
      return this.refuse(codes.REJECT_TICK, stopPrice, step);
    }
    const lot = rules[at + rule.RULE_QUANTITY_STEP]!;
    if (quantity % lot !== 0) return this.refuse(codes.REJECT_LOT, quantity, lot);
    const least = rules[at + rule.RULE_QUANTITY_MIN]!;
    if (quantity < least) return this.refuse(codes.REJECT_QUANTITY_MIN, quantity, least);
    const most = rules[at + rule.RULE_QUANTITY_MAX]!;
    if (quantity > most) return this.refuse(codes.REJECT_QUANTITY_MAX, quantity, most);
    const low = rules[at + rule.RULE_PRICE_MIN]!;
    const high = rules[at + rule.RULE_PRICE_MAX]!;
    if (price > high) return this.refuse(codes.REJECT_PRICE_BAND, price, high);
    if (price < low) {
      if (price !== 0) return this.refuse(codes.REJECT_PRICE_BAND, price, low);
      // Only a budget goes without a price: it takes the worst one.
      terms.price = terms.isSell ? low : high;
    }
    return stopPrice === 0 || this.isInBand(stopPrice, low, high);
  }

  private isInBand(price: number, low: number, high: number): boolean {
    if (price < low) return this.refuse(codes.REJECT_PRICE_BAND, price, low);
    return price <= high || this.refuse(codes.REJECT_PRICE_BAND, price, high);
  }

  /** A new order's good till is not past. */
  isInTime(terms: Terms): boolean {
    const { goodTill } = terms;
    const { logTime } = this.state;
    if (goodTill === 0 || logTime <= goodTill) return true;
    return this.refuse(codes.REJECT_ORDER_EXPIRED, goodTill, logTime);
  }

  /** A new order's client id is free, and there is room for it to rest or to wait. */
  hasPlace(terms: Terms): boolean {
    const { state, signer } = this;
    if (state.index.find(signer.account, terms.clientLow, terms.clientHigh) !== 0) {
      return this.refuse(codes.REJECT_DUPLICATE_ORDER, 0, 0);
    }
    if (!terms.mayStay) return true;
    const open = terms.seat === 0 ? 0 : this.openAt(terms.seat);
    const openMax = this.markets.rule(terms.market, rule.RULE_OPEN_ORDERS_MAX);
    if (open >= openMax) return this.refuse(codes.REJECT_OPEN_ORDERS, open, openMax);
    const ordersMax = state.limits.ordersMax;
    if (state.openOrders < ordersMax) return true;
    return this.refuse(codes.REJECT_ORDERS_FULL, state.openOrders, ordersMax);
  }

  private openAt(seat: number): number {
    return this.state.seats.words[(seat << SEAT_SHIFT) + SEAT_OPEN]!;
  }

  /** What it will hold, and what its lots are worth either way, stay below 2^53. Sets `needed`. */
  isCountable(terms: Terms): boolean {
    const { market, price, quantity, budget } = terms;
    const units = quantity * this.markets.lotUnits(market);
    const hold = budget !== 0 ? budget : this.markets.holdOfBuy(market, price, quantity);
    if (units >= SAFE_LIMIT || hold >= SAFE_LIMIT) {
      return this.refuse(codes.REJECT_AMOUNT_OVERFLOW, price, quantity);
    }
    terms.needed = terms.isSell ? units : hold;
    return true;
  }

  /** Free funds, and `held` that the order holds already, cover what it needs. */
  hasFunds(terms: Terms, held: number): boolean {
    const slot = terms.seat === 0 ? this.findBalance(terms) : this.seatBalance(terms);
    const free = this.balances.free(slot) + held;
    return terms.needed <= free || this.refuse(codes.REJECT_FUNDS, terms.needed, free);
  }

  private seatBalance(terms: Terms): number {
    const at = terms.seat << SEAT_SHIFT;
    return this.state.seats.words[at + (terms.isSell ? SEAT_BASE : SEAT_QUOTE)]!;
  }

  /** Slot 0, which is empty, if the account never had the asset. */
  private findBalance(terms: Terms): number {
    const asset = this.markets.rule(terms.market, terms.isSell ? rule.RULE_BASE : rule.RULE_QUOTE);
    return this.balances.find(this.signer.account, asset);
  }

  /** A post-only order would not trade, or slides to a price at which it would not. */
  keepsOff(terms: Terms): boolean {
    if (terms.postOnly === codes.POST_ONLY_OFF) return true;
    const levels = this.state.book.levels;
    const best = levels.best[terms.opposite]!;
    if (best === 0 || !terms.crosses(levels.price[best]!)) return true;
    if (terms.postOnly === codes.POST_ONLY_SLIDE && this.slides(terms, levels.price[best]!)) {
      return true;
    }
    return this.refuse(codes.REJECT_POST_ONLY_CROSSES, terms.price, levels.price[best]!);
  }

  /** Moves the price to one step from the best opposite one, if that is in the band. */
  private slides(terms: Terms, opposite: number): boolean {
    const step = this.markets.rule(terms.market, rule.RULE_PRICE_STEP);
    const price = terms.isSell ? opposite + step : opposite - step;
    const isIn =
      price >= this.markets.rule(terms.market, rule.RULE_PRICE_MIN) &&
      price <= this.markets.rule(terms.market, rule.RULE_PRICE_MAX);
    if (!isIn) return false;
    terms.asked = terms.price;
    terms.price = price;
    return true;
  }

  /** A fill-or-kill order would fill, and its reports would fit. */
  fillsNow(terms: Terms): boolean {
    if (terms.tif !== codes.TIF_FOK) return true;
    const lots = this.matcher.fillable(terms, this.out.room());
    if (lots === FOK_RECORD_FULL) return this.refuse(codes.REJECT_RECORD_FULL, 0, 0);
    return lots >= terms.quantity || this.refuse(codes.REJECT_FOK_UNFILLED, terms.quantity, lots);
  }
}
