/**
 * OwnOrders: an account's open orders, those that wait too, one after the other by rising arrival.
 *
 * `gather` or `gatherAll` begins anew; `next` may be followed by the cancel of the order it gave.
 */
import * as codes from "../protocol/codes.ts";
import { ArrivalHeap } from "./arrival-heap.ts";
import { ORDER_SHIFT, OWN_NEXT } from "./order-slab.ts";
import { SEAT_AFTER, SEAT_MARKET, SEAT_OLDEST, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

export class OwnOrders {
  private readonly state: State;
  private readonly heap: ArrivalHeap;

  constructor(state: State) {
    this.state = state;
    this.heap = new ArrivalHeap(state.slab);
  }

  /** Those of one market and side (0: both). */
  gather(account: number, market: number, side: number): void {
    this.heap.clear();
    this.addSeat(this.state.seats.find(account, market), side);
  }

  /** Those of all markets, or of all but the halted ones. */
  gatherAll(account: number, side: number, isHaltedToo: boolean): void {
    const { seats, markets } = this.state;
    this.heap.clear();
    for (let seat = seats.first[account]!; seat !== 0; ) {
      const at = seat << SEAT_SHIFT;
      const isHalted = markets.state(seats.words[at + SEAT_MARKET]!) === codes.STATE_HALTED;
      if (isHaltedToo || !isHalted) this.addSeat(seat, side);
      seat = seats.words[at + SEAT_AFTER]!;
    }
  }

  private addSeat(seat: number, side: number): void {
    const words = this.state.seats.words;
    const at = (seat << SEAT_SHIFT) + SEAT_OLDEST;
    if (seat === 0) return;
    if (side !== codes.SIDE_SELL) this.heap.push(words[at]!);
    if (side !== codes.SIDE_BUY) this.heap.push(words[at + 2]!);
  }

  /** The next order's slot, 0 when there is none left. */
  next(): number {
    const slot = this.heap.pop();
    if (slot !== 0) this.heap.push(this.state.slab.words[(slot << ORDER_SHIFT) + OWN_NEXT]!);
    return slot;
  }
}
