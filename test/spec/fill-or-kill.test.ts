/** Fill or kill: all of it now, or nothing at all. Exact, self-trade prevention included. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("fill or kill", () => {
  test("is refused with what could have traded, and nothing changes", () => {
    plays(`
      ana sells 3 at 100      -> rests #1
      ana sells 3 at 101      -> rests #2
      ana sells 9 at 102      -> rests #3
      bo  buys  7 at 101 fok  -> refused fok_unfilled 7 6
      book                    -> bids - asks 3@100 3@101 9@102
      bo  buys  6 at 101 fok  -> trades 3 with #1 at 100, trades 3 with #2 at 101, is filled
    `);
  });

  test("finds nothing in an empty book", () => {
    plays(`
      bo buys 7 at 101 fok  -> refused fok_unfilled 7 0
    `);
  });

  test("does not count what self-trade prevention would cancel", () => {
    plays(`
      ana sells 3 at 100                -> rests #1
      bo  sells 3 at 100                -> rests #2
      bo  buys  6 at 100 fok stp maker  -> refused fok_unfilled 6 3
      bo  buys  3 at 100 fok stp maker  -> trades 3 with #1 at 100, is filled
      book                              -> bids - asks 3@100
    `);
  });

  test("passes over its own makers, which are then canceled", () => {
    plays(`
      bo  sells 2 at 100                -> rests #1
      ana sells 3 at 100                -> rests #2
      bo  buys  3 at 100 fok stp maker  -> #1 loses 2 (self_trade), trades 3 with #2 at 100,
                                           is filled
      book                              -> bids - asks -
    `);
  });

  test("ends at its own maker when that would cancel it", () => {
    plays(`
      ana sells 3 at 100                -> rests #1
      bo  sells 3 at 100                -> rests #2
      ana sells 3 at 100                -> rests #3
      bo  buys  6 at 100 fok stp taker  -> refused fok_unfilled 6 3
      bo  buys  6 at 100 fok stp both   -> refused fok_unfilled 6 3
      bo  buys  6 at 100 fok            -> trades 3 with #1 at 100, trades 3 with #2 at 100,
                                           is filled
    `);
  });
});
