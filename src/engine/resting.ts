/**
 * Resting: how an order comes to rest, how it goes, and what it holds meanwhile.
 *
 * An order that rests is in five places at once, and nowhere else are they changed together:
 * its slot, the queue of its level, the list of its seat, the index of client ids, the count.
 */
import type { Balances } from "../ledger/balances.ts";
import { REPORT_CANCELED, SIDE_BUY } from "../protocol/codes.ts";
import { LEAVES, ORDER_SHIFT } from "./order-slab.ts";
import type { ReportsOut } from "./reports-out.ts";
import { SEAT_BASE, SEAT_MARKET, SEAT_QUOTE, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

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
    state.slab.setArrival(slot, ++state.arrivals);
    state.book.enter(slot);
    state.seats.join(slot);
    state.changes.order(slot);
  }

  /** An order that never rested is counted and found from now on. */
  register(slot: number): void {
    this.state.index.add(slot);
    this.state.openOrders++;
  }

  /** Takes an order off its place; it may come to rest again. */
  lift(slot: number): void {
    const state = this.state;
    const seatSide = state.slab.seatSide(slot);
    const market = state.seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
    state.changes.remove(slot, market, (seatSide & 1) + SIDE_BUY);
    state.book.leave(slot);
    state.seats.part(slot);
  }

  /** An order that no longer rests is forgotten. */
  forget(slot: number): void {
    const state = this.state;
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

  /** Cancels an order that rests. */
  cancel(slot: number, reason: number): void {
    this.lift(slot);
    this.cancelLifted(slot, reason);
    this.forget(slot);
  }

  /** Cancels what is left of an order that does not rest: funds and report. */
  cancelLifted(slot: number, reason: number): void {
    const words = this.state.slab.words;
    const leaves = this.state.slab.leaves(slot);
    const held = this.hold(slot, leaves);
    this.balances.release(this.balance(slot), held);
    words[(slot << ORDER_SHIFT) + LEAVES] = 0;
    this.out.order(slot, REPORT_CANCELED | (reason << 24), leaves, held);
  }
}
