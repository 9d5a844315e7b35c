/** Post-only: it rests, or it is refused. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("post-only", () => {
  test("is refused when it would trade, even with itself", () => {
    plays(`
      ana sells 3 at 100            -> rests #1
      bo  buys  5 at 100 post-only  -> refused post_only_crosses 100 100
      bo  buys  5 at 105 post-only  -> refused post_only_crosses 105 100
      ana buys  5 at 100 post-only stp maker  -> refused post_only_crosses 100 100
      bo  buys  5 at  99 post-only  -> rests #2
      ana sells 1 at  99 post-only  -> refused post_only_crosses 99 99
      book                          -> bids 5@99 asks 3@100
    `);
  });

  test("stays so when it is replaced", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      bo  buys  5 at  98 post-only   -> rests #2
      bo  replaces #2 with 5 at 100  -> refused post_only_crosses 100 100
      bo  replaces #2 with 5 at 99   -> #2 becomes 5 at 99, rests #2
      book                           -> bids 5@99 asks 3@100
    `);
  });

  test("trades as a maker like any other", () => {
    plays(`
      ana sells 3 at 100 post-only  -> rests #1
      bo  buys  2 at 100            -> trades 2 with #1 at 100, is filled
    `);
  });
});
