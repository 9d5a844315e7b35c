/** What is due has half of a record's room; while something of it is left, new orders wait. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

const EIGHT = { limits: { reportsPerRecordMax: 8 } };

const SIX_EXPIRE = `
  bo  sells 1 at 200                       -> rests #1
  ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                           -> rests #2, rests #3, rests #4
  ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                           -> rests #5, rests #6, rests #7
  time 1051                                -> now
`;

describe("while something due is left", () => {
  test("new orders and replaces are refused, in all markets; the next record goes on", () => {
    plays(
      `${SIX_EXPIRE}
      bo  buys 1 at 100 in m2      -> due: #2 loses 1 (expired), #3 loses 1 (expired),
                                      #4 loses 1 (expired), #5 loses 1 (expired);
                                      refused catching_up
      bo  buys 1 at 100 in m2      -> due: #6 loses 1 (expired), #7 loses 1 (expired); rests #8
    `,
      EIGHT,
    );
  });

  test("replaces too, wherever", () => {
    plays(
      `${SIX_EXPIRE}
      bo  replaces #1 with 1 at 201 -> due: #2 loses 1 (expired), #3 loses 1 (expired),
                                       #4 loses 1 (expired), #5 loses 1 (expired);
                                       refused catching_up
      book                         -> bids 2@100 asks 1@200
    `,
      EIGHT,
    );
  });

  test("who only takes away is served", () => {
    plays(
      `${SIX_EXPIRE}
      bo  cancels #1               -> due: #2 loses 1 (expired), #3 loses 1 (expired),
                                      #4 loses 1 (expired), #5 loses 1 (expired);
                                      #1 loses 1 (requested)
    `,
      EIGHT,
    );
    plays(
      `${SIX_EXPIRE}
      ana cancels #7               -> due: #2 loses 1 (expired), #3 loses 1 (expired),
                                      #4 loses 1 (expired), #5 loses 1 (expired);
                                      #7 loses 1 (requested)
      tick                         -> due: #6 loses 1 (expired)
    `,
      EIGHT,
    );
  });

  test("an order past its time does not trade, though it still lies in the book", () => {
    plays(
      `${SIX_EXPIRE}
      bo  sells 1 at 100 ioc       -> due: #2 loses 1 (expired), #3 loses 1 (expired),
                                      #4 loses 1 (expired), #5 loses 1 (expired);
                                      refused catching_up
      book                         -> bids 2@100 asks 1@200
    `,
      EIGHT,
    );
  });

  test("the check stands behind the market's state and before its steps", () => {
    plays(
      `
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                   -> rests #1, rests #2, rests #3
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                   -> rests #4, rests #5, rests #6
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                   -> rests #7, rests #8, rests #9
      bo  buys 2 at 2              -> rests #10
      operator sets m2 halted      -> market 2: open to halted
      time 1051                    -> now
      bo  buys 9 at 1 in m2        -> due: #1 loses 1 (expired), #2 loses 1 (expired),
                                      #3 loses 1 (expired), #4 loses 1 (expired);
                                      refused market_state 4 1
      bo  buys 9 at 1              -> due: #5 loses 1 (expired), #6 loses 1 (expired),
                                      #7 loses 1 (expired), #8 loses 1 (expired);
                                      refused catching_up
      bo  buys 9 at 1              -> due: #9 loses 1 (expired); refused tick 1 2
    `,
      { ...EIGHT, market: { priceStep: 2 } },
    );
  });

  test("each command asks anew: who cancels the last of it makes way", () => {
    plays(
      `
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                   -> rests #1, rests #2, rests #3
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050; buys 1 at 100 till 1050
                                   -> rests #4, rests #5, rests #6
      time 1051                    -> now
      ana buys 1 at 90; cancels #6; buys 1 at 90
                                   -> due: #1 loses 1 (expired), #2 loses 1 (expired),
                                      #3 loses 1 (expired), #4 loses 1 (expired),
                                      #5 loses 1 (expired);
                                      refused catching_up, #6 loses 1 (requested), rests #7
    `,
      { limits: { reportsPerRecordMax: 11 } },
    );
  });

  test("half of the room, rounded down, is for what is due; the frame has the rest", () => {
    plays(
      `
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050  -> rests #1, rests #2
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050  -> rests #3, rests #4
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050  -> rests #5, rests #6
      ana buys 1 at 100 till 1050; buys 1 at 100 till 1050  -> rests #7, rests #8
      time 1051                                             -> now
      ana cancels #8; cancels #8   -> due: #1 loses 1 (expired), #2 loses 1 (expired),
                                      #3 loses 1 (expired);
                                      refused record_full, refused record_full
      ana cancels #8               -> due: #4 loses 1 (expired), #5 loses 1 (expired),
                                      #6 loses 1 (expired);
                                      #8 loses 1 (requested)
    `,
      // Three of seven are used. The first of two commands begins with 4 - 1, the second with 3;
      // one alone begins with 4.
      { limits: { reportsPerRecordMax: 7 } },
    );
  });
});
