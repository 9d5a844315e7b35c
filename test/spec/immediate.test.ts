/** Orders that never rest: immediate or cancel, and market orders with their protection price. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("immediate or cancel", () => {
  test("trades what it can, and the rest is canceled", () => {
    plays(`
      ana sells 3 at 100      -> rests #1
      bo  buys  5 at 100 ioc  -> trades 3 with #1 at 100, #2 loses 2 (immediate)
      book                    -> bids - asks -
      bo's funds              -> USD 999700 free, BTC 1000003 free
    `);
  });

  test("loses all of it when nothing crosses", () => {
    plays(`
      ana sells 3 at 100      -> rests #1
      bo  buys  5 at  99 ioc  -> #2 loses 5 (immediate)
      bo's funds              -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("is not canceled when it is filled", () => {
    plays(`
      ana sells 5 at 100      -> rests #1
      bo  buys  5 at 100 ioc  -> trades 5 with #1 at 100, is filled
    `);
  });

  test("its client order id is free again at once", () => {
    plays(`
      ana buys 5 at 99 ioc id 7  -> #1 loses 5 (immediate)
      ana buys 5 at 99 id 7      -> rests #2
    `);
  });
});

describe("market orders", () => {
  test("trade up to the protection price and never rest", () => {
    plays(`
      ana sells 3 at 100         -> rests #1
      ana sells 3 at 105         -> rests #2
      ana sells 3 at 106         -> rests #3
      bo  buys  9 at 105 market  -> trades 3 with #1 at 100, trades 3 with #2 at 105,
                                    #4 loses 3 (immediate)
      book                       -> bids - asks 3@106
    `);
  });

  test("sell down to the protection price", () => {
    plays(`
      ana buys  3 at 100         -> rests #1
      ana buys  3 at 95          -> rests #2
      bo  sells 9 at 96 market   -> trades 3 with #1 at 100, #3 loses 6 (immediate)
      bo's funds                 -> USD 1000300 free, BTC 999997 free
    `);
  });

  test("may be all or nothing", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      bo  buys  4 at 100 market fok  -> refused fok_unfilled 4 3
      bo  buys  3 at 100 market fok  -> trades 3 with #1 at 100, is filled
    `);
  });
});
