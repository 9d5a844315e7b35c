/**
 * Orders: NewOrder and Replace (RULES 5). The checks stand in the order of the rules; the first
 * that fails is the answer, and only when all hold does something change.
 */
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { type Matcher, NO_REASON } from "./match.ts";
import { OrderChecks } from "./order-checks.ts";
import * as order from "./order-slab.ts";
import type { Parts } from "./parts.ts";
import type { ReportsOut } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";
import { Terms } from "./terms.ts";

export class Orders {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly matcher: Matcher;
  private readonly check: OrderChecks;
  private readonly terms = new Terms();

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.resting = parts.resting;
    this.matcher = parts.matcher;
    this.check = new OrderChecks(parts);
  }

  newOrder(view: DataView, at: number): void {
    const { state, check, terms } = this;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    terms.readNewOrder(view, at);
    terms.market = state.markets.find(id);
    if (!check.mayTrade() || !check.marketTakes(terms, id) || !check.fitsMarket(terms)) return;
    terms.seat = state.seats.find(this.signer.account, terms.market);
    const isMarket = view.getUint8(at + command.ORDER_TYPE) === codes.TYPE_MARKET;
    const rests = !isMarket && terms.tif === codes.TIF_GTC;
    const holds =
      check.hasPlace(terms, rests) &&
      check.isCountable(terms) &&
      check.hasFunds(terms, 0) &&
      check.keepsOff(terms) &&
      check.fillsNow(terms);
    if (!holds) return;

    const slot = this.accept(terms);
    const reason = this.matcher.match(slot);
    if (state.slab.leaves(slot) === 0) state.slab.give(slot);
    else if (rests && reason === NO_REASON) {
      this.resting.rest(slot);
      this.resting.register(slot);
    } else {
      this.resting.cancelLifted(slot, reason === NO_REASON ? codes.CANCEL_IMMEDIATE : reason);
      state.slab.give(slot);
    }
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
    this.out.order(slot, codes.REPORT_ACCEPTED, 0, terms.needed);
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
    if (!check.fitsMarket(terms) || !check.isCountable(terms)) return;
    const cumulative = state.slab.cumulative(slot);
    if (cumulative + terms.quantity > codes.U32_MAX) {
      return out.reject(codes.REJECT_AMOUNT_OVERFLOW, cumulative, terms.quantity);
    }
    if (!check.hasFunds(terms, held) || !check.keepsOff(terms)) return;

    this.resting.lift(slot);
    const balance = this.resting.balance(slot);
    state.balances.release(balance, held);
    state.balances.hold(balance, terms.needed);
    const words = state.slab.words;
    words[(slot << order.ORDER_SHIFT) + order.PRICE] = terms.price;
    words[(slot << order.ORDER_SHIFT) + order.LEAVES] = terms.quantity;
    out.order(slot, codes.REPORT_REPLACED, leaves, terms.needed);
    this.settleReplaced(slot, this.matcher.match(slot));
  }

  private settleReplaced(slot: number, reason: number): void {
    const left = this.state.slab.leaves(slot) !== 0;
    if (left && reason === NO_REASON) return this.resting.rest(slot);
    if (left) this.resting.cancelLifted(slot, reason);
    this.resting.forget(slot);
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
    const slot = state.findOrder(signer.account, market, view, at + command.COMMAND_CLIENT_ID);
    if (slot === 0) out.reject(codes.REJECT_UNKNOWN_ORDER, 0, 0);
    return slot;
  }
}
