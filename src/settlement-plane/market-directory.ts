/**
 * MarketDirectory: finds markets of all shards by symbol or id, and lists them by rising id.
 *
 *   bySymbol, byId   where it lies: (id, engine, slot)
 *   sorted           the same by rising id
 *   terms            id -> MarketTerms, made when first asked for
 *
 * Markets are only ever added, so a shard whose count has grown has new ones behind those known.
 */
import type { Engine } from "../engine/engine.ts";
import { MarketTerms, marketSymbolOf } from "./market-terms.ts";

interface ListOf {
  readonly after: number;
  readonly limit: number;
  /** Null: all shards. */
  readonly shard: number | null;
}

interface Row {
  readonly id: number;
  readonly engine: Engine;
  readonly slot: number;
}

export class MarketDirectory {
  private readonly engines: () => Iterable<Engine>;
  private readonly known = new Map<Engine, number>();
  private readonly terms = new Map<number, MarketTerms>();
  private readonly bySymbol = new Map<string, Row>();
  private readonly byId = new Map<number, Row>();
  private sorted: Row[] = [];

  constructor(engines: () => Iterable<Engine>) {
    this.engines = engines;
  }

  /** By symbol, or by id in decimal digits. */
  find(name: string): MarketTerms | null {
    this.refresh();
    const isId = /^[1-9][0-9]{0,9}$/.test(name);
    const row = this.bySymbol.get(name) ?? (isId ? this.byId.get(Number(name)) : undefined);
    return row === undefined ? null : this.termsOf(row);
  }

  byMarketId(id: number): MarketTerms | null {
    this.refresh();
    const row = this.byId.get(id);
    return row === undefined ? null : this.termsOf(row);
  }

  /** At most `limit` markets with ids above `after`, and whether there are more behind them. */
  list(of: ListOf): { markets: MarketTerms[]; hasMore: boolean } {
    this.refresh();
    const markets: MarketTerms[] = [];
    for (let i = this.firstAbove(of.after); i < this.sorted.length; i++) {
      const row = this.sorted[i]!;
      if (of.shard !== null && row.engine.state.shard !== of.shard) continue;
      if (markets.length === of.limit) return { markets, hasMore: true };
      markets.push(this.termsOf(row));
    }
    return { markets, hasMore: false };
  }

  private firstAbove(id: number): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.sorted[middle]!.id <= id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private termsOf(row: Row): MarketTerms {
    const made = this.terms.get(row.id) ?? new MarketTerms(row.engine, row.slot);
    this.terms.set(row.id, made);
    return made;
  }

  private refresh(): void {
    let grew = false;
    const engines = new Set(this.engines());
    if ([...this.known.keys()].some((engine) => !engines.has(engine))) this.forget();
    for (const engine of engines) {
      const known = this.known.get(engine) ?? 0;
      const { count } = engine.state.markets;
      if (known === count) continue;
      grew = true;
      for (let slot = known + 1; slot <= count; slot++) this.add(engine, slot);
      this.known.set(engine, count);
    }
    if (grew) this.sorted = [...this.byId.values()].sort((a, b) => a.id - b.id);
  }

  /** A shard has begun anew, with another engine. */
  private forget(): void {
    for (const map of [this.known, this.terms, this.bySymbol, this.byId]) map.clear();
    this.sorted = [];
  }

  private add(engine: Engine, slot: number): void {
    const row = { id: engine.state.markets.id(slot), engine, slot };
    this.byId.set(row.id, row);
    // Of two markets with one symbol the older keeps the name; the other has its id.
    const symbol = marketSymbolOf(engine, slot);
    if (!this.bySymbol.has(symbol)) this.bySymbol.set(symbol, row);
  }
}
