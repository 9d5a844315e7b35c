/** Market orders with a budget: so much of the quote asset may be traded, and no more. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("a budget to buy with", () => {
  test("buys as many lots as it covers, from the best price on", () => {
    plays(`
      ana sells  5 at 100                     -> rests #1
      ana sells 10 at 110                     -> rests #2
      bo  buys 100 at 0 market budget 1060    -> trades 5 with #1 at 100, trades 5 with #2 at 110,
                                                 #3 loses 90 (budget)
      numbers                                 -> accepted 1060 0, fill 1 0, fill 1 0, fill 2 0,
                                                 fill 2 0, canceled 10 0
      bo's funds                              -> USD 998950 free, BTC 1000010 free
      book                                    -> bids - asks 5@110
    `);
  });

  test("ends with the quantity, and what is left of the budget comes back", () => {
    plays(`
      ana sells 5 at 100                    -> rests #1
      bo  buys  3 at 0 market budget 1000   -> trades 3 with #1 at 100, is filled
      bo's funds                            -> USD 999700 free, BTC 1000003 free
    `);
  });

  test("ends with the book", () => {
    plays(`
      ana sells 5 at 100                    -> rests #1
      bo  buys  9 at 0 market budget 1000   -> trades 5 with #1 at 100, #2 loses 4 (immediate)
      bo  buys  9 at 0 market budget 1000   -> #3 loses 9 (immediate)
      bo's funds                            -> USD 999500 free, BTC 1000005 free
    `);
  });

  test("pays its fees too: rounded down, for the most lots that fit", () => {
    plays(
      `
      ana sells 50 at 100                   -> rests #1
      bo  buys  20 at 0 market budget 1000  -> trades 9 with #1 at 100, trades 1 with #1 at 100,
                                               #2 loses 10 (budget)
      bo  buys  20 at 0 market budget 1001  -> trades 10 with #1 at 100 (fees 0 and 1),
                                               #3 loses 10 (budget)
    `,
      // 10 lots at once are 1,000 and 0.1 % of it; 9 are 900 and 0.9, rounded down, and what is
      // left covers one more, whose 0.1 is rounded down as well.
      { market: { takerFeePpm: 1000 } },
    );
  });

  test("buys whole quantity steps", () => {
    plays(
      `
      ana sells 52 at 100                  -> rests #1
      bo  buys  20 at 0 market budget 999  -> trades 8 with #1 at 100, #2 loses 12 (budget)
    `,
      { market: { quantityStep: 4, quantityMin: 4 } },
    );
  });

  test("too small for one lot buys nothing", () => {
    plays(`
      ana sells 5 at 100                   -> rests #1
      bo  buys  5 at 0 market budget 99    -> #2 loses 5 (budget)
      bo's funds                           -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("must be there, whole", () => {
    plays(
      `
      ana sells 5 at 100                   -> rests #1
      bo  buys  1 at 0 market budget 601   -> refused insufficient_funds 601 600
      bo  buys  6 at 0 market budget 600   -> trades 5 with #1 at 100, #2 loses 1 (immediate)
    `,
      { funds: 600 },
    );
  });

  test("may go with a protection price, which is checked; without one nothing is to check", () => {
    plays(
      `
      ana sells 2 at 110                     -> rests #1
      ana sells 2 at 120                     -> rests #2
      bo  buys  6 at 115 market budget 1000  -> trades 2 with #1 at 110, #3 loses 4 (immediate)
      bo  buys  6 at 112 market budget 1000  -> refused tick 112 5
      bo  buys  6 at 205 market budget 1000  -> refused price_band 205 201
      bo  buys  1 at 0 market budget 1000    -> trades 1 with #2 at 120, is filled
    `,
      // The highest price is no multiple of the step, and an order without a price gets it.
      { market: { priceStep: 5, priceMin: 101, priceMax: 201 } },
    );
  });

  test("its lots times lot units must fit, its price times lots need not", () => {
    plays(
      `
      ana sells 1 at 4294967295                           -> rests #1
      bo  buys 4294967295 at 0 market budget 4294967294   -> #2 loses 4294967295 (budget)
      bo  buys 4294967295 at 0 market budget 4294967295   -> trades 1 with #1 at 4294967295,
                                                             #3 loses 4294967294 (immediate)
      bo  buys 4294967295 at 4294967295 market
                                        -> refused amount_overflow 4294967295 4294967295
    `,
      { market: { priceMax: 4294967295, quantityMax: 4294967295 }, funds: 2 ** 40 },
    );
    plays(
      `
      bo buys 4294967295 at 0 market budget 5  -> refused amount_overflow 100000 4294967295
    `,
      { market: { lotUnits: 4194304, quantityMax: 4294967295 } },
    );
  });

  test("leaves an own maker to self-trade prevention first", () => {
    plays(`
      bo  sells 2 at 100                                 -> rests #1
      ana sells 2 at 101                                 -> rests #2
      bo  buys  5 at 0 market budget 50 stp maker        -> #1 loses 2 (self_trade),
                                                            #3 loses 5 (budget)
      bo  sells 2 at 100                                 -> rests #4
      bo  buys  5 at 0 market budget 250 stp decrement   -> #4 loses 2 (self_trade),
                                                            #5 loses 2 (self_trade), keeps 3,
                                                            trades 2 with #2 at 101,
                                                            #5 loses 1 (immediate)
      numbers                                            -> accepted 250 0, canceled 2 0,
                                                            reduced 0 0, fill 1 0, fill 1 0,
                                                            canceled 48 0
      bo's funds                                         -> USD 999798 free, BTC 1000002 free
    `);
  });

  test("reaches stops like any other order", () => {
    plays(`
      ana sells 5 at 100                   -> rests #1
      cy  buys  1 at 110 stop 100          -> #2 waits
      bo  buys  9 at 0 market budget 300   -> trades 3 with #1 at 100, #3 loses 6 (budget),
                                              #2 is reached by 100, trades 1 with #1 at 100,
                                              #2 is filled
    `);
  });
});

describe("a budget to sell for", () => {
  test("is what the buyers pay, fees aside; the sell holds its lots", () => {
    plays(
      `
      ana buys   5 at 100                    -> rests #1
      ana buys  10 at  90                    -> rests #2
      bo  sells 100 at 0 market budget 1050  -> trades 5 with #1 at 100 (fees 5 and 10),
                                                trades 6 with #2 at 90 (fees 5 and 10),
                                                #3 loses 89 (budget)
      numbers                                -> accepted 100 0, fill 1 5, fill 1 10, fill 2 5,
                                                fill 2 10, canceled 89 0
      bo's funds                             -> USD 1001020 free, BTC 999989 free
    `,
      { market: { makerFeePpm: 10_000, takerFeePpm: 20_000 } },
    );
  });

  test("needs the lots", () => {
    plays(
      `
      bo  sells 601 at 0 market budget 5     -> refused insufficient_funds 601 600
    `,
      { funds: 600 },
    );
  });
});
