/**
 * Routes about markets: their rules and prices, the book, the trades.
 */
import type * as json from "../client/http-json.ts";
import * as codes from "../protocol/codes.ts";
import { knownMarketState } from "../protocol/report-json.ts";
import { assert } from "../base/assert.ts";
import { checksumOf, type Level, readLevels } from "./book-side.ts";
import {
  type Ask,
  pickShard,
  type ReadSide,
  Refused,
  type Route,
  rowLimit,
  type Shard,
  shardOf,
  unknown,
} from "./http-answer.ts";
import type { MarketTerms } from "./market-terms.ts";
import type { Trade } from "./trade-ring.ts";

const DEPTH_DEFAULT = 20;

export function marketRoutes(side: ReadSide): Route[] {
  const one =
    (answer: (found: Found, ask: Ask) => object) =>
    (ask: Ask): object => {
      const found = findMarket(side, ask.params["m"] ?? "");
      return found instanceof Refused ? found : answer(found, ask);
    };
  return [
    {
      path: "/v1/markets",
      query: ["shard", "after", "limit"],
      answer: (ask) => marketList(side, ask),
    },
    { path: "/v1/markets/:m", query: [], answer: one((found) => marketJson(found)) },
    {
      path: "/v1/markets/:m/book",
      query: ["depth"],
      answer: one((found, ask) => book(side, found, ask)),
    },
    {
      path: "/v1/markets/:m/trades",
      query: ["limit", "before"],
      answer: one((found, ask) => trades(side, found, ask)),
    },
  ];
}

interface Found {
  readonly terms: MarketTerms;
  readonly shard: Shard;
}

/** By symbol or id. */
function findMarket(side: ReadSide, name: string): Found | Refused {
  const terms = side.marketData.directory.find(name);
  if (terms === null) return unknown(codes.REJECT_UNKNOWN_MARKET);
  const shard = shardOf(side, terms.shard);
  return shard instanceof Refused ? shard : { terms, shard };
}

function marketList(side: ReadSide, { query }: Ask): json.MarketsJson | Refused {
  const limit = rowLimit(side, query);
  const after = query.integer("after", { min: 0, max: codes.U32_MAX, fallback: 0 });
  const only = query.text("shard") === null ? null : pickShard(side, query);
  if (only instanceof Refused) return only;
  const { directory } = side.marketData;
  const { markets, hasMore } = directory.list({ after, limit, shard: only?.id ?? null });
  const rows = markets.flatMap((terms) => {
    const shard = shardOf(side, terms.shard);
    return shard instanceof Refused ? [] : [marketJson({ terms, shard })];
  });
  return { markets: rows, next: hasMore ? (markets.at(-1)?.id ?? null) : null };
}

function marketJson({ terms, shard }: Found): json.MarketJson {
  const { views } = shard.data;
  const rules = views.market(terms.id);
  assert(rules !== null, "a market in the directory is one of its engine");
  const price = (ticks: number): string => terms.price(ticks);
  const quantity = (lots: number): string => terms.quantity(lots);
  return {
    id: terms.id,
    symbol: terms.symbol,
    shard: terms.shard,
    state: knownMarketState(rules.state),
    base: terms.base,
    quote: terms.quote,
    tick: terms.tickText,
    lot: terms.lotText,
    tick_value: terms.tickValue,
    lot_units: terms.lotUnits,
    price_min: price(rules.priceMin),
    price_max: price(rules.priceMax),
    price_step: price(rules.priceStep),
    quantity_min: quantity(rules.quantityMin),
    quantity_max: quantity(rules.quantityMax),
    quantity_step: quantity(rules.quantityStep),
    maker_fee_ppm: rules.makerFeePpm,
    taker_fee_ppm: rules.takerFeePpm,
    open_orders_max: rules.openOrdersMax,
    ...prices({ terms, shard }),
    trades: views.trades(terms.id),
  };
}

function prices({
  terms,
  shard,
}: Found): Pick<json.MarketJson, "best_bid" | "best_ask" | "last_price"> {
  const { views } = shard.data;
  const text = (ticks: number): string | null => (ticks === 0 ? null : terms.price(ticks));
  return {
    best_bid: text(views.best(terms.id, codes.SIDE_BUY)),
    best_ask: text(views.best(terms.id, codes.SIDE_SELL)),
    last_price: text(views.lastPrice(terms.id)),
  };
}

function book(side: ReadSide, { terms, shard }: Found, { query }: Ask): json.BookJson {
  const { engine } = shard.source;
  const bounds = { min: 1, max: side.rowsMax, fallback: Math.min(DEPTH_DEFAULT, side.rowsMax) };
  // The checksum is over ten levels, however few are shown.
  const depth = query.integer("depth", bounds);
  const read = (isAsk: boolean): Level[] =>
    readLevels(engine, terms, { isAsk, depth: Math.max(depth, 10) });
  const bids = read(false);
  const asks = read(true);
  const rows = (levels: readonly Level[]): json.LevelJson[] =>
    levels.slice(0, depth).map(({ priceText, lotsText }) => [priceText, lotsText]);
  return {
    market: terms.symbol,
    id: terms.id,
    position: engine.position,
    log_time_us: engine.logTime,
    bids: rows(bids),
    asks: rows(asks),
    checksum: checksumOf(bids, asks),
  };
}

function trades(side: ReadSide, { terms, shard }: Found, { query }: Ask): json.TradesJson {
  const limit = rowLimit(side, query);
  const newest = Number.MAX_SAFE_INTEGER;
  const before = query.integer("before", { min: 1, max: newest, fallback: newest });
  const ring = shard.data.ringOf(terms.id);
  const rows = ring === null ? [] : ring.list(before, limit);
  const last = rows.at(-1)?.id ?? 0;
  return {
    market: terms.symbol,
    trades: rows.map((trade) => tradeJson(terms, trade)),
    next: ring !== null && last > ring.oldestId ? last : null,
  };
}

function tradeJson(terms: MarketTerms, trade: Trade): json.TradeJson {
  return {
    id: trade.id,
    price: terms.price(trade.price),
    quantity: terms.quantity(trade.quantity),
    taker_side: trade.isTakerBuy ? "buy" : "sell",
    position: trade.position,
    log_time_us: trade.logTime,
  };
}
