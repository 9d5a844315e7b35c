/**
 * MarketFeed: one market as all its stream readers see it: the same sequence, the same bytes for
 * all.
 *
 *   reports -> trades waiting \
 *                              flush -> trade messages, then one delta of both sides
 *   engine  -> best 50 levels /
 *
 * A feed lives while somebody reads it. What a reader was shown is always what `bids` and `asks`
 * hold.
 */
import type { Engine } from "../engine/engine.ts";
import { BookSide, checksumOf, DEPTH, levelJson } from "./book-side.ts";
import type { MarketTerms } from "./market-terms.ts";
import type { Trade } from "./trade-ring.ts";

/** Whoever takes the messages of a stream. */
export interface Reader {
  send(text: string): void;
}

export class MarketFeed {
  readonly terms: MarketTerms;
  readonly readers = new Set<Reader>();
  private readonly source: { readonly engine: Engine };
  private readonly name: string;
  private readonly bids: BookSide;
  private readonly asks: BookSide;
  private trades: string[] = [];
  private sequence = 0;

  constructor(terms: MarketTerms, source: { readonly engine: Engine }) {
    this.terms = terms;
    this.source = source;
    this.name = JSON.stringify(terms.symbol);
    this.bids = new BookSide(terms, false);
    this.asks = new BookSide(terms, true);
    this.bids.follow(source.engine);
    this.asks.follow(source.engine);
  }

  addTrade(trade: Trade): void {
    const { terms } = this;
    const side = trade.isTakerBuy ? "buy" : "sell";
    this.trades.push(
      `{"type":"trade","market":${this.name},"id":${trade.id}` +
        `,"price":"${terms.price(trade.price)}","quantity":"${terms.quantity(trade.quantity)}"` +
        `,"taker_side":"${side}","position":${trade.position},"log_time_us":${trade.logTime}}`,
    );
  }

  /** Tells all readers what is new since the last time. */
  flush(): void {
    const { trades } = this;
    this.trades = [];
    for (const trade of trades) this.send(trade);
    const { engine } = this.source;
    const bids = this.bids.follow(engine);
    const asks = this.asks.follow(engine);
    const count = bids.length + asks.length;
    if (count === 0) return;
    const first = this.sequence + 1;
    this.sequence += count;
    this.send(
      `{"type":"delta","market":${this.name},"first":${first},"last":${this.sequence}` +
        `,${this.place()},"bids":[${bids.join()}],"asks":[${asks.join()}]` +
        `,"checksum":${this.checksum()}}`,
    );
  }

  /** What a new reader begins with; to be asked right after a flush. */
  snapshot(): string {
    const bids = this.bids.levels.map(levelJson).join();
    const asks = this.asks.levels.map(levelJson).join();
    return (
      `{"type":"snapshot","market":${this.name},"sequence":${this.sequence},"depth":${DEPTH}` +
      `,${this.place()},"bids":[${bids}],"asks":[${asks}],"checksum":${this.checksum()}}`
    );
  }

  private place(): string {
    const { position, logTime } = this.source.engine;
    return `"position":${position},"log_time_us":${logTime}`;
  }

  private checksum(): number {
    return checksumOf(this.bids.levels, this.asks.levels);
  }

  private send(text: string): void {
    for (const reader of this.readers) reader.send(text);
  }
}
