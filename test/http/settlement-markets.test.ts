/**
 * What settlement answers about markets, over a real engine: whole bodies, as
 * docs/HTTP.md states them.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { SIDE_SELL, STATE_HALTED } from "../../src/protocol/codes.ts";
import { encodeMarketOpen, encodeMarketState } from "../../src/protocol/commands.ts";
import { FedShard, FIRST_TIME, limit, marketRules } from "./fed-shard.ts";

/** Position of the record behind genesis and the opening of three traders, and its log time. */
const OPENED = 7;
const timeOf = (position: number): number => FIRST_TIME + (position - 1) * 10_000;

let shard: FedShard;
beforeEach(() => {
  shard = new FedShard();
});
afterEach(() => shard.close());

/** Asks of 0.2000 at 60001.00 and 1.0000 at 60002.00, then a bid of 0.5000 at 59999.00. */
function fillBook(): void {
  shard.trade(
    1,
    limit({ side: SIDE_SELL, price: 6_000_100, quantity: 2_000, clientOrderId: 5n }),
    limit({ side: SIDE_SELL, price: 6_000_200, quantity: 10_000, clientOrderId: 6n }),
  );
  shard.trade(2, limit({ price: 5_999_900, quantity: 5_000, clientOrderId: 42n }));
}

function buy(quantity: number, clientOrderId: bigint): void {
  shard.trade(2, limit({ price: 6_000_100, quantity, clientOrderId }));
}

const BTC_USD = {
  id: 1,
  symbol: "BTC-USD",
  shard: 1,
  state: "open",
  base: { id: 2, symbol: "BTC", decimals: 8 },
  quote: { id: 1, symbol: "USD", decimals: 6 },
  tick: "0.01",
  lot: "0.0001",
  tick_value: 1,
  lot_units: 10_000,
  price_min: "1000.00",
  price_max: "1000000.00",
  price_step: "0.01",
  quantity_min: "0.0001",
  quantity_max: "100.0000",
  quantity_step: "0.0001",
  maker_fee_ppm: 200,
  taker_fee_ppm: 500,
  open_orders_max: 4096,
  best_bid: null,
  best_ask: null,
  last_price: null,
  trades: 0,
};
const ETH_USD = { ...BTC_USD, id: 7, symbol: "ETH-USD", state: "post_only" };

describe("markets", () => {
  test("are listed by id, page by page", async () => {
    expect(await shard.get("/v1/markets")).toEqual({ markets: [BTC_USD, ETH_USD], next: null });
    expect(await shard.get("/v1/markets?limit=1")).toEqual({ markets: [BTC_USD], next: 1 });
    expect(await shard.get("/v1/markets?limit=1&after=1&shard=1")).toEqual({
      markets: [ETH_USD],
      next: null,
    });
    expect(await shard.get("/v1/markets?after=7")).toEqual({ markets: [], next: null });
  });

  test("one is found by symbol and by id, with its prices", async () => {
    fillBook();
    buy(500, 43n);
    const now = {
      ...BTC_USD,
      best_bid: "59999.00",
      best_ask: "60001.00",
      last_price: "60001.00",
      trades: 1,
    };
    expect(await shard.get("/v1/markets/BTC-USD")).toEqual(now);
    expect(await shard.get("/v1/markets/1")).toEqual(now);
    expect(await shard.get("/v1/markets/7")).toEqual(ETH_USD);
  });

  test("one that is opened later is there at once, and states are as they are now", async () => {
    const sol = marketRules({
      market: 3,
      symbol: "SOL-USD",
      lotUnits: 100_000_000,
      tickValue: 100,
    });
    shard.operate(encodeMarketOpen(sol), encodeMarketState(7, STATE_HALTED));
    expect(await shard.get("/v1/markets")).toMatchObject({
      markets: [
        { id: 1, state: "open" },
        { id: 3, symbol: "SOL-USD", tick: "0.0001", lot: "1", quantity_max: "1000000" },
        { id: 7, state: "halted" },
      ],
    });
  });

  test("a tick that is no decimal is null, and prices are whole ticks", async () => {
    const odd = marketRules({ market: 4, symbol: "ODD", lotUnits: 30_000 });
    shard.operate(encodeMarketOpen(odd));
    expect(await shard.get("/v1/markets/ODD")).toMatchObject({
      tick: null,
      lot: "0.0003",
      price_min: "100000",
      quantity_max: "300.0000",
    });
  });

  test.each([
    "/v1/markets/XRP-USD",
    "/v1/markets/2",
    "/v1/markets/01/book",
    "/v1/markets/8/trades",
  ])("%s is no market", async (path) => {
    expect(await shard.ask(path)).toEqual([
      404,
      "application/problem+json",
      {
        type: "urn:clob:reject:unknown_market",
        title: "no such market on this shard",
        status: 404,
        code: 300,
        name: "unknown_market",
        retry: false,
      },
    ]);
  });
});

