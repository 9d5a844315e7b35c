/**
 * Orders: NewOrder and Replace (RULES 5). The checks stand in the order of the rules; the first
 * that fails is the answer, and only when all hold does something change.
 */
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { type Matcher, NO_BUDGET, NO_REASON } from "./match.ts";
import { OrderChecks } from "./order-checks.ts";
import * as order from "./order-slab.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";
import type { Stops } from "./stops.ts";
import type { Taking } from "./taking.ts";
import { Terms } from "./terms.ts";

export class Orders {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly matcher: Matcher;
  private readonly taking: Taking;
  private readonly stops: Stops;
  private readonly check: OrderChecks;
  private readonly terms = new Terms();

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.resting = parts.resting;
    this.matcher = parts.matcher;
    this.taking = parts.taking;
    this.stops = parts.stops;
    this.check = new OrderChecks(parts);
  }

  newOrder(view: DataView, at: number): void {
    const { state, check, terms } = this;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    terms.readNewOrder(view, at, state);
    terms.market = state.markets.find(id);
    if (!check.mayTrade() || !check.marketTakes(terms, id)) return;
    if (!check.isCaughtUp(terms.market) || !check.fitsMarket(terms)) return;
    terms.seat = state.seats.find(this.signer.account, terms.market);
    const holds =
      check.isInTime(terms) &&
      check.hasPlace(terms) &&
      check.keepsOff(terms) &&
      check.isCountable(terms) &&
      check.hasFunds(terms, 0) &&
      check.fillsNow(terms);
    if (!holds) return;

    const slot = this.accept(terms);
    if (terms.isSpecial && this.beginSpecial(slot)) return;
    const reason = this.matcher.match(slot);
    if (state.slab.leaves(slot) === 0) state.slab.give(slot);
    else if (reason === NO_REASON && terms.rests) {
      this.resting.rest(slot);
      this.resting.register(slot);
    } else {
      this.matcher.cancelTaker(slot, reason === NO_REASON ? codes.CANCEL_IMMEDIATE : reason);
      state.slab.give(slot);
    }
    if (terms.isSpecial) this.matcher.budget = NO_BUDGET;
    this.stops.follow(terms.market);
  }

  /** Good till, budget and stop price of a new order; true if it is a stop that waits now. */
  private beginSpecial(slot: number): boolean {
    const { state, terms } = this;
    const { stopPrice, isSell } = terms;
    if (terms.goodTill !== 0) state.setGoodTill(slot, terms.goodTill);
    if (terms.budget !== 0) this.matcher.budget = terms.budget;
    if (stopPrice === 0) return false;
    const last = state.markets.lastPrice(terms.market);
    if (last === 0 || (isSell ? last > stopPrice : last < stopPrice)) {
      this.resting.wait(slot, terms.type, stopPrice);
      this.resting.register(slot);
      return true;
    }
    this.out.triggered(slot, stopPrice, last);
    return false;
  }

  /** The order's slot: accepted, its funds held, not in the book. */
  private accept(terms: Terms): number {
    const { state, signer } = this;
    if (terms.seat === 0) terms.seat = state.openSeat(signer.account, terms.market);
    const slot = state.slab.take();
    const words = state.slab.words;
    const base = slot << order.ORDER_SHIFT;
    words[base + order.LEAVES] = terms.quantity;
    words[base + order.CUMULATIVE] = 0;
    words[base + order.PRICE] = terms.price;
    words[base + order.SEAT_SIDE] = 2 * terms.seat + (terms.isSell ? 1 : 0);
    words[base + order.INDEX_KEY] = order.packKey(this.out.index, signer.key);
    words[base + order.NONCE_LOW] = signer.nonceLow;
    words[base + order.PACKED] = order.pack(signer.nonceHigh, terms.selfTrade, terms.postOnly);
    words[base + order.CLIENT_LOW] = terms.clientLow;
    words[base + order.CLIENT_HIGH] = terms.clientHigh;
    state.balances.hold(this.resting.balance(slot), terms.needed);
    const report = this.out.order(slot, codes.REPORT_ACCEPTED, 0, terms.needed);
    const second = terms.stopPrice + terms.asked; // A stop does not slide.
    if (second !== 0) this.out.second(report, second);
    return slot;
  }

  replace(view: DataView, at: number): void {
    const { state, check, terms, out } = this;
    if (!check.mayTrade()) return;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    const slot = this.replaceable(view, at, state.markets.find(id));
    if (slot === 0) return;
    terms.readReplace(view, at, state, slot);
    const leaves = state.slab.leaves(slot);
    const held = this.resting.hold(slot, leaves);
    if (!check.fitsMarket(terms) || !check.keepsOff(terms) || !check.isCountable(terms)) return;
    const cumulative = state.slab.cumulative(slot);
    if (cumulative + terms.quantity > codes.U32_MAX) {
      return out.reject(codes.REJECT_AMOUNT_OVERFLOW, cumulative, terms.quantity);
    }
    if (!check.hasFunds(terms, held)) return;

    this.resting.lift(slot);
    const balance = this.resting.balance(slot);
    state.balances.release(balance, held);
    state.balances.hold(balance, terms.needed);
    const words = state.slab.words;
    words[(slot << order.ORDER_SHIFT) + order.PRICE] = terms.price;
    words[(slot << order.ORDER_SHIFT) + order.LEAVES] = terms.quantity;
    const report = out.order(slot, codes.REPORT_REPLACED, leaves, terms.needed);
    if (terms.asked !== 0) out.second(report, terms.asked);
    if (terms.isSpecial) return this.resting.wait(slot, terms.type, terms.stopPrice);
    this.taking.take(slot, true);
    this.stops.follow(terms.market);
  }

  /** The order to replace, or 0 and the reject is written. */
  private replaceable(view: DataView, at: number, market: number): number {
    const { state, out, signer } = this;
    if (market === 0) {
      out.reject(codes.REJECT_UNKNOWN_MARKET, view.getUint32(at + command.COMMAND_MARKET, true), 0);
      return 0;
    }
    const marketState = state.markets.state(market);
    if (marketState !== codes.STATE_OPEN) {
      out.reject(codes.REJECT_MARKET_STATE, marketState, codes.STATE_OPEN);
      return 0;
    }
    if (!this.check.isCaughtUp(market)) return 0;
    const slot = state.findOrder(signer.account, market, view, at + command.COMMAND_CLIENT_ID);
    if (slot === 0) out.reject(codes.REJECT_UNKNOWN_ORDER, 0, 0);
    return slot;
  }
}
