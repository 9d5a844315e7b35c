/** What is left of an order after its trades, as maker and as taker. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("partial fills", () => {
  test("what is left of the maker keeps its place", () => {
    plays(`
      ana sells 9 at 100  -> rests #1
      bo  sells 1 at 100  -> rests #2
      cy  buys  4 at 100  -> trades 4 with #1 at 100, is filled
      cy  buys  6 at 100  -> trades 5 with #1 at 100, trades 1 with #2 at 100, is filled
    `);
  });

  test("what is left of the taker rests at its own limit", () => {
    plays(`
      ana sells 3 at 100  -> rests #1
      bo  buys  5 at 102  -> trades 3 with #1 at 100, rests #2 with 2
      book                -> bids 2@102 asks -
      ana sells 2 at 102  -> trades 2 with #2 at 102, is filled
      book                -> bids - asks -
    `);
  });

  test("a sweep goes through levels and ends at the limit", () => {
    plays(`
      ana sells 1 at 100  -> rests #1
      ana sells 1 at 101  -> rests #2
      ana sells 1 at 103  -> rests #3
      bo  buys  3 at 102  -> trades 1 with #1 at 100, trades 1 with #2 at 101, rests #4 with 1
      book                -> bids 1@102 asks 1@103
    `);
  });

  test("cumulative and leaves of a part-filled order survive a cancel of its rest", () => {
    plays(`
      ana sells 5 at 100  -> rests #1
      bo  buys  2 at 100  -> trades 2 with #1 at 100, is filled
      ana cancels #1      -> #1 loses 3 (requested)
      ana's funds         -> USD 1000200 free, BTC 999998 free
    `);
  });
});
