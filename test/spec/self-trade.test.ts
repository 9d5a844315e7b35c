/** Self-trade prevention: the taker's choice decides what happens when an account meets itself. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("self-trade prevention", () => {
  test("none: an account may trade with itself", () => {
    plays(`
      ana sells 3 at 100  -> rests #1
      ana buys  3 at 100  -> trades 3 with #1 at 100, is filled
      ana's funds         -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("cancel taker: what is left of the newcomer is canceled at its own maker", () => {
    plays(`
      bo  sells 1 at 100            -> rests #1
      ana sells 3 at 100            -> rests #2
      bo  sells 1 at 101            -> rests #3
      ana buys  9 at 101 stp taker  -> trades 1 with #1 at 100, #4 loses 8 (self_trade)
      book                          -> bids - asks 3@100 1@101
    `);
  });

  test("cancel maker: own makers are canceled and the newcomer goes on", () => {
    plays(`
      ana sells 3 at 100            -> rests #1
      bo  sells 1 at 100            -> rests #2
      ana sells 3 at 101            -> rests #3
      ana buys  9 at 101 stp maker  -> #1 loses 3 (self_trade), trades 1 with #2 at 100,
                                       #3 loses 3 (self_trade), rests #4 with 8
      book                          -> bids 8@101 asks -
      ana's funds                   -> USD 999092 free 808 held, BTC 1000001 free
    `);
  });

  test("cancel both: the maker first, then the newcomer", () => {
    plays(`
      ana sells 3 at 100           -> rests #1
      bo  sells 1 at 100           -> rests #2
      ana buys  9 at 101 stp both  -> #1 loses 3 (self_trade), #3 loses 9 (self_trade)
      book                         -> bids - asks 1@100
      ana's funds                  -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("the maker's choice does not matter", () => {
    plays(`
      ana sells 3 at 100 stp both  -> rests #1
      ana buys  3 at 100           -> trades 3 with #1 at 100, is filled
    `);
  });

  test("an immediate order is canceled once", () => {
    plays(`
      ana sells 3 at 100                -> rests #1
      ana buys  9 at 101 ioc stp taker  -> #2 loses 9 (self_trade)
    `);
  });

  test("a replaced order keeps its own choice", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      ana buys  5 at  99 stp taker   -> rests #2
      ana replaces #2 with 5 at 100  -> #2 becomes 5 at 100, #2 loses 5 (self_trade)
      book                           -> bids - asks 3@100
    `);
  });

  test("two accounts are two, whatever their choice", () => {
    plays(`
      ana sells 3 at 100           -> rests #1
      bo  buys  3 at 100 stp both  -> trades 3 with #1 at 100, is filled
    `);
  });
});
