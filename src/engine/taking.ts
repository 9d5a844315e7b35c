/**
 * Taking: what becomes of an open order that was taken off its place, as a replaced one or a stop:
 * it matches, and its rest comes to rest again or goes.
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

  /** `rests`: what is left may rest. */
  take(slot: number, rests: boolean): void {
    const { resting } = this;
    const reason = this.matcher.match(slot);
    const isLeft = this.slab.leaves(slot) !== 0;
    if (isLeft && rests && reason === NO_REASON) return resting.rest(slot);
    if (isLeft) resting.cancelLifted(slot, reason === NO_REASON ? codes.CANCEL_IMMEDIATE : reason);
    resting.forget(slot);
  }
}
