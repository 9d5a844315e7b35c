/** Reduce: fewer lots, the same place. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("reduce", () => {
  test("keeps the place in the queue and frees what it need not hold", () => {
    plays(`
      ana sells 5 at 100    -> rests #1
      bo  sells 5 at 100    -> rests #2
      ana reduces #1 by 3   -> #1 loses 3, keeps 2
      book                  -> bids - asks 7@100
      ana's funds           -> USD 1000000 free, BTC 999998 free 2 held
      cy  buys  3 at 100    -> trades 2 with #1 at 100, trades 1 with #2 at 100, is filled
    `);
  });

  test("takes off less than is open, in whole steps", () => {
    plays(
      `
      ana buys 6 at 100     -> rests #1
      ana reduces #1 by 6   -> refused reduce_quantity 6 6
      ana reduces #1 by 8   -> refused reduce_quantity 8 6
      ana reduces #1 by 3   -> refused lot 3 2
      ana reduces #1 by 4   -> #1 loses 4, keeps 2
      ana reduces #1 by 2   -> refused reduce_quantity 2 2
    `,
      { market: { quantityStep: 2 } },
    );
  });

  test("may go below the minimum quantity", () => {
    plays(
      `
      ana buys 6 at 100     -> rests #1
      ana reduces #1 by 5   -> #1 loses 5, keeps 1
    `,
      { market: { quantityMin: 5 } },
    );
  });

  test("is of one's own open orders in that market only", () => {
    plays(`
      ana buys 6 at 100           -> rests #1
      bo  reduces #1 by 1         -> refused unknown_order
      ana reduces #1 in m2 by 1   -> refused unknown_order
      ana reduces #1 in m3 by 1   -> refused unknown_market 3 0
    `);
  });
});
