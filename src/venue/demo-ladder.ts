/**
 * DemoLadder: what two makers want in one demo market, decided step by step. No network here.
 *
 *   level       0  1  2  3  4  5  6  7  8  9        10 levels a side, `gap` ticks apart
 *   bids of     a  b  a  b  a  b  a  b  a  b        the two makers take turns
 *   asks of     a  b  a  b  a  b  a  b  a  b
 *
 * The middle walks at random, pulled gently to where it began, well inside the price band. A quote
 * is replaced once it is more than half a gap away from where it belongs; now and then maker b
 * takes some of a's best quote, on the side that brings what both own back to where it was, and
 * has a stop or an order that expires aside (DemoAsides).
 */
import {
  type PlaceRequest,
  placeCommand,
  replaceCommand,
  type Side,
} from "../client/order-request.ts";
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import { type AsidesTerms, DemoAsides } from "./demo-asides.ts";

export interface LadderTerms extends AsidesTerms {
  /** Ticks. */
  readonly startPrice: number;
  /** Worth of one quote in units of the quote asset. */
  readonly quoteUnits: number;
}

/** Commands of each maker, to be sent as one frame. */
export type Wishes = readonly [Uint8Array[], Uint8Array[]];

interface Quote {
  readonly side: Side;
  readonly level: number;
  readonly maker: 0 | 1;
  /** Null while there is no order. */
  id: bigint | null;
  price: number;
  leaves: number;
}

const LEVELS = 10;
/** Parts per million of the price between two levels, and one step of the walk. */
const GAP_PPM = 150;
const STEP_PPM = 110;
/** Of the way back to the start, each step. */
const PULL = 0.002;
const COMMANDS_PER_STEP_MAX = 5;
const CROSS_PERCENT = 25;
/** Prices stay within this part of the band. */
const BAND_MARGIN = 1.2;

export class DemoLadder {
  private readonly terms: LadderTerms;
  private readonly quotes: Quote[] = [];
  private readonly byId = new Map<bigint, Quote>();
  private readonly asides: DemoAsides;
  private readonly gap: number;
  private middle: number;
  /** Lots that maker 0 bought from maker 1, less those sold. */
  private drift = 0;
  private turn = 0;

  constructor(terms: LadderTerms) {
    this.terms = terms;
    this.asides = new DemoAsides(terms);
    this.middle = terms.startPrice;
    const { priceStep } = terms.market;
    const gap = Math.round((terms.startPrice * GAP_PPM) / codes.PPM / priceStep);
    this.gap = Math.max(1, gap) * priceStep;
    for (let level = 0; level < LEVELS; level++) {
      const maker = level % 2 === 0 ? 0 : 1;
      this.quotes.push({ side: "buy", level, maker, id: null, price: 0, leaves: 0 });
      this.quotes.push({ side: "sell", level, maker, id: null, price: 0, leaves: 0 });
    }
  }

  /** Both makers' orders are gone. */
  clear(): void {
    for (const quote of this.quotes) this.forget(quote);
    this.asides.clear();
  }

  /** The walk goes on; what follows for each maker. `ready`: who may send now. */
  step(ready: readonly [boolean, boolean]): Wishes {
    this.walk();
    const wishes: Wishes = [[], []];
    let count = 0;
    for (let i = 0; i < this.quotes.length && count < COMMANDS_PER_STEP_MAX; i++) {
      const quote = this.quotes[(this.turn + i) % this.quotes.length]!;
      const command = ready[quote.maker] ? this.mend(quote) : null;
      if (command === null) continue;
      wishes[quote.maker].push(command);
      count++;
    }
    this.turn++;
    if (this.terms.random.chance(CROSS_PERCENT)) this.cross(ready, wishes);
    const aside = ready[1] ? this.asides.wish(this.middle, this.gap) : null;
    if (aside !== null) wishes[1].push(aside);
    return wishes;
  }

  /** A report of either maker; one that concerns no quote of this ladder is ignored. */
  onReport(report: Report): void {
    const quote = this.byId.get(report.clientOrderId);
    if (quote === undefined) {
      this.asides.onReport(report);
      return;
    }
    switch (report.kind) {
      case codes.REPORT_FILL:
      case codes.REPORT_ACCEPTED:
      case codes.REPORT_REPLACED:
      case codes.REPORT_CANCELED:
        quote.leaves = report.leaves;
        if (report.kind === codes.REPORT_FILL) this.count(quote, report.last);
        else quote.price = report.price;
        if (report.leaves === 0) this.forget(quote);
        break;
      case codes.REPORT_REJECTED:
        if (isGone(report)) this.forget(quote);
        break;
      default:
        break;
    }
  }

