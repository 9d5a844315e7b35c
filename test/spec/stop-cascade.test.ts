/** Stops that reach stops: in which order they go, how far in one record, what goes on later. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("the order of a cascade", () => {
  test("each stop's trades may reach the next", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 101            -> rests #2
      ana sells 1 at 102            -> rests #3
      ana sells 1 at 103            -> rests #4
      cy  buys  1 at 110 stop 102   -> #5 waits
      cy  buys  1 at 110 stop 101   -> #6 waits
      cy  buys  1 at 110 stop 100   -> #7 waits
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                       #7 is reached by 100, trades 1 with #2 at 101, #7 is filled,
                                       #6 is reached by 101, trades 1 with #3 at 102, #6 is filled,
                                       #5 is reached by 102, trades 1 with #4 at 103, #5 is filled
    `);
  });

  test("buys go by rising stop price, then age; sells by falling stop price, then age", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 105            -> rests #2
      cy  buys  1 at 110 stop 104   -> #3 waits
      cy  buys  2 at 110 stop 103   -> #4 waits
      cy  buys  3 at 110 stop 104   -> #5 waits
      bo  buys  2 at 105            -> trades 1 with #1 at 100, trades 1 with #2 at 105, is filled,
                                       #4 is reached by 105, #4 loses 2 (immediate),
                                       #3 is reached by 105, #3 loses 1 (immediate),
                                       #5 is reached by 105, #5 loses 3 (immediate)
    `);
    plays(`
      ana buys  1 at 100            -> rests #1
      ana buys  1 at  95            -> rests #2
      cy  sells 1 at  90 stop 96    -> #3 waits
      cy  sells 2 at  90 stop 97    -> #4 waits
      cy  sells 3 at  90 stop 96    -> #5 waits
      bo  sells 2 at  95            -> trades 1 with #1 at 100, trades 1 with #2 at 95, is filled,
                                       #4 is reached by 95, #4 loses 2 (immediate),
                                       #3 is reached by 95, #3 loses 1 (immediate),
                                       #5 is reached by 95, #5 loses 3 (immediate)
    `);
  });

  test("of the first buy and the first sell the older one goes", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      cy  sells 1 at  90 stop 101   -> #2 waits
      cy  buys  1 at 110 stop  99   -> #3 waits
      cy  sells 1 at  90 stop 100   -> #4 waits
      cy  buys  1 at 110 stop 100   -> #5 waits
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                       #2 is reached by 100, #2 loses 1 (immediate),
                                       #3 is reached by 100, #3 loses 1 (immediate),
                                       #4 is reached by 100, #4 loses 1 (immediate),
                                       #5 is reached by 100, #5 loses 1 (immediate)
    `);
  });

  test("a first buy that is younger lets older ones behind it wait, too", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      cy  buys  1 at 110 stop 100   -> #2 waits
      cy  sells 1 at  90 stop 100   -> #3 waits
      cy  buys  1 at 110 stop  99   -> #4 waits
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                       #3 is reached by 100, #3 loses 1 (immediate),
                                       #4 is reached by 100, #4 loses 1 (immediate),
                                       #2 is reached by 100, #2 loses 1 (immediate)
    `);
  });

  test("up and down: the window grows at both ends", () => {
    plays(`
      ana sells 1 at 105            -> rests #1
      ana buys  1 at  95            -> rests #2
      ana buys  1 at  90            -> rests #3
      cy  sells 1 at  90 stop  96   -> #4 waits
      dee buys  1 at 110 stop  95   -> #5 waits
      cy  sells 1 at  80 stop  91   -> #6 waits
      dee buys  1 at 110 stop 104   -> #7 waits
      bo  sells 1 at  95            -> trades 1 with #2 at 95, is filled,
                                       #4 is reached by 95, trades 1 with #3 at 90, #4 is filled,
                                       #5 is reached by 95, trades 1 with #1 at 105, #5 is filled,
                                       #6 is reached by 90, #6 loses 1 (immediate),
                                       #7 is reached by 105, #7 loses 1 (immediate)
    `);
  });

  test("every price of a sweep counts, not only the last", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 105            -> rests #2
      cy  sells 1 at  90 stop 103   -> #3 waits
      bo  buys  2 at 105            -> trades 1 with #1 at 100, trades 1 with #2 at 105, is filled,
                                       #3 is reached by 100, #3 loses 1 (immediate)
    `);
  });

  test("what is left of the order rests, or is canceled, before its stops go", () => {
    plays(`
      cy  sells 1 at  90 stop 100   -> #1 waits
      ana sells 1 at 100            -> rests #2
      bo  buys  2 at 100            -> trades 1 with #2 at 100, rests #3 with 1,
                                       #1 is reached by 100, trades 1 with #3 at 100, #1 is filled
    `);
    plays(`
      cy  sells 1 at  90 stop 100   -> #1 waits
      ana sells 1 at 100            -> rests #2
      bo  buys  2 at 100 ioc        -> trades 1 with #2 at 100, #3 loses 1 (immediate),
                                       #1 is reached by 100, #1 loses 1 (immediate)
    `);
  });

  test("replaces and fill-or-kill orders reach stops as well", () => {
    plays(`
      ana sells 2 at 100            -> rests #1
      cy  buys  1 at 110 stop 100   -> #2 waits
      bo  buys  1 at  90            -> rests #3
      bo  replaces #3 with 1 at 100 -> #3 becomes 1 at 100, trades 1 with #1 at 100, is filled,
                                       #2 is reached by 100, trades 1 with #1 at 100, #2 is filled
    `);
    plays(`
      ana sells 2 at 100            -> rests #1
      cy  buys  1 at 110 stop 100   -> #2 waits
      bo  buys  1 at 100 fok        -> trades 1 with #1 at 100, is filled,
                                       #2 is reached by 100, trades 1 with #1 at 100, #2 is filled
    `);
  });

  test("the window closes behind it: later stops wait for later trades", () => {
    plays(`
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 105            -> rests #2
      bo  buys  2 at 105            -> trades 1 with #1 at 100, trades 1 with #2 at 105, is filled
      cy  sells 1 at  90 stop 103   -> #4 waits
      cy  buys  1 at 110 stop 106   -> #5 waits
      bo  buys  1 at  99            -> rests #6
      tick                          -> nothing
    `);
  });

  test("orders of one account lose lots to each other without a trade: no stop is reached", () => {
    plays(`
      ana sells 1 at 100                -> rests #1
      cy  buys  1 at 110 stop 100       -> #2 waits
      ana buys  1 at 100 stp decrement  -> #1 loses 1 (self_trade), #3 loses 1 (self_trade)
      cy  cancels #2                    -> #2 loses 1 (requested)
    `);
  });
});

const NINE = { limits: { reportsPerRecordMax: 9 } };

/** Of nine reports a record has four for what is due: one stop and its trade. */
const THREE_STOPS = `
  ana sells 4 at 100            -> rests #1
  ana sells 4 at 100 in m2      -> rests #2
  bo  buys  1 at  90            -> rests #3
  cy  buys  1 at 110 stop 100   -> #4 waits
  cy  buys  1 at 110 stop 100   -> #5 waits
  cy  buys  1 at 110 stop 100   -> #6 waits
  bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                   #4 is reached by 100, trades 1 with #1 at 100, #4 is filled
`;

