/**
 * MarketData: what happens in all markets, kept for queries and told to the readers of the stream.
 *
 *   settle loop -> onReports (each record) -> ShardData            what queries ask
 *                                          -> feeds that changed
 *               -> onBatch (compared)      -> deltas, trades, checkpoints to the readers
 *
 * A market that nobody reads has no feed and costs a look into a map.
 */
import type { Engine } from "../engine/engine.ts";
import type { ReportBatch } from "../protocol/report.ts";
import { MarketDirectory } from "./market-directory.ts";
import { MarketFeed, type Reader } from "./market-feed.ts";
import type { MarketTerms } from "./market-terms.ts";
import { type MarketListener, ShardData } from "./shard-data.ts";
import type { ShardSource } from "./shard-source.ts";
import { StreamPace } from "./stream-pace.ts";
import type { Trade } from "./trade-ring.ts";

export interface MarketDataLimits {
  readonly tradesKept: number;
}

/** A reader gets at most 50 deltas of a market in a second. */
const FLUSH_MS = 20;
const STATS_MS = 1000;

interface Shard {
  readonly source: ShardSource;
  readonly data: ShardData;
  /** Number of the checkpoint told last, -1 for none. */
  told: number;
}

export class MarketData implements MarketListener {
  readonly directory: MarketDirectory;
  private readonly limits: MarketDataLimits;
  private readonly wallMs: () => number;
  private readonly shards = new Map<number, Shard>();
  private readonly feeds = new Map<number, MarketFeed>();
  private readonly changed = new Set<MarketFeed>();
  private readonly readers = new Set<Reader>();
  private readonly pace = new StreamPace(FLUSH_MS, () => this.flush());
  private readonly stats: ReturnType<typeof setInterval>;

  constructor(limits: MarketDataLimits, wallMs: () => number) {
    this.limits = limits;
    this.wallMs = wallMs;
    this.directory = new MarketDirectory(() => this.engines());
    this.stats = setInterval(() => this.tellStats(), STATS_MS);
  }

  close(): void {
    clearInterval(this.stats);
    this.pace.close();
  }

  /** Before the first of its reports. */
  addShard(id: number, source: ShardSource): ShardData {
    const { tradesKept } = this.limits;
    const parts = { tradesKept, wallMs: this.wallMs, listener: this };
    const data = new ShardData(source, parts);
    this.shards.set(id, { source, data, told: source.latest?.number ?? -1 });
    return data;
  }

  private *engines(): Iterable<Engine> {
    for (const { source } of this.shards.values()) yield source.engine;
  }

  /** What is known of a shard that was added. */
  shardData(id: number): ShardData | null {
    return this.shards.get(id)?.data ?? null;
  }

  onReports(shard: number, reports: ReportBatch): void {
    this.shards.get(shard)?.data.onReports(reports);
  }

  onBatch(): void {
    if (this.readers.size > 0) this.pace.ask();
  }

  onChange(market: number): void {
    const feed = this.feeds.get(market);
    if (feed !== undefined) this.changed.add(feed);
  }

  onTrade(market: number, trade: Trade): void {
    this.feeds.get(market)?.addTrade(trade);
  }

  /** From now on the reader gets these markets, beginning with a snapshot of each. */
  subscribe(reader: Reader, markets: readonly MarketTerms[]): void {
    this.readers.add(reader);
    for (const terms of markets) {
      const feed = this.feedOf(terms);
      if (feed === null || feed.readers.has(reader)) continue;
      feed.flush();
      this.changed.delete(feed);
      reader.send(feed.snapshot());
      feed.readers.add(reader);
    }
  }

  private feedOf(terms: MarketTerms): MarketFeed | null {
    const known = this.feeds.get(terms.id);
    if (known !== undefined) return known;
    const shard = this.shards.get(terms.shard);
    if (shard === undefined) return null;
    const feed = new MarketFeed(terms, shard.source);
    this.feeds.set(terms.id, feed);
    return feed;
  }

  unsubscribe(reader: Reader): void {
    this.readers.delete(reader);
    for (const [market, feed] of this.feeds) {
      if (!feed.readers.delete(reader) || feed.readers.size > 0) continue;
      this.feeds.delete(market);
      this.changed.delete(feed);
    }
  }

  /** Commands of traders in the last full second, all shards. */
  ordersPerSecond(): number {
    return [...this.shards.values()].reduce((sum, { data }) => sum + data.rate.perSecond, 0);
  }

  private flush(): void {
    for (const feed of this.changed) feed.flush();
    this.changed.clear();
    for (const [shard, at] of this.shards) {
      const { latest } = at.source;
      if (latest === null || latest.number === at.told) continue;
      at.told = latest.number;
      const { number, position, logTime } = latest;
      this.tell({ type: "checkpoint", shard, number, position, log_time_us: logTime });
    }
  }

  private tellStats(): void {
    if (this.readers.size === 0) return;
    const shards = [...this.shards].map(([shard, { source, data }]) => ({
      shard,
      ...shardNumbers(source, data),
    }));
    this.tell({ type: "stats", time_us: this.wallMs() * 1000, shards });
  }

  private tell(message: object): void {
    const text = JSON.stringify(message);
    for (const reader of this.readers) reader.send(text);
  }
}

/** What status and stats say alike of a shard. */
export function shardNumbers(source: ShardSource, data: ShardData) {
  const { engine } = source;
  return {
    position: engine.position,
    matched_position: data.matchedUpTo(engine.position),
    orders_per_s: data.rate.perSecond,
    commands: data.rate.total,
    trades: data.trades,
    open_orders: engine.state.openOrders,
  };
}
