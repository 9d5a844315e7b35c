/** Stop and stop-limit orders: they wait until the market trades at their price, then they go. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("a stop that waits", () => {
  test("is not in the book, holds what it may need, and goes when a trade reaches it", () => {
    plays(`
      ana sells 5 at 100            -> rests #1
      ana sells 5 at 101            -> rests #2
      cy  buys  3 at 110 stop 101   -> #3 waits
      numbers                       -> accepted 330 101
      cy's funds                    -> USD 999670 free 330 held, BTC 1000000 free
      book                          -> bids - asks 5@100 5@101
      bo  buys  5 at 100            -> trades 5 with #1 at 100, is filled
      bo  buys  2 at 101            -> trades 2 with #2 at 101, is filled,
                                       #3 is reached by 101, trades 3 with #2 at 101, #3 is filled
      numbers                       -> accepted 202 0, fill 2 0, fill 2 0, triggered 101 101,
                                       fill 3 0, fill 3 0
      cy's funds                    -> USD 999697 free, BTC 1000003 free
    `);
  });

  test("sells, likewise, at or below its stop price", () => {
    plays(`
      ana buys  5 at 100            -> rests #1
      ana buys  5 at  99            -> rests #2
      cy  sells 3 at  90 stop 99    -> #3 waits
      cy's funds                    -> USD 1000000 free, BTC 999997 free 3 held
      bo  sells 5 at 100            -> trades 5 with #1 at 100, is filled
      bo  sells 2 at  99            -> trades 2 with #2 at 99, is filled,
                                       #3 is reached by 99, trades 3 with #2 at 99, #3 is filled
    `);
  });

  test("trades up to its limit, and its rest is canceled; of a stop-limit the rest rests", () => {
    plays(`
      ana sells 1 at 100                 -> rests #1
      ana sells 1 at 101                 -> rests #2
      ana sells 1 at 103                 -> rests #3
      cy  buys  9 at 102 stop 100        -> #4 waits
      cy  buys  9 at 102 stop-limit 100  -> #5 waits
      bo  buys  1 at 100                 -> trades 1 with #1 at 100, is filled,
                                            #4 is reached by 100, trades 1 with #2 at 101,
                                            #4 loses 8 (immediate),
                                            #5 is reached by 101, rests #5
      book                               -> bids 9@102 asks 1@103
      cy's funds                         -> USD 998981 free 918 held, BTC 1000001 free
    `);
  });

  test("may find nothing when it is reached", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      cy  buys  9 at 102 stop 100   -> #2 waits
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                       #2 is reached by 100, #2 loses 9 (immediate)
    `);
  });

  test("is not reached by orders that only rest, nor by another market", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      cy  buys  1 at 110 stop 100   -> #2 waits
      bo  buys  1 at  99            -> rests #3
      ana sells 1 at 100 in m2      -> rests #4
      bo  buys  1 at 100 in m2      -> trades 1 with #4 at 100, is filled
      bo  buys  1 at 105 post-only  -> refused post_only_crosses 105 100
      bo  buys  2 at 100 fok        -> refused fok_unfilled 2 1
      cy cancels #2                 -> #2 loses 1 (requested)
    `);
  });

  test("of a stop-limit the rest goes behind who rested before it was reached", () => {
    plays(`
      ana sells 1 at 100                -> rests #1
      cy  buys  2 at 99 stop-limit 100  -> #2 waits
      dee buys  1 at 99                 -> rests #3
      bo  buys  1 at 100                -> trades 1 with #1 at 100, is filled,
                                           #2 is reached by 100, rests #2
      ana sells 2 at 99                 -> trades 1 with #3 at 99, trades 1 with #2 at 99, is filled
    `);
  });

  test("pays the taker's fee, and holds for the dearer one", () => {
    plays(
      `
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 101            -> rests #2
      cy  buys  1 at 101 stop 100   -> #3 waits
      numbers                       -> accepted 103 100
      bo  buys  1 at 100            -> trades 1 with #1 at 100 (fees 1 and 2), is filled,
                                       #3 is reached by 100,
                                       trades 1 with #2 at 101 (fees 1 and 2), #3 is filled
      cy's funds                    -> USD 999897 free, BTC 1000001 free
    `,
      { market: { makerFeePpm: 10_000, takerFeePpm: 20_000 } },
    );
  });

  test("keeps its own self-trade prevention", () => {
    plays(`
      ana sells 1 at 100                      -> rests #1
      cy  sells 1 at 101                      -> rests #2
      cy  buys  3 at 110 stop 100 stp taker   -> #3 waits
      bo  buys  1 at 100                      -> trades 1 with #1 at 100, is filled,
                                                 #3 is reached by 100, #3 loses 3 (self_trade)
      book                                    -> bids - asks 1@101
    `);
  });
});

describe("a stop that is reached already", () => {
  test("goes at once: the last trade decides, not the book", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled
      ana sells 3 at 105            -> rests #3
      cy  buys  1 at 110 stop 101   -> #4 waits
      cy  buys  1 at 110 stop 100   -> #5 is reached by 100, trades 1 with #3 at 105,
                                       #5 is filled,
                                       #4 is reached by 105, trades 1 with #3 at 105, #4 is filled
      cy  sells 1 at  90 stop 105   -> #6 is reached by 105, #6 loses 1 (immediate)
      cy  sells 1 at  90 stop 104   -> #7 waits
      cy  buys  2 at 104 stop-limit 105  -> #8 is reached by 105, rests #8
      book                          -> bids 2@104 asks 1@105
    `);
  });

  test("without a trade yet none is", () => {
    plays(`
      ana sells 1 at 100                 -> rests #1
      cy  buys  1 at 110 stop 1          -> #2 waits
      cy  sells 1 at  90 stop 100000     -> #3 waits
    `);
  });

  test("each market has its own last trade", () => {
    plays(`
      ana sells 1 at 100                 -> rests #1
      bo  buys  1 at 100                 -> trades 1 with #1 at 100, is filled
      cy  buys  1 at 110 stop 100 in m2  -> #3 waits
    `);
  });
});

describe("what can be done with a stop that waits", () => {
  test("cancel, by its id, and what it held comes back", () => {
    plays(`
      ana buys 5 at 110 stop 100 id 7   -> #1 waits
      ana cancels id 7                  -> #1 loses 5 (requested)
      numbers                           -> canceled 550 0
      ana's funds                       -> USD 1000000 free, BTC 1000000 free
      ana cancels id 7                  -> refused unknown_order
      ana buys 5 at 110 stop 100 id 7   -> #2 waits
      bo  cancels id 7                  -> refused unknown_order
      ana cancels id 7 in m2            -> refused unknown_order
    `);
  });

  test("reduce: its place stays", () => {
    plays(`
      ana buys  5 at 110 stop 100       -> #1 waits
      bo  buys  1 at 110 stop 100       -> #2 waits
      ana reduces #1 by 2               -> #1 loses 2, keeps 3
      numbers                           -> reduced 220 0
      ana reduces #1 by 3               -> refused reduce_quantity 3 3
      cy  sells 1 at 100                -> rests #3
      dee buys  1 at 100                -> trades 1 with #3 at 100, is filled,
                                           #1 is reached by 100, #1 loses 3 (immediate),
                                           #2 is reached by 100, #2 loses 1 (immediate)
    `);
  });

  test("replace: new price and quantity, the same stop price, the tail, and no trade", () => {
    plays(`
      ana buys  5 at 110 stop 100       -> #1 waits
      bo  buys  1 at 110 stop 100       -> #2 waits
      cy  sells 1 at 105                -> rests #3
      ana replaces #1 with 4 at 120     -> #1 becomes 4 at 120, #1 waits
      numbers                           -> replaced 480 0
      ana's funds                       -> USD 999520 free 480 held, BTC 1000000 free
      cy  sells 1 at 100                -> rests #4
      dee buys  1 at 100                -> trades 1 with #4 at 100, is filled,
                                           #2 is reached by 100, trades 1 with #3 at 105,
                                           #2 is filled,
                                           #1 is reached by 105, #1 loses 4 (immediate)
    `);
  });

  test("replace is checked like any other", () => {
    plays(
      `
      ana buys 5 at 110 stop 100         -> #1 waits
      ana replaces #1 with 5 at 205      -> refused price_band 205 200
      ana replaces #1 with 5 at 111      -> refused tick 111 5
      ana replaces #1 with 20000 at 110  -> refused insufficient_funds 2200000 1000000
      ana replaces #1 with 5 at 200      -> #1 becomes 5 at 200, #1 waits
    `,
      { market: { priceMin: 100, priceMax: 200, priceStep: 5 } },
    );
  });

  test("mass cancel: with the other orders, the oldest first, by side and market", () => {
    plays(`
      ana buys  1 at 100                 -> rests #1
      ana sells 2 at  90 stop 95         -> #2 waits
      ana buys  3 at 110 stop 105        -> #3 waits
      ana buys  4 at 110 stop 105 in m2  -> #4 waits
      ana sells 5 at 200                 -> rests #5
      ana cancels all sells in m1        -> #2 loses 2 (mass), #5 loses 5 (mass), 2 canceled
      ana cancels all                    -> #1 loses 1 (mass), #3 loses 3 (mass),
                                            #4 loses 4 (mass), 3 canceled
      ana's funds                        -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("it expires, still waiting", () => {
    plays(`
      ana buys  5 at 110 stop 100 till 1050        -> #1 waits
      ana sells 5 at  90 stop-limit 95 day         -> #2 waits
      time 1051                                    -> now
      tick                                         -> due: #1 loses 5 (expired)
      time 86400000000                             -> now
      tick                                         -> due: #2 loses 5 (expired)
      ana's funds                                  -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("its good till goes with it when it rests", () => {
    plays(`
      ana sells 1 at 100                           -> rests #1
      cy  buys  2 at 99 stop-limit 100 till 1050   -> #2 waits
      bo  buys  1 at 100                           -> trades 1 with #1 at 100, is filled,
                                                      #2 is reached by 100, rests #2
      time 1051                                    -> now
      tick                                         -> due: #2 loses 2 (expired)
    `);
  });
});

describe("a stop is counted and checked", () => {
  test("among the account's open orders, the shard's, and the ids", () => {
    plays(
      `
      ana buys 1 at 110 stop 100 id 7  -> #1 waits
      ana buys 1 at 110 stop 100 id 7  -> refused duplicate_order_id
      ana buys 1 at 110 in m2 id 7     -> refused duplicate_order_id
      ana buys 1 at 110 stop 100       -> #2 waits
      ana buys 1 at 110 stop 100       -> refused open_orders_max 2 2
      ana buys 1 at 110                -> refused open_orders_max 2 2
      bo  buys 1 at 110                -> rests #3
      bo  buys 1 at 110 stop 100       -> refused orders_full 3 3
    `,
      { market: { openOrdersMax: 2 }, limits: { ordersMax: 3 } },
    );
  });

  test("both prices by step and band, the limit first", () => {
    plays(
      `
      ana buys 4 at 112 stop 113   -> refused tick 112 5
      ana buys 4 at 110 stop 113   -> refused tick 113 5
      ana buys 3 at 110 stop 95    -> refused lot 3 2
      ana buys 4 at 205 stop 95    -> refused price_band 205 200
      ana buys 4 at 110 stop 95    -> refused price_band 95 100
      ana buys 4 at 110 stop 205   -> refused price_band 205 200
      ana buys 4 at 110 stop 200   -> #1 waits
    `,
      { market: { priceStep: 5, quantityStep: 2, priceMin: 100, priceMax: 200 } },
    );
  });

  test("and needs an open market and its funds", () => {
    plays(
      `
      ana buys 6 at 110 stop 100     -> refused insufficient_funds 660 600
      ana sells 601 at 110 stop 100  -> refused insufficient_funds 601 600
      operator sets m1 post_only     -> market 1: open to post_only
      ana buys 5 at 110 stop 100     -> refused market_state 2 1
    `,
      { funds: 600 },
    );
  });
});
