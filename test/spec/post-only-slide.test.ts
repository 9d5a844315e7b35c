/** Post-only that slides: instead of trading it rests one price step from the best other price. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("a sliding post-only order", () => {
  test("that would trade rests one step away, and holds for that price", () => {
    plays(`
      ana sells 3 at 100            -> rests #1
      bo  buys  5 at 105 sliding    -> slides to 99, rests #2
      numbers                       -> accepted 495 105
      bo's funds                    -> USD 999505 free 495 held, BTC 1000000 free
      bo  buys  5 at 100 sliding    -> slides to 99, rests #3
      cy  sells 1 at  50 sliding    -> slides to 100, rests #4
      numbers                       -> accepted 1 50
      book                          -> bids 10@99 asks 4@100
      ana sells 6 at  99            -> trades 5 with #2 at 99, trades 1 with #3 at 99, is filled
    `);
  });

  test("that would not trade stays where it is", () => {
    plays(`
      ana sells 3 at 100            -> rests #1
      bo  buys  5 at  99 sliding    -> rests #2
      numbers                       -> accepted 495 0
      bo  buys  5 at  90 sliding    -> rests #3
      cy  buys  5 at 200 sliding in m2  -> rests #4
    `);
  });

  test("goes by whole price steps", () => {
    plays(
      `
      ana sells 3 at 100            -> rests #1
      bo  buys  5 at 100 sliding    -> slides to 95, rests #2
      bo  buys  5 at 107 sliding    -> refused tick 107 5
    `,
      { market: { priceStep: 5 } },
    );
  });

  test("is refused when there is no room inside the band", () => {
    plays(
      `
      ana sells 3 at 100            -> rests #1
      bo  buys  5 at 105 sliding    -> refused post_only_crosses 105 100
      cy  buys  9 at 200 in m2      -> rests #2
      ana cancels #1                -> #1 loses 3 (requested)
      cy  buys  3 at 200            -> rests #3
      bo  sells 5 at 150 sliding    -> refused post_only_crosses 150 200
    `,
      { market: { priceMin: 100, priceMax: 200 } },
    );
    plays(
      `
      ana sells 3 at 1              -> rests #1
      bo  buys  5 at 9 sliding      -> refused post_only_crosses 9 1
      ana cancels #1                -> #1 loses 3 (requested)
      ana buys  1 at 4294967295     -> rests #2
      bo  sells 5 at 9 sliding      -> refused post_only_crosses 9 4294967295
    `,
      { market: { priceMax: 4294967295 }, funds: 2 ** 40 },
    );
  });

  test("minds orders of its own account as well", () => {
    plays(`
      ana sells 3 at 100                  -> rests #1
      ana buys  5 at 105 sliding stp both -> slides to 99, rests #2
    `);
  });

  test("needs funds for the price it slid to, not for the one it asked", () => {
    plays(
      `
      ana sells 3 at 100            -> rests #1
      bo  buys  6 at 300 sliding    -> slides to 99, rests #2
      bo  buys  1 at 300 sliding    -> refused insufficient_funds 99 6
    `,
      { funds: 600 },
    );
  });

  test("slides again when it is replaced", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      bo  buys  5 at  90 sliding     -> rests #2
      bo  replaces #2 with 4 at 105  -> #2 becomes 4 at 99, slides from 105, rests #2
      numbers                        -> replaced 396 105
      bo  replaces #2 with 4 at 98   -> #2 becomes 4 at 98, rests #2
      numbers                        -> replaced 392 0
    `);
  });

  test("does not meet itself when it is replaced", () => {
    plays(`
      bo  buys 5 at 90 sliding       -> rests #1
      bo  replaces #1 with 5 at 95   -> #1 becomes 5 at 95, rests #1
    `);
  });

  test("is taken by a market that takes post-only orders only", () => {
    plays(`
      ana sells 3 at 100             -> rests #1
      operator sets m1 post_only     -> market 1: open to post_only
      bo  buys  5 at 105 sliding     -> slides to 99, rests #2
    `);
  });

  test("may be good till a time or for the day", () => {
    plays(`
      ana sells 3 at 100                    -> rests #1
      bo  buys  5 at 105 sliding till 1050  -> slides to 99, rests #2
      bo  buys  5 at 105 post-only day      -> refused post_only_crosses 105 100
      bo  buys  5 at  99 post-only day      -> rests #3
      time 1051                             -> now
      tick                                  -> due: #2 loses 5 (expired)
    `);
  });
});
