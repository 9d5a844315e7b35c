/**
 * Windows: per market the lowest and highest price whose stops are being triggered (RULES 10).
 *
 *   low, high   by market slot, 0 and 0: the window is empty
 *   open        slots of the markets whose window is not, by rising market id
 *
 * Between two records only a cascade that ran out of room has left one open, so there are few.
 */
import type { Changes } from "./changes.ts";
import type { Markets } from "./markets.ts";

export class Windows {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
  /** For reading, up to `count`. */
  readonly open: Uint32Array;
  count = 0;
  private readonly markets: Markets;
  private readonly changes: Changes;

  constructor(markets: Markets, changes: Changes) {
    const slots = markets.max + 1;
    this.low = new Uint32Array(slots);
    this.high = new Uint32Array(slots);
    this.open = new Uint32Array(slots);
    this.markets = markets;
    this.changes = changes;
  }

  isOpen(market: number): boolean {
    return this.high[market] !== 0;
  }

  /** The window reaches both prices from now on. */
  widen(market: number, one: number, other: number): void {
    const low = Math.min(one, other);
    const high = Math.max(one, other);
    const isNew = !this.isOpen(market);
    if (isNew) this.list(market);
    if (isNew || low < this.low[market]!) this.low[market] = low;
    if (isNew || high > this.high[market]!) this.high[market] = high;
    this.changes.market(market);
  }

  private list(market: number): void {
    const { open, markets } = this;
    const id = markets.id(market);
    let at = this.count++;
    for (; at > 0 && markets.id(open[at - 1]!) > id; at--) open[at] = open[at - 1]!;
    open[at] = market;
  }

  /** The window is empty from now on; it was not. */
  close(market: number): void {
    this.low[market] = 0;
    this.high[market] = 0;
    const at = this.open.indexOf(market);
    this.open.copyWithin(at, at + 1, this.count);
    this.count--;
    this.changes.market(market);
  }
}
