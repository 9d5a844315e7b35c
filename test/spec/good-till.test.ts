/** Good till a time, good till the end of the day: what is past it is gone before it can trade. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("good till a time", () => {
  test("is open up to that microsecond, and gone before anything of a later one", () => {
    plays(`
      ana buys 5 at 100 till 1050  -> rests #1
      time 1050                    -> now
      tick                         -> nothing
      bo  sells 1 at 100           -> trades 1 with #1 at 100, is filled
      time 1051                    -> now
      bo  sells 1 at 100           -> due: #1 loses 4 (expired); rests #3
      ana's funds                  -> USD 999900 free, BTC 1000001 free
    `);
  });

  test("a tick is enough, and once", () => {
    plays(`
      ana sells 5 at 100 till 1050  -> rests #1
      ana's funds                   -> USD 1000000 free, BTC 999995 free 5 held
      time 2000                     -> now
      tick                          -> due: #1 loses 5 (expired)
      numbers                       -> canceled 5 0
      ana's funds                   -> USD 1000000 free, BTC 1000000 free
      tick                          -> nothing
      ana cancels #1                -> refused unknown_order
    `);
  });

  test("is refused when the time is past it already", () => {
    plays(`
      time 1050                       -> now
      ana buys 5 at 100 till 1049     -> refused order_expired 1049 1050
      ana buys 5 at 100 till 1        -> refused order_expired 1 1050
      ana buys 5 at 100 till 1050     -> rests #1
    `);
  });

  test("the check comes behind the band and before the id", () => {
    plays(`
      ana buys 5 at 100 id 7                -> rests #1
      ana buys 5 at 100001 till 999 id 7    -> refused price_band 100001 100000
      ana buys 5 at 100 till 999 id 7       -> refused order_expired 999 1000
      ana buys 5 at 100 till 1000 id 7      -> refused duplicate_order_id
    `);
  });

  test("the earliest goes first, and at one time the oldest", () => {
    plays(`
      ana buys  1 at 100 till 1070         -> rests #1
      bo  buys  1 at 101 till 1060         -> rests #2
      ana buys  1 at 102 till 1060         -> rests #3
      cy  sells 1 at 200 in m2 till 1070   -> rests #4
      bo  replaces #2 with 1 at 99         -> #2 becomes 1 at 99, rests #2
      time 1071                            -> now
      tick                                 -> due: #3 loses 1 (expired), #2 loses 1 (expired),
                                              #1 loses 1 (expired), #4 loses 1 (expired)
    `);
  });

  test("that is now is not past, though another's is", () => {
    plays(`
      ana buys 1 at 100 till 1050   -> rests #1
      ana buys 1 at 101 till 1051   -> rests #2
      bo  sells 1 at 200            -> rests #3
      time 1051                     -> now
      tick                          -> due: #1 loses 1 (expired)
      bo  sells 1 at 101            -> trades 1 with #2 at 101, is filled
    `);
  });

  test("stays when the order is replaced, reduced or trades", () => {
    plays(`
      ana buys  9 at 100 till 1050     -> rests #1
      ana replaces #1 with 8 at 101    -> #1 becomes 8 at 101, rests #1
      ana reduces #1 by 1              -> #1 loses 1, keeps 7
      bo  sells 2 at 101               -> trades 2 with #1 at 101, is filled
      time 1051                        -> now
      tick                             -> due: #1 loses 5 (expired)
    `);
  });

  test("holds in any state of the market", () => {
    plays(`
      ana buys 1 at 100 till 1050         -> rests #1
      ana buys 1 at 100 in m2 till 1050   -> rests #2
      operator sets m1 halted             -> market 1: open to halted
      operator sets m2 halted             -> market 2: open to halted
      operator sets m2 closed             -> market 2: halted to closed
      time 1051                           -> now
      tick                                -> due: #1 loses 1 (expired), #2 loses 1 (expired)
    `);
  });

  test("what is gone otherwise is not gone again", () => {
    plays(`
      ana buys 1 at 100 till 1050         -> rests #1
      ana buys 1 at 101 till 1050         -> rests #2
      ana buys 1 at  99 till 1050 id 7    -> rests #3
      ana cancels #1                      -> #1 loses 1 (requested)
      bo  sells 1 at 101                  -> trades 1 with #2 at 101, is filled
      ana cancels #3                      -> #3 loses 1 (requested)
      ana buys 1 at  98 id 7              -> rests #5
      time 1051                           -> now
      tick                                -> nothing
      book                                -> bids 1@98 asks -
    `);
  });

  test("an order of a suspended account expires too", () => {
    plays(`
      ana buys 1 at 100 till 1050   -> rests #1
      operator suspends ana         -> ana hears: account 1 suspended,
                                       operator hears: account 1 suspended
      time 1051                     -> now
      tick                          -> due: #1 loses 1 (expired)
    `);
  });
});

describe("day orders", () => {
  test("end with the last microsecond of the trading day", () => {
    plays(`
      ana buys 5 at 100 day   -> rests #1
      time 86399999999        -> now
      tick                    -> nothing
      ana buys 5 at 99 day    -> rests #2
      time 86400000000        -> now
      ana buys 5 at 98 day    -> due: #1 loses 5 (expired), #2 loses 5 (expired); rests #3
      time 172799999999       -> now
      tick                    -> nothing
      time 172800000000       -> now
      tick                    -> due: #3 loses 5 (expired)
    `);
  });

  test("the day begins where genesis says", () => {
    plays(
      `
      ana buys 5 at 100 day   -> rests #1
      time 3599999999         -> now
      tick                    -> nothing
      ana buys 5 at 99 day    -> rests #2
      time 3600000000         -> now
      ana buys 5 at 98 day    -> due: #1 loses 5 (expired), #2 loses 5 (expired); rests #3
      time 89999999999        -> now
      tick                    -> nothing
      time 90000000000        -> now
      tick                    -> due: #3 loses 5 (expired)
    `,
      { dayStartS: 3600 },
    );
  });

  test("the end of the last day is the last time there is", () => {
    plays(`
      time 9007199254740990   -> now
      ana buys 5 at 100 day   -> rests #1
      time 9007199254740991   -> now
      tick                    -> nothing
      ana buys 1 at 100 day   -> rests #2
    `);
  });
});
