/** The dead-man timer: who does not set it again in time loses all open orders. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("the dead-man timer", () => {
  test("takes all the account's orders when its time is past, the oldest first", () => {
    plays(`
      ana buys  5 at 100             -> rests #1
      bo  buys  5 at 100             -> rests #2
      ana sells 2 at 200 in m2       -> rests #3
      ana buys  1 at 110 stop 105    -> #4 waits
      ana sets its timer to 50       -> timer 1050 (was 0)
      ana replaces #1 with 4 at 100  -> #1 becomes 4 at 100, rests #1
      time 1050                      -> now
      tick                           -> nothing
      time 1051                      -> now
      tick                           -> due: #3 loses 2 (dead_man), #4 loses 1 (dead_man),
                                        #1 loses 4 (dead_man), timer 1050 fires, 3 canceled
      ana's funds                    -> USD 1000000 free, BTC 1000000 free
      book                           -> bids 5@100 asks -
      tick                           -> nothing
    `);
  });

  test("is put off by setting it again, and put out by 0", () => {
    plays(`
      ana buys 5 at 100              -> rests #1
      ana sets its timer to 50       -> timer 1050 (was 0)
      time 1050                      -> now
      ana sets its timer to 50       -> timer 1100 (was 1050)
      time 1100                      -> now
      ana sets its timer to 0        -> timer 0 (was 1100)
      time 9999                      -> now
      tick                           -> nothing
      ana sets its timer to 0        -> timer 0 (was 0)
    `);
  });

  test("comes too late when the time is past: what is due comes first", () => {
    plays(`
      ana buys 5 at 100              -> rests #1
      ana sets its timer to 50       -> timer 1050 (was 0)
      time 1051                      -> now
      ana sets its timer to 50       -> due: #1 loses 5 (dead_man), timer 1050 fires, 1 canceled;
                                        timer 1101 (was 0)
    `);
  });

  test("fires without orders as well, and only once", () => {
    plays(`
      ana sets its timer to 50       -> timer 1050 (was 0)
      time 1051                      -> now
      ana buys 5 at 100              -> due: timer 1050 fires, 0 canceled; rests #1
      time 5000                      -> now
      tick                           -> nothing
    `);
  });

  test("earlier timers fire first, and at one time the lower account", () => {
    plays(`
      ana buys 1 at 100              -> rests #1
      bo  buys 1 at 101              -> rests #2
      cy  buys 1 at 102              -> rests #3
      ana sets its timer to 60       -> timer 1060 (was 0)
      cy  sets its timer to 50       -> timer 1050 (was 0)
      bo  sets its timer to 50       -> timer 1050 (was 0)
      time 1070                      -> now
      tick                           -> due: #2 loses 1 (dead_man), timer 1050 fires, 1 canceled,
                                             #3 loses 1 (dead_man), timer 1050 fires, 1 canceled,
                                             #1 loses 1 (dead_man), timer 1060 fires, 1 canceled
    `);
  });

  test("works in any state of a market, and for suspended accounts", () => {
    plays(`
      ana buys 1 at 100              -> rests #1
      ana buys 1 at 100 in m2        -> rests #2
      operator suspends ana          -> ana hears: account 1 suspended,
                                        operator hears: account 1 suspended
      ana sets its timer to 50       -> timer 1050 (was 0)
      operator sets m1 halted        -> market 1: open to halted
      time 1051                      -> now
      tick                           -> due: #1 loses 1 (dead_man), #2 loses 1 (dead_man),
                                        timer 1050 fires, 2 canceled
    `);
  });

  test("needs a key that may cancel or trade", () => {
    plays(`
      ana buys 1 at 100                       -> rests #1
      ana adds key for read as r              -> ana has a new key
      ana adds key for cancel as c            -> ana has a new key
      ana adds key for trade as t             -> ana has a new key
      ana (key r) sets its timer to 50        -> refused key_scope 8 2
      ana (key c) sets its timer to 50        -> timer 1050 (was 0)
      ana (key t) sets its timer to 60        -> timer 1060 (was 1050)
    `);
  });

  test("the last time there is, is the latest it can say", () => {
    plays(`
      ana buys 1 at 100                    -> rests #1
      time 9007199254740990                -> now
      ana sets its timer to 86400000000    -> timer 9007199254740991 (was 0)
      time 9007199254740991                -> now
      tick                                 -> nothing
    `);
  });

  test("expired orders go before it, and are not counted", () => {
    plays(`
      ana buys 1 at 100 till 1060          -> rests #1
      ana buys 1 at 101                    -> rests #2
      ana sets its timer to 50             -> timer 1050 (was 0)
      time 1061                            -> now
      tick                                 -> due: #1 loses 1 (expired), #2 loses 1 (dead_man),
                                              timer 1050 fires, 1 canceled
    `);
  });

  test("for want of room it goes on in the next record, and new orders wait that long", () => {
    plays(
      `
      bo  buys 1 at 100                    -> rests #1
      ana buys 1 at 100; buys 1 at 101; buys 1 at 102 -> rests #2, rests #3, rests #4
      ana buys 1 at 103; buys 1 at 104; buys 1 at 105 -> rests #5, rests #6, rests #7
      ana sets its timer to 50             -> timer 1050 (was 0)
      time 1051                            -> now
      bo  buys 1 at 90 in m2               -> due: #2 loses 1 (dead_man), #3 loses 1 (dead_man),
                                                   #4 loses 1 (dead_man),
                                                   timer 1050 fires, 3 canceled, goes on;
                                              refused catching_up
      bo  buys 1 at 90 in m2               -> due: #5 loses 1 (dead_man), #6 loses 1 (dead_man),
                                                   #7 loses 1 (dead_man),
                                                   timer 1050 fires, 3 canceled; rests #8
    `,
      // Four of eight: a cancel needs 2, so that there is always room to say that it fired.
      { limits: { reportsPerRecordMax: 8 } },
    );
  });

  test("setting it anew keeps what was not canceled yet", () => {
    plays(
      `
      ana buys 1 at 100; buys 1 at 101; buys 1 at 102 -> rests #1, rests #2, rests #3
      ana buys 1 at 103                    -> rests #4
      ana sets its timer to 50             -> timer 1050 (was 0)
      time 1051                            -> now
      ana sets its timer to 0              -> due: #1 loses 1 (dead_man), #2 loses 1 (dead_man),
                                                   #3 loses 1 (dead_man),
                                                   timer 1050 fires, 3 canceled, goes on;
                                              timer 0 (was 1050)
      ana buys 1 at 90                     -> rests #5
    `,
      { limits: { reportsPerRecordMax: 8 } },
    );
  });
});