describe("the book", () => {
  test("shows what is open, best first, as of a position, and its checksum", async () => {
    fillBook();
    const place = {
      market: "BTC-USD",
      id: 1,
      position: OPENED + 2,
      log_time_us: timeOf(OPENED + 2),
    };
    const bids = [["59999.00", "0.5000"]];
    const asks = [
      ["60001.00", "0.2000"],
      ["60002.00", "1.0000"],
    ];
    const checksum = Bun.hash.crc32("59999.00:0.5000|60001.00:0.2000,60002.00:1.0000");
    // The number that docs/HTTP.md prints for this very book.
    expect(checksum).toBe(2820844184);
    expect(await shard.get("/v1/markets/BTC-USD/book")).toEqual({ ...place, bids, asks, checksum });
    // The checksum is over the best ten, however few are asked for.
    expect(await shard.get("/v1/markets/1/book?depth=1")).toEqual({
      ...place,
      bids,
      asks: asks.slice(0, 1),
      checksum,
    });
  });

  test("of nobody's orders is empty", async () => {
    expect(await shard.get("/v1/markets/ETH-USD/book")).toMatchObject({
      bids: [],
      asks: [],
      checksum: Bun.hash.crc32("|"),
    });
  });
});

describe("trades", () => {
  test("are the newest first, and a page names the next", async () => {
    fillBook();
    for (let i = 1; i <= 3; i++) buy(100 * i, 100n + BigInt(i));
    shard.trade(1, limit({ side: SIDE_SELL, price: 5_999_900, quantity: 7, clientOrderId: 9n }));
    const row = (id: number, price: string, quantity: string, side: string) => ({
      id,
      price,
      quantity,
      taker_side: side,
      position: OPENED + 2 + id,
      log_time_us: timeOf(OPENED + 2 + id),
    });
    const all = [
      row(4, "59999.00", "0.0007", "sell"),
      row(3, "60001.00", "0.0300", "buy"),
      row(2, "60001.00", "0.0200", "buy"),
      row(1, "60001.00", "0.0100", "buy"),
    ];
    const path = "/v1/markets/BTC-USD/trades";
    const page = (trades: unknown[], next: number | null) => ({ market: "BTC-USD", trades, next });
    expect(await shard.get(path)).toEqual(page(all, null));
    expect(await shard.get(`${path}?limit=3`)).toEqual(page(all.slice(0, 3), 2));
    expect(await shard.get(`${path}?limit=3&before=2`)).toEqual(page(all.slice(3), null));
    expect(await shard.get(`${path}?before=1`)).toEqual(page([], null));
    expect(await shard.get("/v1/markets/7/trades")).toEqual({
      market: "ETH-USD",
      trades: [],
      next: null,
    });
  });

  test("only the newest are kept, over every size that the ring grows through", async () => {
    const small = new FedShard({ tradesKept: 40 });
    small.trade(1, limit({ side: SIDE_SELL, quantity: 1000, clientOrderId: 9n }));
    const quantity = (id: number): number => 1 + (id % 9);
    for (let id = 1; id <= 100; id++) {
      small.trade(2, limit({ quantity: quantity(id), clientOrderId: BigInt(id) }));
      const kept = small.marketData.shardData(1)!.ringOf(1)!.list(1000, 1000);
      const newest = Array.from({ length: Math.min(id, 40) }, (_, i) => id - i);
      expect(kept.map((trade) => [trade.id, trade.quantity])).toEqual(
        newest.map((one) => [one, quantity(one)]),
      );
    }
    small.close();
  });
});
