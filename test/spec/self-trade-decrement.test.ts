/** Decrement: two orders of one account lose the smaller one's lots to each other, no trade. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("decrement", () => {
  test("a larger newcomer goes on with what is left of it", () => {
    plays(`
      ana sells 3 at 100                -> rests #1
      bo  sells 1 at 100                -> rests #2
      ana buys  9 at 101 stp decrement  -> #1 loses 3 (self_trade),
                                           #3 loses 3 (self_trade), keeps 6,
                                           trades 1 with #2 at 100, rests #3 with 5
      numbers                           -> accepted 909 0, canceled 3 0, reduced 303 0,
                                           fill 1 0, fill 1 0
      ana's funds                       -> USD 999395 free 505 held, BTC 1000001 free
      book                              -> bids 5@101 asks -
    `);
  });

  test("a larger maker keeps its place", () => {
    plays(`
      ana sells 5 at 100                -> rests #1
      bo  sells 1 at 100                -> rests #2
      ana buys  2 at 100 stp decrement  -> #1 loses 2 (self_trade), keeps 3,
                                           #3 loses 2 (self_trade)
      numbers                           -> accepted 200 0, reduced 2 0, canceled 200 0
      ana's funds                       -> USD 1000000 free, BTC 999997 free 3 held
      cy  buys  4 at 100                -> trades 3 with #1 at 100, trades 1 with #2 at 100,
                                           is filled
    `);
  });

  test("equals take each other off", () => {
    plays(`
      ana sells 3 at 100                -> rests #1
      ana buys  3 at 100 stp decrement  -> #1 loses 3 (self_trade), #2 loses 3 (self_trade)
      book                              -> bids - asks -
      ana's funds                       -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("it is no trade: no trade id, no last price, no fee", () => {
    plays(
      `
      ana sells 3 at 100                -> rests #1
      ana buys  3 at 100 stp decrement  -> #1 loses 3 (self_trade), #2 loses 3 (self_trade)
      ana sells 1 at 100                -> rests #3
      cy  buys  1 at 110 stop 100       -> #4 waits
      bo  buys  1 at 100                -> trades 1 with #3 at 100 (fees 1 and 1), is filled,
                                           #4 is reached by 100, #4 loses 1 (immediate)
      numbers                           -> accepted 101 0, fill 1 1, fill 1 1,
                                           triggered 100 100, canceled 111 0
      ana's funds                       -> USD 1000099 free, BTC 999999 free
    `,
      { market: { makerFeePpm: 10_000, takerFeePpm: 10_000 } },
    );
  });

  test("an immediate order loses the rest as immediate", () => {
    plays(`
      ana sells 3 at 100                    -> rests #1
      ana buys  9 at 101 ioc stp decrement  -> #1 loses 3 (self_trade),
                                               #2 loses 3 (self_trade), keeps 6,
                                               #2 loses 6 (immediate)
    `);
  });

  test("after trades what was traded stays", () => {
    plays(`
      bo  sells 2 at  99                -> rests #1
      ana sells 3 at 100                -> rests #2
      ana buys  4 at 101 stp decrement  -> trades 2 with #1 at 99,
                                           #2 loses 2 (self_trade), keeps 1,
                                           #3 loses 2 (self_trade)
      ana's funds                       -> USD 999802 free, BTC 1000001 free 1 held
    `);
  });

  test("a fill-or-kill order ends its walk at an own maker", () => {
    plays(`
      bo  sells 2 at 100                    -> rests #1
      ana sells 3 at 100                    -> rests #2
      bo  sells 2 at 100                    -> rests #3
      ana buys  4 at 100 fok stp decrement  -> refused fok_unfilled 4 2
      ana buys  2 at 100 fok stp decrement  -> trades 2 with #1 at 100, is filled
    `);
  });

  test("a replaced order and a stop do the same", () => {
    plays(`
      ana sells 3 at 100                         -> rests #1
      ana buys  5 at  90 stp decrement           -> rests #2
      ana replaces #2 with 5 at 100              -> #2 becomes 5 at 100,
                                                    #1 loses 3 (self_trade),
                                                    #2 loses 3 (self_trade), keeps 2, rests #2
      bo  sells 1 at 100                         -> trades 1 with #2 at 100, is filled
      ana sells 3 at 105                         -> rests #4
      ana buys  4 at 110 stop 100 stp decrement  -> #5 is reached by 100,
                                                    #4 loses 3 (self_trade),
                                                    #5 loses 3 (self_trade), keeps 1,
                                                    #5 loses 1 (immediate)
    `);
  });

  test("each step needs room of 3", () => {
    plays(
      `
      ana sells 1 at 100; sells 1 at 100  -> rests #1, rests #2
      ana buys  2 at 100 stp decrement    -> #1 loses 1 (self_trade),
                                             #3 loses 1 (self_trade), keeps 1,
                                             #3 loses 1 (record_full)
    `,
      { limits: { reportsPerRecordMax: 5 } },
    );
  });
});
