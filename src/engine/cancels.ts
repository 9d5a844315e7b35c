/**
 * Cancels: Cancel, Reduce and MassCancel (RULES 5), which a suspended account may send too.
 */
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { ArrivalHeap } from "./arrival-heap.ts";
import { RULE_QUANTITY_STEP } from "./markets.ts";
import { ORDER_SHIFT, OWN_NEXT } from "./order-slab.ts";
import type { Parts } from "./parts.ts";
import { type ReportsOut, ROOM_FOR_CANCEL } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import { SEAT_AFTER, SEAT_MARKET, SEAT_OLDEST, SEAT_SHIFT } from "./seats.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

const EITHER = codes.SCOPE_TRADE | codes.SCOPE_CANCEL;

export class Cancels {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly heap: ArrivalHeap;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.resting = parts.resting;
    this.heap = new ArrivalHeap(parts.state.slab);
  }

  cancel(view: DataView, at: number): void {
    const slot = this.find(view, at);
    if (slot !== 0) this.resting.cancel(slot, codes.CANCEL_REQUESTED);
  }

  reduce(view: DataView, at: number): void {
    const { state, out } = this;
    const slot = this.find(view, at);
    if (slot === 0) return;
    const market = state.markets.find(view.getUint32(at + command.COMMAND_MARKET, true));
    const quantity = view.getUint32(at + command.REDUCE_QUANTITY, true);
    const step = state.markets.rule(market, RULE_QUANTITY_STEP);
    if (quantity % step !== 0) return out.reject(codes.REJECT_LOT, quantity, step);
    const leaves = state.slab.leaves(slot);
    if (quantity >= leaves) return out.reject(codes.REJECT_REDUCE, quantity, leaves);
    this.resting.reduce(slot, quantity, 0);
  }

  /** The order that a Cancel or Reduce names, or 0 and the reject is written. */
  private find(view: DataView, at: number): number {
    const { state, signer, out } = this;
    if (!this.mayCancel()) return 0;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    const market = state.markets.find(id);
    if (!this.marketTakes(market, id)) return 0;
    const slot = state.findOrder(signer.account, market, view, at + command.COMMAND_CLIENT_ID);
    if (slot === 0) out.reject(codes.REJECT_UNKNOWN_ORDER, 0, 0);
    return slot;
  }

  private mayCancel(): boolean {
    const scopes = this.signer.scopes;
    if ((scopes & EITHER) !== 0) return true;
    this.out.reject(codes.REJECT_KEY_SCOPE, scopes, codes.SCOPE_CANCEL);
    return false;
  }

  private marketTakes(market: number, id: number): boolean {
    if (market === 0) {
      this.out.reject(codes.REJECT_UNKNOWN_MARKET, id, 0);
      return false;
    }
    const state = this.state.markets.state(market);
    if (state !== codes.STATE_HALTED) return true;
    this.out.reject(codes.REJECT_MARKET_STATE, state, codes.STATE_OPEN);
    return false;
  }

  massCancel(view: DataView, at: number): void {
    const { state, out, signer } = this;
    if (!this.mayCancel()) return;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    const side = view.getUint8(at + command.MASS_SIDE);
    const market = id === 0 ? 0 : state.markets.find(id);
    if (id !== 0 && !this.marketTakes(market, id)) return;

    this.gather(market, side);
    let canceled = 0;
    let isCut = 0;
    for (let slot = this.heap.pop(); slot !== 0; slot = this.heap.pop()) {
      if (out.room() < ROOM_FOR_CANCEL) {
        isCut = 1;
        break;
      }
      this.heap.push(state.slab.words[(slot << ORDER_SHIFT) + OWN_NEXT]!);
      this.resting.cancel(slot, codes.CANCEL_MASS);
      canceled++;
    }
    const head = codes.REPORT_MASS_CANCELED | (side << 8) | (isCut << 24);
    out.lots(out.begin(head, signer.account, id), canceled);
  }

  /** Fills the heap with the account's lists of that market (0: all) and side (0: both). */
  private gather(market: number, side: number): void {
    const { state, signer, heap } = this;
    const words = state.seats.words;
    heap.clear();
    if (market !== 0) {
      this.gatherSeat(state.seats.find(signer.account, market), side);
      return;
    }
    for (let seat = state.seats.first[signer.account]!; seat !== 0; ) {
      const at = seat << SEAT_SHIFT;
      const halted = state.markets.state(words[at + SEAT_MARKET]!) === codes.STATE_HALTED;
      if (!halted) this.gatherSeat(seat, side);
      seat = words[at + SEAT_AFTER]!;
    }
  }

  private gatherSeat(seat: number, side: number): void {
    const words = this.state.seats.words;
    const at = (seat << SEAT_SHIFT) + SEAT_OLDEST;
    if (seat === 0) return;
    if (side !== codes.SIDE_SELL) this.heap.push(words[at]!);
    if (side !== codes.SIDE_BUY) this.heap.push(words[at + 2]!);
  }
}
