/**
 * Stops: how orders that wait are triggered by trades, one after the other (RULES 10).
 *
 *   trades -> the market's window is widened -> the first stop that it reaches is triggered
 *          -> it trades, the window is widened -> ... until none is reached, or room ends
 */
import * as codes from "../protocol/codes.ts";
import type { Book } from "./book.ts";
import type { Matcher } from "./match.ts";
import type { Markets } from "./markets.ts";
import type { OrderSlab } from "./order-slab.ts";
import { type ReportsOut, ROOM_FOR_STOP } from "./reports-out.ts";
import type { Resting } from "./resting.ts";
import type { State } from "./state.ts";
import type { Taking } from "./taking.ts";
import type { Windows } from "./windows.ts";

interface StopParts {
  readonly state: State;
  readonly out: ReportsOut;
  readonly resting: Resting;
  readonly matcher: Matcher;
  readonly taking: Taking;
}

export class Stops {
  private readonly book: Book;
  private readonly slab: OrderSlab;
  private readonly markets: Markets;
  private readonly windows: Windows;
  private readonly out: ReportsOut;
  private readonly resting: Resting;
  private readonly matcher: Matcher;
  private readonly taking: Taking;

  constructor({ state, out, resting, matcher, taking }: StopParts) {
    this.book = state.book;
    this.slab = state.slab;
    this.markets = state.markets;
    this.windows = state.windows;
    this.out = out;
    this.resting = resting;
    this.matcher = matcher;
    this.taking = taking;
  }

  /** After an order has matched: the stops that its trades triggered. */
  follow(market: number): void {
    const first = this.matcher.firstPrice;
    if (first === 0) return;
    const { best } = this.book.levels;
    const side = this.book.stopSideOf(market);
    // Without stops the window would be empty again at once.
    if (best[side] === 0 && best[side + 1] === 0) return;
    this.windows.widen(market, first, this.markets.lastPrice(market));
    this.cascade(market);
  }

  /** Goes on until no stop is reached, and the window is empty, or until there is no room. */
  cascade(market: number): void {
    const { windows, out } = this;
    for (;;) {
      const slot = this.next(market);
      if (slot === 0) return windows.close(market);
      if (out.room() < ROOM_FOR_STOP) return;
      const isSell = (this.slab.seatSide(slot) & 1) === 1;
      this.trigger(slot, isSell ? windows.low[market]! : windows.high[market]!);
      const first = this.matcher.firstPrice;
      if (first !== 0) windows.widen(market, first, this.markets.lastPrice(market));
    }
  }

  /** The stop that is triggered next, 0 if none is reached. */
  private next(market: number): number {
    const { book, windows } = this;
    const { best, price } = book.levels;
    const side = book.stopSideOf(market);
    const sells = best[side]!;
    const buys = best[side + 1]!;
    const sell = sells !== 0 && price[sells]! >= windows.low[market]! ? book.oldest(sells) : 0;
    const buy = buys !== 0 && price[buys]! <= windows.high[market]! ? book.oldest(buys) : 0;
    if (sell === 0 || buy === 0) return sell + buy;
    return this.slab.arrival(buy) < this.slab.arrival(sell) ? buy : sell;
  }

  /** A stop that waits, reached by this price, becomes a taker. */
  private trigger(slot: number, reachedBy: number): void {
    const rests = this.slab.type(slot) === codes.TYPE_STOP_LIMIT;
    const stopPrice = this.book.priceNow(slot);
    this.resting.lift(slot);
    this.slab.setType(slot, codes.TYPE_LIMIT);
    this.out.triggered(slot, stopPrice, reachedBy);
    this.taking.take(slot, rests);
  }
}