  private count(quote: Quote, lots: number): void {
    const isBought = (quote.side === "buy") === (quote.maker === 0);
    this.drift += isBought ? lots : -lots;
  }

  private forget(quote: Quote): void {
    if (quote.id !== null) this.byId.delete(quote.id);
    quote.id = null;
    quote.leaves = 0;
  }

  private walk(): void {
    const { random, startPrice, market } = this.terms;
    // Four uniform draws make a bell that is good enough for a picture.
    const bell = random.unit() + random.unit() + random.unit() + random.unit() - 2;
    const moved = this.middle * (1 + (bell * STEP_PPM) / codes.PPM);
    const pulled = moved + (startPrice - moved) * PULL;
    const low = market.priceMin * BAND_MARGIN;
    this.middle = Math.max(low, Math.min(market.priceMax / BAND_MARGIN, pulled));
  }

  /** The command that puts a quote where it belongs, or null if it is well. */
  private mend(quote: Quote): Uint8Array | null {
    const { market } = this.terms;
    const price = this.priceOf(quote);
    if (price < market.priceMin || price > market.priceMax) return null;
    const quantity = this.quantityAt(price);
    if (quote.id === null) {
      quote.id = this.terms.nextId();
      quote.price = price;
      this.byId.set(quote.id, quote);
      return this.order(quote.id, { side: quote.side, price, quantity });
    }
    const isNear = Math.abs(price - quote.price) * 2 <= this.gap;
    const isThin = quote.leaves > 0 && quote.leaves * 2 < quantity;
    if (isNear && !isThin) return null;
    const clientOrderId = quote.id;
    return replaceCommand({ market: market.id, clientOrderId, price, quantity });
  }

  private priceOf(quote: Quote): number {
    const { priceStep } = this.terms.market;
    const away = this.gap * (quote.level + 0.5);
    const price = quote.side === "buy" ? this.middle - away : this.middle + away;
    return Math.round(price / priceStep) * priceStep;
  }

  private quantityAt(price: number): number {
    const { market, quoteUnits, random } = this.terms;
    const worth = (quoteUnits * random.between(50, 150)) / 100;
    return this.legal(worth / (price * market.tickValue));
  }

  /** The nearest quantity that the market takes. */
  private legal(lots: number): number {
    const { quantityMin, quantityMax, quantityStep } = this.terms.market;
    const rounded = Math.round(lots / quantityStep) * quantityStep;
    return Math.max(quantityMin, Math.min(quantityMax, rounded));
  }

  /** One maker takes a part of the other's best quote. */
  private cross(ready: readonly [boolean, boolean], wishes: Wishes): void {
    const side = this.takerSide();
    const best = this.quotes.find((quote) => quote.side !== side && quote.level === 0);
    if (best === undefined || best.id === null || best.leaves === 0) return;
    const taker = best.maker === 0 ? 1 : 0;
    if (!ready[taker]) return;
    const part = this.terms.random.between(20, 110);
    const quantity = this.legal((best.leaves * part) / 100);
    wishes[taker].push(
      this.order(this.terms.nextId(), { side, price: best.price, quantity }, true),
    );
  }

  /** The best quotes are maker 0's: who sells into them gives it lots, who buys takes them. */
  private takerSide(): Side {
    const { random } = this.terms;
    if (this.drift === 0 || random.chance(60)) return random.chance(50) ? "sell" : "buy";
    return this.drift > 0 ? "buy" : "sell";
  }

  private order(
    clientOrderId: bigint,
    what: Pick<PlaceRequest, "side" | "price" | "quantity">,
    isTaker = false,
  ): Uint8Array {
    return placeCommand({
      market: this.terms.market.id,
      clientOrderId,
      ...what,
      timeInForce: isTaker ? "ioc" : "gtc",
      selfTradePrevention: "cancel_taker",
    });
  }
}

/** A reject after which the order does not exist. */
function isGone(report: Report): boolean {
  const { code, reason } = report;
  return reason === codes.COMMAND_NEW_ORDER || code === codes.REJECT_UNKNOWN_ORDER;
}
