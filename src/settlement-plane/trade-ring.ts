/**
 * TradeRing: the newest trades of one market. Made with its first trade, and grown as trades come.
 *
 *   rows   [ price | lots, below zero when the taker sold | position | log time ] per trade
 *
 * Trade ids are dense, so the newest id tells all the others.
 */
const ROW = 4;
const START_ROWS = 16;

export interface Trade {
  readonly id: number;
  /** Ticks. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly isTakerBuy: boolean;
  readonly position: number;
  readonly logTime: number;
}

export class TradeRing {
  private readonly rowsMax: number;
  private rows: Float64Array;
  private count = 0;
  newestId = 0;

  constructor(rowsMax: number) {
    this.rowsMax = rowsMax;
    this.rows = new Float64Array(Math.min(START_ROWS, rowsMax) * ROW);
  }

  /** Id of the oldest trade that is kept; newestId + 1 when there is none. */
  get oldestId(): number {
    return this.newestId - this.count + 1;
  }

  /** A trade that came before, or one behind a gap, which makes the older ones worthless. */
  add(trade: Trade): void {
    if (trade.id <= this.newestId) return;
    if (trade.id !== this.newestId + 1) this.count = 0;
    const capacity = this.rows.length / ROW;
    if (this.count === capacity && capacity < this.rowsMax) this.grow(capacity);
    this.newestId = trade.id;
    const at = this.offsetOf(trade.id);
    this.rows[at] = trade.price;
    this.rows[at + 1] = trade.isTakerBuy ? trade.quantity : -trade.quantity;
    this.rows[at + 2] = trade.position;
    this.rows[at + 3] = trade.logTime;
    this.count = Math.min(this.count + 1, this.rows.length / ROW);
  }

  /** A trade that is kept. */
  read(id: number): Trade {
    const at = this.offsetOf(id);
    const signed = this.rows[at + 1]!;
    return {
      id,
      price: this.rows[at]!,
      quantity: Math.abs(signed),
      isTakerBuy: signed > 0,
      position: this.rows[at + 2]!,
      logTime: this.rows[at + 3]!,
    };
  }

  /** At most `limit` trades with ids below `before`, newest first. */
  list(before: number, limit: number): Trade[] {
    const trades: Trade[] = [];
    const first = Math.min(before - 1, this.newestId);
    for (let id = first; id >= this.oldestId && trades.length < limit; id--) {
      trades.push(this.read(id));
    }
    return trades;
  }

  private offsetOf(id: number): number {
    return (id % (this.rows.length / ROW)) * ROW;
  }

  private grow(capacity: number): void {
    const kept = this.list(this.newestId + 1, capacity);
    this.rows = new Float64Array(Math.min(capacity * 2, this.rowsMax) * ROW);
    const newest = this.newestId;
    this.count = 0;
    this.newestId = newest - kept.length;
    for (const trade of kept.reverse()) this.add(trade);
  }
}
