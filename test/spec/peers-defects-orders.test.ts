/**
 * Defects that users of other engines published, first part: order types, priority, self-trades.
 * Each test is named after engine and issue, and pins the right answer here. The list they come
 * from, with the sources, is the project's survey of its peers.
 */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("peers' defects: immediate orders", () => {
  test("liquibook 43: what is left of an immediate order does not rest", () => {
    plays(`
      ana sells 3 at 100       -> rests #1
      bo  buys  5 at 101 ioc   -> trades 3 with #1 at 100, #2 loses 2 (immediate)
      book                     -> bids - asks -
    `);
  });

  test("nodejs-order-book: fill-or-kill rests nothing when own orders are in its way", () => {
    plays(`
      bo  sells 5 at 100                 -> rests #1
      ana sells 5 at 100                 -> rests #2
      bo  buys 10 at 100 fok stp maker   -> refused fok_unfilled 10 5
      book                               -> bids - asks 10@100
      bo  buys  5 at 100 fok stp maker   -> #1 loses 5 (self_trade), trades 5 with #2 at 100,
                                            is filled
      book                               -> bids - asks -
    `);
  });

  test("exchange-core 104, 87: fill-or-kill is there, with a limit and as a market order", () => {
    plays(`
      ana sells 5 at 100            -> rests #1
      bo  buys  6 at 100 fok        -> refused fok_unfilled 6 5
      bo  buys  2 at 100 fok        -> trades 2 with #1 at 100, is filled
      bo  buys  4 at 100 market fok -> refused fok_unfilled 4 3
      bo  buys  3 at 100 market fok -> trades 3 with #1 at 100, is filled
    `);
  });

  test("exchange-core 76, 87, 145, OrderBook-rs 85: market orders by amount", () => {
    plays(`
      ana sells 5 at 100                   -> rests #1
      ana sells 5 at 200                   -> rests #2
      bo  buys 10 at 0 market budget 900   -> trades 5 with #1 at 100, trades 2 with #2 at 200,
                                              #3 loses 3 (budget)
      bo's funds                           -> USD 999100 free, BTC 1000007 free
    `);
  });

  test("CppTrader 28: a fill-or-kill order pays each maker's price", () => {
    plays(`
      ana sells 2 at 100       -> rests #1
      ana sells 3 at 110       -> rests #2
      bo  buys  5 at 120 fok   -> trades 2 with #1 at 100, trades 3 with #2 at 110, is filled
      bo's funds               -> USD 999470 free, BTC 1000005 free
    `);
  });
});

