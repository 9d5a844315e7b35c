/** What is due comes in one order: expired orders, then timers, then stops by market. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

/** Of twelve reports a record has six for what is due. */
const TWELVE = { limits: { reportsPerRecordMax: 12 } };

/** Three stops are reached in market 2, and one record is enough for two of them. */
const CUT_IN_M2 = `
  cy  buys  1 at 110 stop 100 in m2             -> #1 waits
  cy  buys  1 at 110 stop 100 in m2             -> #2 waits
  cy  buys  1 at 110 stop 100 in m2 till 1050   -> #3 waits
  cy  buys  1 at 110 stop 100 in m2             -> #4 waits
  ana sells 9 at 100 in m2                      -> rests #5
`;

describe("what is due", () => {
  test("expiry, then timers, then stops: an expired stop is not reached any more", () => {
    plays(
      `${CUT_IN_M2}
      dee buys 1 at 90                    -> rests #6
      dee sets its timer to 40            -> timer 1040 (was 0)
      bo  buys 1 at 100 in m2             -> trades 1 with #5 at 100, is filled,
                                             #1 is reached by 100, trades 1 with #5 at 100,
                                             #1 is filled,
                                             #2 is reached by 100, trades 1 with #5 at 100,
                                             #2 is filled
      time 1051                           -> now
      tick                                -> due: #3 loses 1 (expired), #6 loses 1 (dead_man),
                                             timer 1040 fires, 1 canceled
      tick                                -> due: #4 is reached by 100, trades 1 with #5 at 100,
                                             #4 is filled
      tick                                -> nothing
    `,
      // Three of six are left, and a stop needs four.
      TWELVE,
    );
  });

  test("a timer takes stops that were reached and cut off", () => {
    plays(
      `${CUT_IN_M2}
      bo  buys 1 at 100 in m2             -> trades 1 with #5 at 100, is filled,
                                             #1 is reached by 100, trades 1 with #5 at 100,
                                             #1 is filled,
                                             #2 is reached by 100, trades 1 with #5 at 100,
                                             #2 is filled
      cy  sets its timer to 0             -> due: #3 is reached by 100, trades 1 with #5 at 100,
                                                  #3 is filled; timer 0 (was 0)
      operator sets m2 halted             -> due: #4 is reached by 100, trades 1 with #5 at 100,
                                                  #4 is filled; market 2: open to halted
    `,
      TWELVE,
    );
    plays(
      `${CUT_IN_M2}
      cy  sets its timer to 10            -> timer 1010 (was 0)
      bo  buys 1 at 100 in m2             -> trades 1 with #5 at 100, is filled,
                                             #1 is reached by 100, trades 1 with #5 at 100,
                                             #1 is filled,
                                             #2 is reached by 100, trades 1 with #5 at 100,
                                             #2 is filled
      time 1011                           -> now
      bo  buys 1 at 90 in m2              -> due: #3 loses 1 (dead_man), #4 loses 1 (dead_man),
                                                  timer 1010 fires, 2 canceled; rests #7
    `,
      TWELVE,
    );
  });

  test("the lower market goes first, and the other waits for room", () => {
    plays(
      `
      ana sells 9 at 100 in m2            -> rests #1
      ana sells 9 at 100                  -> rests #2
      cy  buys  1 at 110 stop 100 in m2   -> #3 waits
      cy  buys  1 at 110 stop 100 in m2   -> #4 waits
      cy  buys  1 at 110 stop 100         -> #5 waits
      cy  buys  1 at 110 stop 100         -> #6 waits
      bo  buys  1 at 100 in m2; buys 1 at 100
                                          -> trades 1 with #1 at 100, is filled,
                                             #3 is reached by 100, trades 1 with #1 at 100,
                                             #3 is filled, trades 1 with #2 at 100, is filled
      tick                                -> due: #5 is reached by 100, trades 1 with #2 at 100,
                                             #5 is filled
      tick                                -> due: #6 is reached by 100, trades 1 with #2 at 100,
                                             #6 is filled
      tick                                -> due: #4 is reached by 100, trades 1 with #1 at 100,
                                             #4 is filled
      tick                                -> nothing
    `,
      // Ten: the first begins with 9, makes 3 and 3; the second with 4 and makes 3.
      { limits: { reportsPerRecordMax: 10 } },
    );
  });
});
