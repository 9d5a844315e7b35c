/**
 * Resting: how an order comes to rest or to wait, how it goes, and what it holds meanwhile.
 *
 * An open order is in five places at once, and nowhere else are they changed together: its slot,
 * the queue of its level, the list of its seat, the index of client ids, the count; and if it has a
 * good till, in the table of deadlines.
 */
import type { Balances } from "../ledger/balances.ts";
import * as codes from "../protocol/codes.ts";
import { LEAVES, LEVEL, ORDER_SHIFT } from "./order-slab.ts";
import type { ReportsOut } from "./reports-out.ts";
import { SEAT_BASE, SEAT_MARKET, SEAT_QUOTE, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

/** Sides that wait are numbered behind those of the book. */
const SIDES = 2;

export class Resting {
  private readonly state: State;
  private readonly balances: Balances;
  private readonly out: ReportsOut;

  constructor(state: State, out: ReportsOut) {
    this.state = state;
    this.balances = state.balances;
    this.out = out;
  }

  /** Puts an order to rest at the tail of its level; the index knows it already or not. */
  rest(slot: number): void {
    const state = this.state;
    const arrival = ++state.arrivals;
    state.slab.setArrival(slot, arrival);
    state.book.enter(slot);
    state.seats.join(slot);
    state.changes.order(slot);
    if (state.slab.isTimed(slot)) state.expiries.put(slot, arrival);
  }

  /** Puts a stop to wait, at the tail of those with its stop price. */
  wait(slot: number, type: number, stopPrice: number): void {
    const state = this.state;
    const arrival = ++state.arrivals;
    state.slab.setArrival(slot, arrival);
    state.slab.setType(slot, type);
    state.book.enter(slot, stopPrice);
    state.seats.join(slot);
    state.changes.order(slot);
    if (state.slab.isTimed(slot)) state.expiries.put(slot, arrival);
  }

  /** An order that was not open is counted and found from now on. */
  register(slot: number): void {
    this.state.index.add(slot);
    this.state.openOrders++;
  }

  /** Takes an order off its place; it may come to rest or to wait again. */
  lift(slot: number): void {
    const state = this.state;
    if (state.changes.isKept(slot)) this.unlist(slot);
    state.book.leave(slot);
    state.seats.part(slot);
  }

  /** The trie of books must do without the order. */
  private unlist(slot: number): void {
    const { slab, seats, book, changes } = this.state;
    const seatSide = slab.seatSide(slot);
    const market = seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
    const side = (seatSide & 1) + codes.SIDE_BUY + (slab.waits(slot) ? SIDES : 0);
    changes.remove(slot, market, side, book.priceNow(slot));
  }

  /** An order that is in no queue any more is forgotten. */
  forget(slot: number): void {
    const state = this.state;
    if (state.slab.isTimed(slot)) state.expiries.remove(slot);
    state.index.remove(slot);
    state.openOrders--;
    state.slab.give(slot);
  }

  /** What an order with these lots holds at its price. */
  hold(slot: number, leaves: number): number {
    const state = this.state;
    const seatSide = state.slab.seatSide(slot);
    const market = state.seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
    if ((seatSide & 1) === 1) return leaves * state.markets.lotUnits(market);
    return state.markets.holdOfBuy(market, state.slab.price(slot), leaves);
  }

  /** The balance that an order holds from. */
  balance(slot: number): number {
    const seatSide = this.state.slab.seatSide(slot);
    const seat = (seatSide >> 1) << SEAT_SHIFT;
    return this.state.seats.words[seat + ((seatSide & 1) === 1 ? SEAT_BASE : SEAT_QUOTE)]!;
  }

  /** Cancels an open order. */
  cancel(slot: number, reason: number): void {
    this.lift(slot);
    this.cancelLifted(slot, reason);
    this.forget(slot);
  }

  /** Cancels what is left of an order that is in no queue: funds and report. */
  cancelLifted(slot: number, reason: number): void {
    this.cancelHolding(slot, reason, this.hold(slot, this.state.slab.leaves(slot)));
  }

  /** The same for an order that holds `held`. */
  cancelHolding(slot: number, reason: number, held: number): void {
    const words = this.state.slab.words;
    const leaves = this.state.slab.leaves(slot);
    this.balances.release(this.balance(slot), held);
    words[(slot << ORDER_SHIFT) + LEAVES] = 0;
    this.out.order(slot, codes.REPORT_CANCELED | (reason << 24), leaves, held);
  }

  /** Takes lots off an order, fewer than it has; one in a queue keeps its place. */
  reduce(slot: number, lots: number, reason: number): void {
    const { slab, book, changes } = this.state;
    const order = slot << ORDER_SHIFT;
    const leaves = slab.leaves(slot);
    const released = this.hold(slot, leaves) - this.hold(slot, leaves - lots);
    this.balances.release(this.balance(slot), released);
    slab.words[order + LEAVES] = leaves - lots;
    const level = slab.words[order + LEVEL]!;
    if (level !== 0) {
      book.shrink(level, lots);
      changes.order(slot);
    }
    this.out.order(slot, codes.REPORT_REDUCED | (reason << 24), lots, released);
  }
}
