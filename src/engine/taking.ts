/**
 * Taking: what becomes of an order that arrives: it matches, and its rest comes to rest or goes.
 */
import * as codes from "../protocol/codes.ts";
import { type Matcher, NO_REASON } from "./match.ts";
import type { OrderSlab } from "./order-slab.ts";
import type { Resting } from "./resting.ts";
import type { State } from "./state.ts";

export class Taking {
  private readonly slab: OrderSlab;
  private readonly resting: Resting;
  private readonly matcher: Matcher;

  constructor(state: State, resting: Resting, matcher: Matcher) {
    this.slab = state.slab;
    this.resting = resting;
    this.matcher = matcher;
  }

  /** `rests`: what is left may rest. `isOpen`: the order was open before, as a stop say. */
  take(slot: number, rests: boolean, isOpen: boolean): void {
    const { resting } = this;
    const reason = this.matcher.match(slot);
    const isLeft = this.slab.leaves(slot) !== 0;
    if (isLeft && rests && reason === NO_REASON) {
      resting.rest(slot);
      if (!isOpen) resting.register(slot);
      return;
    }
    if (isLeft) this.matcher.cancelTaker(slot, reason || codes.CANCEL_IMMEDIATE);
    if (isOpen) resting.forget(slot);
    else this.slab.give(slot);
  }
}
