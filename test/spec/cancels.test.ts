/** Cancel and mass cancel. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("cancel", () => {
  test("takes the order off and frees its funds", () => {
    plays(`
      ana buys  5 at 100  -> rests #1
      ana's funds         -> USD 999500 free 500 held, BTC 1000000 free
      ana cancels #1      -> #1 loses 5 (requested)
      ana's funds         -> USD 1000000 free, BTC 1000000 free
      ana cancels #1      -> refused unknown_order
    `);
  });

  test("finds only open orders of the account in that market", () => {
    plays(`
      ana buys  5 at 100   -> rests #1
      bo  cancels #1       -> refused unknown_order
      ana cancels #1 in m2 -> refused unknown_order
      ana cancels #1 in m3 -> refused unknown_market 3 0
      ana cancels id 12    -> refused unknown_order
      bo  sells 5 at 100   -> trades 5 with #1 at 100, is filled
      ana cancels #1       -> refused unknown_order
    `);
  });

  test("the last order of a level takes the level with it", () => {
    plays(`
      ana buys  5 at 100  -> rests #1
      ana buys  5 at 101  -> rests #2
      ana cancels #2      -> #2 loses 5 (requested)
      book                -> bids 5@100 asks -
      ana buys  1 at 101  -> rests #3
      book                -> bids 1@101 5@100 asks -
    `);
  });
});

describe("mass cancel", () => {
  test("takes all of the account's orders, the oldest first, and nobody else's", () => {
    plays(`
      ana buys  5 at 100        -> rests #1
      bo  buys  5 at 100        -> rests #2
      ana sells 5 at 200 in m2  -> rests #3
      ana sells 5 at 200        -> rests #4
      ana buys  5 at  90 in m2  -> rests #5
      ana cancels all           -> #1 loses 5 (mass), #3 loses 5 (mass), #4 loses 5 (mass),
                                   #5 loses 5 (mass), 4 canceled
      book                      -> bids 5@100 asks -
      ana's funds               -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("of one market, of one side, of both", () => {
    plays(`
      ana buys  1 at 100           -> rests #1
      ana buys  2 at 100 in m2     -> rests #2
      ana sells 3 at 200           -> rests #3
      ana sells 4 at 200 in m2     -> rests #4
      ana cancels all buys in m2   -> #2 loses 2 (mass), 1 canceled
      ana cancels all sells        -> #3 loses 3 (mass), #4 loses 4 (mass), 2 canceled
      ana cancels all in m1        -> #1 loses 1 (mass), 1 canceled
      ana cancels all              -> 0 canceled
      ana cancels all in m3        -> refused unknown_market 3 0
    `);
  });

  test("a replaced order counts by its new arrival", () => {
    plays(`
      ana buys 1 at 100              -> rests #1
      ana buys 2 at 100 in m2        -> rests #2
      ana replaces #1 with 1 at 100  -> #1 becomes 1 at 100, rests #1
      ana cancels all                -> #2 loses 2 (mass), #1 loses 1 (mass), 2 canceled
    `);
  });
});
