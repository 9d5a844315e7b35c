/** Room: a record causes at most so many reports, and what happens at the bound is a rule. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("the room of a record", () => {
  test("a sweep that would pass it is canceled there", () => {
    plays(
      `
      ana sells 1 at 100  -> rests #1
      ana sells 1 at 100  -> rests #2
      ana sells 1 at 100  -> rests #3
      ana sells 1 at 100  -> rests #4
      bo  buys  4 at 100  -> trades 1 with #1 at 100, trades 1 with #2 at 100,
                             trades 1 with #3 at 100, #5 loses 1 (record_full)
      book                -> bids - asks 1@100
      bo  buys  1 at 100  -> trades 1 with #4 at 100, is filled
    `,
      // 1 accepted, 3 x 2 fills, then 2 are left: a step needs 3.
      { limits: { reportsPerRecordMax: 9 } },
    );
  });

  test("an order that has traded as far as it goes may rest without it", () => {
    plays(
      `
      ana sells 1 at 100  -> rests #1
      ana sells 1 at 101  -> rests #2
      bo  buys  2 at 100  -> trades 1 with #1 at 100, rests #3 with 1
    `,
      { limits: { reportsPerRecordMax: 4 } },
    );
  });

  test("commands that begin with less than 4 are refused", () => {
    plays(
      `
      bo  sells 1 at 100                             -> rests #1
      ana buys 1 at 100; buys 1 at 99; buys 1 at 99  -> trades 1 with #1 at 100, is filled,
                                                        refused record_full, refused record_full
      ana buys 1 at 99; buys 1 at 99; buys 1 at 99   -> rests #3, rests #4, rests #5
      ana cancels #3; cancels #4; cancels #5; cancels all;
          cancels all   -> refused record_full, refused record_full, refused record_full,
                           refused record_full, refused record_full
    `,
      // The first of three begins with 7 - 2 and makes 3 reports; the second with 7 - 3 - 1.
      // Three that make one report each begin with 5; five of them with 7 - 4.
      { limits: { reportsPerRecordMax: 7 } },
    );
  });

  test("a fill-or-kill order needs room for all its trades", () => {
    plays(
      `
      ana sells 1 at 100      -> rests #1
      ana sells 1 at 100      -> rests #2
      ana sells 1 at 100      -> rests #3
      ana sells 1 at 100      -> rests #4
      bo  buys  4 at 100 fok  -> refused record_full
      bo  buys  9 at 100 fok  -> refused record_full
      bo  buys  3 at 100 fok  -> trades 1 with #1 at 100, trades 1 with #2 at 100,
                                 trades 1 with #3 at 100, is filled
      bo  buys  2 at 100 fok  -> refused fok_unfilled 2 1
    `,
      // 1 + 2 x 3 = 7 is below 8; 1 + 2 x 4 is not.
      { limits: { reportsPerRecordMax: 8 } },
    );
  });

  test("its last trade, too, needs room of 3", () => {
    plays(
      `
      ana sells 1 at 100; sells 1 at 100          -> rests #1, rests #2
      bo  buys  2 at 100 fok                      -> refused record_full
      bo  buys  1 at 100 fok                      -> trades 1 with #1 at 100, is filled
    `,
      // 1 accepted and 4 fills are 5 reports, but the second trade would begin with 2 left.
      { limits: { reportsPerRecordMax: 5 } },
    );
  });

  test("a maker that is passed over counts one report, and who ends the walk none", () => {
    plays(
      `
      bo  sells 1 at 100; sells 1 at 100          -> rests #1, rests #2
      ana sells 1 at 100; sells 1 at 100          -> rests #3, rests #4
      bo  buys  2 at 100 fok stp maker            -> refused record_full
      bo  buys  1 at 100 fok stp taker            -> refused fok_unfilled 1 0
      bo  buys  1 at 100 fok stp maker            -> #1 loses 1 (self_trade),
                                                     #2 loses 1 (self_trade),
                                                     trades 1 with #3 at 100, is filled
    `,
      // 1 + 2 x 1 + 2 x 2 = 7 is not below 7; with one trade it is 5.
      { limits: { reportsPerRecordMax: 7 } },
    );
  });

  test("a mass cancel ends there and says so", () => {
    plays(
      `
      ana buys 1 at 100; buys 1 at 100            -> rests #1, rests #2
      ana buys 1 at 100; buys 1 at 100            -> rests #3, rests #4
      ana buys 1 at 100; buys 1 at 100            -> rests #5, rests #6
      ana cancels all                             -> #1 loses 1 (mass), #2 loses 1 (mass),
                                                     #3 loses 1 (mass), #4 loses 1 (mass),
                                                     4 canceled, cut
      ana cancels all                             -> #5 loses 1 (mass), #6 loses 1 (mass),
                                                     2 canceled
    `,
      { limits: { reportsPerRecordMax: 5 } },
    );
  });

  test("a mass cancel that just fits is not cut", () => {
    plays(
      `
      ana buys 1 at 100; buys 1 at 100            -> rests #1, rests #2
      ana buys 1 at 100; buys 1 at 100            -> rests #3, rests #4
      ana cancels all                             -> #1 loses 1 (mass), #2 loses 1 (mass),
                                                     #3 loses 1 (mass), #4 loses 1 (mass),
                                                     4 canceled
    `,
      { limits: { reportsPerRecordMax: 5 } },
    );
  });

  test("a command leaves a report for each one behind it", () => {
    plays(
      `
      ana sells 1 at 100; sells 1 at 100          -> rests #1, rests #2
      bo  buys 2 at 100; buys 1 at 99             -> trades 1 with #1 at 100,
                                                     #3 loses 1 (record_full), refused record_full
    `,
      // The first begins with 6 - 1 = 5: accepted, a trade, and then 2 are left for the next step.
      { limits: { reportsPerRecordMax: 6 } },
    );
  });
});