describe("peers' defects: priority", () => {
  test("nodejs-order-book, liquibook: an order that gets smaller keeps its place", () => {
    plays(`
      ana sells 5 at 100     -> rests #1
      bo  sells 5 at 100     -> rests #2
      ana reduces #1 by 3    -> #1 loses 3, keeps 2
      cy  buys  3 at 100     -> trades 2 with #1 at 100, trades 1 with #2 at 100, is filled
    `);
  });

  test("OrderBook-rs 205: one that grows loses it, and a restart does not give it back", () => {
    plays(`
      ana sells 5 at 100             -> rests #1
      bo  sells 5 at 100             -> rests #2
      ana replaces #1 with 6 at 100  -> #1 becomes 6 at 100, rests #1
      restart                        -> now
      cy  buys  6 at 100             -> trades 5 with #2 at 100, trades 1 with #1 at 100, is filled
    `);
  });

  test("OrderBook-rs 88, StockSharp 681, CppTrader 42, liquibook 18: the queue's order", () => {
    plays(`
      ana buys  1 at 100     -> rests #1
      bo  buys  1 at 101     -> rests #2
      cy  buys  1 at 101     -> rests #3
      ana buys  1 at 101     -> rests #4
      bo  cancels #2         -> #2 loses 1 (requested)
      bo  buys  1 at 101     -> rests #5
      dee sells 4 at 100     -> trades 1 with #3 at 101, trades 1 with #4 at 101,
                                trades 1 with #5 at 101, trades 1 with #1 at 100, is filled
    `);
  });

  test("liquibook 32: a partly filled order stays the first of its level", () => {
    plays(`
      ana sells 5 at 100     -> rests #1
      bo  sells 5 at 100     -> rests #2
      cy  buys  1 at 100     -> trades 1 with #1 at 100, is filled
      cy  buys  1 at 100     -> trades 1 with #1 at 100, is filled
      cy  buys  4 at 100     -> trades 3 with #1 at 100, trades 1 with #2 at 100, is filled
    `);
  });

  test("melin: a replace that crosses trades, it is not refused", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      bo  buys  3 at  90             -> rests #2
      bo  replaces #2 with 3 at 100  -> #2 becomes 3 at 100, trades 3 with #1 at 100, is filled
    `);
  });

  test("nodejs-order-book: a replace keeps self-trade prevention, good till and post-only", () => {
    plays(`
      ana sells 3 at 100                      -> rests #1
      ana buys  2 at 90 till 1050 stp taker   -> rests #2
      bo  buys  2 at 91 till 1050 post-only   -> rests #3
      ana replaces #2 with 2 at 89            -> #2 becomes 2 at 89, rests #2
      bo  replaces #3 with 2 at 100           -> refused post_only_crosses 100 100
      ana replaces #2 with 2 at 100           -> #2 becomes 2 at 100, #2 loses 2 (self_trade)
      bo  replaces #3 with 2 at 92            -> #3 becomes 2 at 92, rests #3
      time 1051                               -> now
      tick                                    -> due: #3 loses 2 (expired)
    `);
  });

  test("exchange-core: a replace asks for funds again when it needs more", () => {
    plays(
      `
      ana buys 5 at 100              -> rests #1
      ana replaces #1 with 5 at 121  -> refused insufficient_funds 605 600
      ana replaces #1 with 5 at 120  -> #1 becomes 5 at 120, rests #1
    `,
      { funds: 600 },
    );
  });
});

describe("peers' defects: numbers", () => {
  test("nodejs-order-book: 0.1 and 0.2 taken off 0.3 leave nothing, no level of 5.55e-17", () => {
    plays(
      `
      ana sells 3 at 100   -> rests #1
      bo  buys  1 at 100   -> trades 1 with #1 at 100, is filled
      bo  buys  2 at 100   -> trades 2 with #1 at 100, is filled
      book                 -> bids - asks -
      bo's funds           -> USD 999700 free, BTC 1300000 free
    `,
      { market: { lotUnits: 100_000 } },
    );
  });

  test("Gajesh/clob 15: products that do not fit are refused, nothing is lost or thrown", () => {
    plays(
      `
      ana buys  4294967295 at 4294967295 -> refused amount_overflow 4294967295 4294967295
      ana sells 4294967295 at 4294967295 -> refused amount_overflow 4294967295 4294967295
      ana buys  1 at 4294967295          -> rests #1
    `,
      { market: { priceMax: 4294967295, quantityMax: 4294967295 }, funds: 2 ** 40 },
    );
  });

  test("Gajesh/clob 12: there is no quantity that gives funds back", () => {
    plays(
      `
      ana buys  4294967295 at 100000   -> refused insufficient_funds 429496729500000 600
      ana sells 4294967295 at 100000   -> refused insufficient_funds 4294967295 600
      ana's funds                      -> USD 600 free, BTC 600 free
    `,
      { market: { quantityMax: 4294967295 }, funds: 600 },
    );
  });
});

describe("peers' defects: self-trades", () => {
  test("nodejs-order-book: what was filled before its own maker is said, and stays filled", () => {
    plays(`
      ana sells 5 at 100            -> rests #1
      bo  sells 5 at 101            -> rests #2
      bo  buys  8 at 101 stp taker  -> trades 5 with #1 at 100, #3 loses 3 (self_trade)
      restart                       -> now
      book                          -> bids - asks 5@101
      bo's funds                    -> USD 999500 free, BTC 1000000 free 5 held
    `);
  });

  test("nodejs-order-book 149, 226, 537, origin 604, openbook-v2 71: all four are there", () => {
    plays(`
      ana sells 1 at 100                   -> rests #1
      ana buys  2 at 100 ioc stp taker     -> #2 loses 2 (self_trade)
      ana buys  2 at 100 ioc stp maker     -> #1 loses 1 (self_trade), #3 loses 2 (immediate)
      ana sells 1 at 100                   -> rests #4
      ana buys  2 at 100 ioc stp both      -> #4 loses 1 (self_trade), #5 loses 2 (self_trade)
      ana sells 1 at 100                   -> rests #6
      ana buys  2 at 100 ioc stp decrement -> #6 loses 1 (self_trade),
                                              #7 loses 1 (self_trade), keeps 1,
                                              #7 loses 1 (immediate)
    `);
  });

  test("Gajesh/clob 13: price improvement and self-trades leave nothing held", () => {
    plays(`
      ana sells 5 at 100            -> rests #1
      bo  buys  5 at 120            -> trades 5 with #1 at 100, is filled
      bo's funds                    -> USD 999500 free, BTC 1000005 free
      ana sells 5 at 100            -> rests #3
      ana buys  5 at 120 stp taker  -> #4 loses 5 (self_trade)
      ana buys  5 at 120 stp maker  -> #3 loses 5 (self_trade), rests #5
      ana cancels #5                -> #5 loses 5 (requested)
      ana's funds                   -> USD 1000500 free, BTC 999995 free
    `);
  });

  test("Gajesh/clob 19: who arrives to sell is paid, too", () => {
    plays(`
      ana buys  5 at 100   -> rests #1
      bo  sells 5 at  90   -> trades 5 with #1 at 100, is filled
      ana's funds          -> USD 999500 free, BTC 1000005 free
      bo's funds           -> USD 1000500 free, BTC 999995 free
    `);
  });

  test("Gajesh/clob 18, 14: each market has its own book and its own assets", () => {
    plays(`
      operator opens asset 3                   -> asset 3 is open
      operator opens market 3 of 2 and 3       -> 1 markets from 3 are open
      ana sells 5 at 100                       -> rests #1
      bo  buys  5 at 100 in m2                 -> rests #2
      bo  buys  5 at 100 in m3                 -> refused insufficient_funds 500 0
      book                                     -> bids - asks 5@100
      book m2                                  -> bids 5@100 asks -
    `);
  });
});
