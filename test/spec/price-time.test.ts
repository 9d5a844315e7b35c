/** Price, then time: who trades first, and at whose price. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("price-time priority", () => {
  test("the better price trades first, however late it arrived", () => {
    plays(`
      ana sells 5 at 101  -> rests #1
      bo  sells 5 at 100  -> rests #2
      cy  buys  7 at 101  -> trades 5 with #2 at 100, trades 2 with #1 at 101, is filled
      book                -> bids - asks 3@101
    `);
  });

  test("bids: the higher one is the better one", () => {
    plays(`
      ana buys  5 at  99  -> rests #1
      bo  buys  5 at 100  -> rests #2
      ana buys  5 at  98  -> rests #3
      book                -> bids 5@100 5@99 5@98 asks -
      cy  sells 7 at  98  -> trades 5 with #2 at 100, trades 2 with #1 at 99, is filled
      book                -> bids 3@99 5@98 asks -
    `);
  });

  test("at one price the older order trades first", () => {
    plays(`
      ana sells 5 at 100  -> rests #1
      bo  sells 5 at 100  -> rests #2
      ana sells 5 at 100  -> rests #3
      cy  buys 11 at 100  -> trades 5 with #1 at 100, trades 5 with #2 at 100,
                             trades 1 with #3 at 100, is filled
      cy  buys  9 at 100  -> trades 4 with #3 at 100, rests #5 with 5
      book                -> bids 5@100 asks -
    `);
  });

  test("an order that leaves the middle of the queue leaves the others in their order", () => {
    plays(`
      ana sells 1 at 100  -> rests #1
      bo  sells 2 at 100  -> rests #2
      ana sells 3 at 100  -> rests #3
      bo  cancels #2      -> #2 loses 2 (requested)
      cy  buys  4 at 100  -> trades 1 with #1 at 100, trades 3 with #3 at 100, is filled
    `);
  });

  test("the resting order sets the price, and the improvement goes to the newcomer", () => {
    plays(`
      ana buys  5 at 100  -> rests #1
      bo  sells 5 at  90  -> trades 5 with #1 at 100, is filled
      book                -> bids - asks -
      ana's funds         -> USD 999500 free, BTC 1000005 free
      bo's funds          -> USD 1000500 free, BTC 999995 free
    `);
  });

  test("equal prices cross, worse ones do not", () => {
    plays(`
      ana sells 5 at 100  -> rests #1
      bo  buys  5 at  99  -> rests #2
      bo  buys  5 at 100  -> trades 5 with #1 at 100, is filled
      book                -> bids 5@99 asks -
    `);
  });

  test("who comes after the youngest left goes behind the others", () => {
    plays(`
      ana sells 1 at 100     -> rests #1
      bo  sells 1 at 100     -> rests #2
      cy  sells 1 at 100     -> rests #3
      cy  cancels #3         -> #3 loses 1 (requested)
      bo  cancels #2         -> #2 loses 1 (requested)
      cy  sells 1 at 100     -> rests #4
      dee buys  2 at 100     -> trades 1 with #1 at 100, trades 1 with #4 at 100, is filled
    `);
  });

  test("each market counts its own trades", () => {
    plays(`
      ana sells 2 at 100         -> rests #1
      ana sells 2 at 100 in m2   -> rests #2
      bo  buys  1 at 100         -> trades 1 with #1 at 100, is filled
      bo  buys  1 at 100 in m2   -> trades 1 with #2 at 100, is filled
      numbers                    -> accepted 100 0, fill 1 0, fill 1 0
      bo  buys  1 at 100         -> trades 1 with #1 at 100, is filled
      numbers                    -> accepted 100 0, fill 2 0, fill 2 0
    `);
  });

  test("markets do not meet", () => {
    plays(`
      ana sells 5 at 100 in m2  -> rests #1
      bo  buys  5 at 100        -> rests #2
      book m1                   -> bids 5@100 asks -
      book m2                   -> bids - asks 5@100
    `);
  });

  test("prices may be as far apart as the band allows", () => {
    plays(`
      ana sells 1 at 100000     -> rests #1
      ana buys  1 at 1          -> rests #2
      ana sells 1 at 50000      -> rests #3
      book                      -> bids 1@1 asks 1@50000 1@100000
      bo  buys  2 at 100000     -> trades 1 with #3 at 50000, trades 1 with #1 at 100000, is filled
    `);
  });
});
