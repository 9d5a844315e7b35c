/**
 * Cancels: Cancel, Reduce and MassCancel (RULES 5), which a suspended account may send too.
 */
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import { RULE_QUANTITY_STEP } from "./markets.ts";
import { OwnOrders } from "./own-orders.ts";
import type { Parts } from "./parts.ts";
import { type ReportsOut, ROOM_FOR_CANCEL } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { Signer } from "./signer.ts";
import type { State } from "./state.ts";

const EITHER = codes.SCOPE_TRADE | codes.SCOPE_CANCEL;

export class Cancels {
  private readonly state: State;
  private readonly signer: Signer;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly own: OwnOrders;

  constructor(parts: Parts) {
    this.state = parts.state;
    this.signer = parts.signer;
    this.out = parts.out;
    this.resting = parts.resting;
    this.own = new OwnOrders(parts.state);
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
    if (!mayCancel(signer, out)) return 0;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    const market = state.markets.find(id);
    if (!this.marketTakes(market, id)) return 0;
    const slot = state.findOrder(signer.account, market, view, at + command.COMMAND_CLIENT_ID);
    if (slot === 0) out.reject(codes.REJECT_UNKNOWN_ORDER, 0, 0);
    return slot;
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
    const { state, out, signer, own } = this;
    if (!mayCancel(signer, out)) return;
    const id = view.getUint32(at + command.COMMAND_MARKET, true);
    const side = view.getUint8(at + command.MASS_SIDE);
    const market = id === 0 ? 0 : state.markets.find(id);
    if (id !== 0 && !this.marketTakes(market, id)) return;

    if (market === 0) own.gatherAll(signer.account, side, false);
    else own.gather(signer.account, market, side);
    let canceled = 0;
    let slot = own.next();
    for (; slot !== 0 && out.room() >= ROOM_FOR_CANCEL; slot = own.next()) {
      this.resting.cancel(slot, codes.CANCEL_MASS);
      canceled++;
    }
    const isCut = slot === 0 ? 0 : 1;
    const head = codes.REPORT_MASS_CANCELED | (side << 8) | (isCut << 24);
    out.lots(out.begin(head, signer.account, id), canceled);
  }
}

/** Whether the signer may cancel; if not, the reject is written. */
export function mayCancel(signer: Signer, out: ReportsOut): boolean {
  if ((signer.scopes & EITHER) !== 0) return true;
  out.reject(codes.REJECT_KEY_SCOPE, signer.scopes, codes.SCOPE_CANCEL);
  return false;
}
