/**
 * DemoAsides: the orders of a demo maker that do not quote: a stop that waits two levels away
 * until the walk reaches it, and an order far outside. Both expire after a while.
 *
 * One of each at most, so that the books stay what they are.
 */
import type { Prng } from "../base/prng.ts";
import { type PlaceRequest, placeCommand, type Side } from "../client/order-request.ts";
import type { MarketConfig } from "../edges/config.ts";
import type { Report } from "../protocol/report.ts";

export interface AsidesTerms {
  readonly market: MarketConfig;
  readonly random: Prng;
  readonly nextId: () => bigint;
  /** Microseconds since 1970. */
  readonly now: () => number;
}

const PERCENT_A_STEP = 2;
/** Levels between the middle and the stop price, and from there to its protection price. */
const STOP_AWAY = 2;
const STOP_REACH = 20;
const EXPIRING_AWAY = 14;
const GOOD_FOR_US = 30_000_000;

export class DemoAsides {
  private readonly terms: AsidesTerms;
  private stop: bigint | null = null;
  private expiring: bigint | null = null;

  constructor(terms: AsidesTerms) {
    this.terms = terms;
  }

  /** All orders are gone. */
  clear(): void {
    this.stop = this.expiring = null;
  }

  /** Now and then a command, mostly null. `middle` and `gap` in ticks. */
  wish(middle: number, gap: number): Uint8Array | null {
    const { random, nextId } = this.terms;
    if (!random.chance(PERCENT_A_STEP)) return null;
    const side = random.chance(50) ? "buy" : "sell";
    const goodTill = this.terms.now() + GOOD_FOR_US;
    if (this.stop === null) {
      const stopPrice = this.away(side, middle, STOP_AWAY * gap);
      const price = this.away(side, middle, STOP_REACH * gap);
      this.stop = nextId();
      return this.order(this.stop, { side, type: "stop", stopPrice, price, goodTill });
    }
    if (this.expiring !== null) return null;
    const price = this.away(side === "buy" ? "sell" : "buy", middle, EXPIRING_AWAY * gap);
    this.expiring = nextId();
    return this.order(this.expiring, { side, price, goodTill });
  }

  /** A report of this maker; one about another order is ignored. */
  onReport({ clientOrderId, leaves }: Report): void {
    if (leaves > 0) return;
    if (clientOrderId === this.stop) this.stop = null;
    if (clientOrderId === this.expiring) this.expiring = null;
  }

  /** A price above the middle for a buy, below it for a sell, in whole steps inside the band. */
  private away(side: Side, middle: number, ticks: number): number {
    const { priceMin, priceMax, priceStep } = this.terms.market;
    const price = side === "buy" ? middle + ticks : middle - ticks;
    const inside = Math.max(priceMin, Math.min(priceMax - priceStep, price));
    return Math.ceil(inside / priceStep) * priceStep;
  }

  private order(clientOrderId: bigint, what: Omit<PlaceRequest, "market" | "quantity">) {
    const { id: market, quantityMin: quantity } = this.terms.market;
    const terms = { market, quantity, clientOrderId, selfTradePrevention: "cancel_taker" } as const;
    return placeCommand({ ...terms, ...what });
  }
}
