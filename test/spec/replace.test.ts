/**
 * Replace: the order leaves its place, and comes back as a taker with its new price and quantity.
 */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("replace", () => {
  test("goes to the tail, even at the same price with less", () => {
    plays(`
      ana sells 5 at 100              -> rests #1
      bo  sells 5 at 100              -> rests #2
      ana replaces #1 with 4 at 100   -> #1 becomes 4 at 100, rests #1
      cy  buys  6 at 100              -> trades 5 with #2 at 100, trades 1 with #1 at 100, is filled
    `);
  });

  test("may trade at once, and what is left rests at the new price", () => {
    plays(`
      ana sells 5 at 100              -> rests #1
      bo  buys  9 at  90              -> rests #2
      bo  replaces #2 with 8 at 101   -> #2 becomes 8 at 101, trades 5 with #1 at 100,
                                         rests #2 with 3
      book                            -> bids 3@101 asks -
      bo  replaces #2 with 1 at 90    -> #2 becomes 1 at 90, rests #2 with 1
      bo's funds                      -> USD 999410 free 90 held, BTC 1000005 free
    `);
  });

  test("is gone when it fills, and its id is free", () => {
    plays(`
      ana sells 5 at 100              -> rests #1
      bo  buys  9 at  90 id 7         -> rests #2
      bo  replaces #2 with 5 at 100   -> #2 becomes 5 at 100, trades 5 with #1 at 100, is filled
      bo  cancels #2                  -> refused unknown_order
      bo  buys  1 at  90 id 7         -> rests #3
    `);
  });

  test("the quantity is the new open quantity, fills before do not count", () => {
    plays(`
      ana sells 5 at 100              -> rests #1
      bo  buys  2 at 100              -> trades 2 with #1 at 100, is filled
      ana replaces #1 with 5 at 101   -> #1 becomes 5 at 101, rests #1 with 5
      book                            -> bids - asks 5@101
    `);
  });

  test("uses the funds that the order holds already", () => {
    plays(
      `
      ana buys 5 at 100               -> rests #1
      ana replaces #1 with 7 at 100   -> refused insufficient_funds 700 600
      ana replaces #1 with 6 at 100   -> #1 becomes 6 at 100, rests #1
      ana's funds                     -> USD 0 free 600 held, BTC 600 free
    `,
      { funds: 600 },
    );
  });

  test("is checked like a new order, and refused it stays as it was", () => {
    plays(
      `
      ana sells 6 at 102              -> rests #1
      ana replaces #1 with 6 at 103   -> refused tick 103 2
      ana replaces #1 with 7 at 104   -> refused lot 7 3
      ana replaces #1 with 3 at 104   -> refused quantity_min 3 6
      ana replaces #1 with 15 at 104  -> refused quantity_max 15 12
      ana replaces #1 with 6 at 98    -> refused price_band 98 100
      ana replaces #1 with 6 at 202   -> refused price_band 202 200
      ana replaces #1 in m3 with 6 at 102  -> refused unknown_market 3 0
      ana replaces #1 in m2 with 6 at 102  -> refused unknown_order
      ana replaces id 9 with 6 at 102  -> refused unknown_order
      book                            -> bids - asks 6@102
    `,
      {
        market: {
          priceStep: 2,
          quantityStep: 3,
          quantityMin: 6,
          quantityMax: 12,
          priceMin: 100,
          priceMax: 200,
        },
      },
    );
  });

  test("cumulative and new quantity together stay below 2^32", () => {
    plays(
      `
      ana sells 4294967295 at 1              -> rests #1
      bo  buys  2 at 1                       -> trades 2 with #1 at 1, is filled
      ana replaces #1 with 4294967294 at 1   -> refused amount_overflow 2 4294967294
      ana replaces #1 with 4294967293 at 1   -> #1 becomes 4294967293 at 1, rests #1 with 4294967293
    `,
      { market: { quantityMax: 4294967295 }, funds: 2 ** 40 },
    );
  });
});