describe("the bound of a cascade", () => {
  test("is the record's room; the rest goes on at the beginning of the next", () => {
    plays(
      `${THREE_STOPS}
      restart                       -> now
      tick                          -> due: #5 is reached by 100, trades 1 with #1 at 100,
                                            #5 is filled
      tick                          -> due: #6 is reached by 100, trades 1 with #1 at 100,
                                            #6 is filled
      tick                          -> nothing
    `,
      NINE,
    );
  });

  test("meanwhile this market takes no new orders and no replaces, others do", () => {
    plays(
      `${THREE_STOPS}
      bo  buys 1 at 90              -> due: #5 is reached by 100, trades 1 with #1 at 100,
                                            #5 is filled; refused catching_up
      bo  buys 1 at 90              -> due: #6 is reached by 100, trades 1 with #1 at 100,
                                            #6 is filled; rests #8
    `,
      NINE,
    );
    plays(
      `${THREE_STOPS}
      bo  replaces #3 with 1 at 91  -> due: #5 is reached by 100, trades 1 with #1 at 100,
                                            #5 is filled; refused catching_up
      bo  buys 1 at 100 in m2       -> due: #6 is reached by 100, trades 1 with #1 at 100,
                                            #6 is filled;
                                            trades 1 with #2 at 100, is filled
    `,
      NINE,
    );
  });

  test("a stop that was cut off can still be canceled", () => {
    plays(
      `${THREE_STOPS}
      cy  cancels #6                -> due: #5 is reached by 100, trades 1 with #1 at 100,
                                            #5 is filled; #6 loses 1 (requested)
      tick                          -> nothing
      bo  buys 1 at 90              -> rests #8
    `,
      NINE,
    );
  });

  test("in a market that is not open it stays due, and goes on when that opens again", () => {
    plays(
      `${THREE_STOPS}
      operator sets m1 halted       -> due: #5 is reached by 100, trades 1 with #1 at 100,
                                            #5 is filled; market 1: open to halted
      tick                          -> nothing
      bo  buys 1 at 90              -> refused market_state 4 1
      operator sets m1 post_only    -> market 1: halted to post_only
      bo  buys 1 at 90 post-only    -> refused catching_up
      operator sets m1 open         -> market 1: post_only to open
      bo  buys 1 at 90              -> due: #6 is reached by 100, trades 1 with #1 at 100,
                                            #6 is filled; rests #8
    `,
      NINE,
    );
  });

  test("a stop that begins with room may be cut in its trades", () => {
    plays(
      `
      ana sells 1 at 100; sells 1 at 100; sells 1 at 100  -> rests #1, rests #2, rests #3
      cy  buys  3 at 110 stop 100   -> #4 waits
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled,
                                       #4 is reached by 100, trades 1 with #2 at 100,
                                       #4 loses 2 (record_full)
      book                          -> bids - asks 1@100
    `,
      // Eight less 3 leave 5, so it begins; itself and a trade leave 2, and a trade needs 3.
      { limits: { reportsPerRecordMax: 8 } },
    );
  });

  test("a stop that is reached at once has the command's room", () => {
    plays(
      `
      ana sells 1 at 100            -> rests #1
      ana sells 1 at 100            -> rests #2
      bo  buys  1 at 100            -> trades 1 with #1 at 100, is filled
      cy  buys  1 at 110 stop 100   -> #4 is reached by 100, #4 loses 1 (record_full)
      book                          -> bids - asks 1@100
    `,
      // Accepted and triggered leave two of four.
      { limits: { reportsPerRecordMax: 4 } },
    );
  });
});
