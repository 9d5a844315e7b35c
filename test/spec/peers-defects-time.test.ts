/**
 * Defects that users of other engines published, second part: stops, ids and nonces, restarts,
 * expiry, answers that never come. Each test is named after engine and issue.
 */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("peers' defects: stops", () => {
  test("liquibook 25, nodejs-order-book: a stop that waits is canceled by its id", () => {
    plays(`
      ana buys 5 at 110 stop 105 id 7        -> #1 waits
      ana buys 5 at 110 stop-limit 105 id 8  -> #2 waits
      ana cancels id 7                       -> #1 loses 5 (requested)
      ana cancels id 8                       -> #2 loses 5 (requested)
      ana's funds                            -> USD 1000000 free, BTC 1000000 free
    `);
  });

  test("nodejs-order-book: a second stop with the same id is refused", () => {
    plays(`
      ana buys  5 at 110 stop 105 id 7       -> #1 waits
      ana buys  5 at 110 stop 105 id 7       -> refused duplicate_order_id
      ana sells 5 at 200 id 7                -> refused duplicate_order_id
    `);
  });

  test("melin 2, CppTrader 31, nautilus 3740: a stop's own trades reach stops", () => {
    plays(`
      ana sells 1 at 100                     -> rests #1
      ana sells 1 at 101                     -> rests #2
      ana sells 1 at 102                     -> rests #3
      ana sells 1 at 103                     -> rests #4
      cy  buys  1 at 110 stop 101            -> #5 waits
      cy  buys  1 at 110 stop 102            -> #6 waits
      cy  buys  1 at 110 stop 103            -> #7 waits
      bo  buys  2 at 101                     -> trades 1 with #1 at 100, trades 1 with #2 at 101,
                                                is filled,
                                                #5 is reached by 101, trades 1 with #3 at 102,
                                                #5 is filled,
                                                #6 is reached by 102, trades 1 with #4 at 103,
                                                #6 is filled,
                                                #7 is reached by 103, #7 loses 1 (immediate)
    `);
  });

  test("liquibook 23, nautilus 3741: a stop is reached once", () => {
    plays(`
      ana sells 9 at 100                     -> rests #1
      cy  buys  1 at 110 stop-limit 100      -> #2 waits
      bo  buys  1 at 100                     -> trades 1 with #1 at 100, is filled,
                                                #2 is reached by 100, trades 1 with #1 at 100,
                                                #2 is filled
      bo  buys  1 at 100                     -> trades 1 with #1 at 100, is filled
    `);
  });

  test("exchange-core 22: stops are the engine's own, and wait in the state, not beside it", () => {
    plays(`
      ana sells 9 at 100                     -> rests #1
      cy  buys  1 at 110 stop-limit 100      -> #2 waits
      cy  buys  1 at 110 stop 100            -> #3 waits
      restart                                -> now
      bo  buys  1 at 100                     -> trades 1 with #1 at 100, is filled,
                                                #2 is reached by 100, trades 1 with #1 at 100,
                                                #2 is filled,
                                                #3 is reached by 100, trades 1 with #1 at 100,
                                                #3 is filled
    `);
  });

  test("nodejs-order-book: the last price survives a restart, so a stop is judged alike", () => {
    plays(`
      ana sells 1 at 100                     -> rests #1
      bo  buys  1 at 100                     -> trades 1 with #1 at 100, is filled
      restart                                -> now
      cy  buys  1 at 110 stop 100            -> #3 is reached by 100, #3 loses 1 (immediate)
      cy  buys  1 at 110 stop 101            -> #4 waits
    `);
  });
});

describe("peers' defects: ids, nonces, safe repetition", () => {
  test("exchange-core: an order with an id that is taken does not trade first", () => {
    plays(`
      ana sells 5 at 100           -> rests #1
      bo  buys  1 at  90 id 7      -> rests #2
      bo  buys  9 at 100 id 7      -> refused duplicate_order_id
      book                         -> bids 1@90 asks 5@100
    `);
  });

  test("Gajesh/clob 7, 2: the same frame again changes nothing", () => {
    plays(`
      ana (nonce 9) buys 5 at 100  -> rests #1
      ana (nonce 9) buys 5 at 100  -> refused duplicate 9 9, unnumbered
      book                         -> bids 5@100 asks -
    `);
  });

  test("binance-java-api 55, sieblyio 580, ccxt 1786: the same bytes may be sent again", () => {
    plays(`
      ana (nonce 1) buys 5 at 100 id 7   -> rests #1
      restart                            -> now
      ana (nonce 1) buys 5 at 100 id 7   -> refused duplicate 1 1, unnumbered
      ana (nonce 2) buys 6 at 100 id 8   -> rests #2
    `);
  });

  test("ccxt 30348, hummingbot 7737: many frames of one microsecond, in any order", () => {
    plays(`
      ana (nonce 7) buys 1 at 100  -> rests #1
      ana (nonce 5) buys 1 at 100  -> rests #2
      ana (nonce 6) buys 1 at 100  -> rests #3
      ana (nonce 8) buys 1 at 100  -> rests #4
      ana (nonce 6) buys 1 at 100  -> refused duplicate 6 8, unnumbered
    `);
  });

  test("hummingbot 6987, nautilus 3557: a frame that is refused does not block the next", () => {
    plays(
      `
      ana (nonce 1) buys 5000000 at 100       -> refused insufficient_funds 500000000 1000000
      ana (nonce 3) buys 1 at 100             -> rests #1
      ana (nonce 2, expiry 999) buys 1 at 99  -> refused frame_expired 999 1000
      ana (nonce 4) buys 1 at 98              -> rests #2
    `,
      { market: { quantityMax: 4294967295 } },
    );
  });
});

describe("peers' defects: time and restarts", () => {
  test("OrderBook-rs 189, 187: expiry is part of the log, in microseconds of its time", () => {
    plays(`
      ana buys 5 at 100 till 1001   -> rests #1
      time 1001                     -> now
      tick                          -> nothing
      restart                       -> now
      time 1002                     -> now
      tick                          -> due: #1 loses 5 (expired)
      restart                       -> now
      tick                          -> nothing
    `);
  });

  test("exchange-core 61, 62, 64, 59, parity 97, Gajesh/clob 16: all of it comes back", () => {
    plays(`
      ana sells 5 at 100             -> rests #1
      bo  buys  2 at 100             -> trades 2 with #1 at 100, is filled
      cy  buys  4 at  90 day         -> rests #3
      cy  sells 1 at  80 stop 85     -> #4 waits
      cy  sets its timer to 50       -> timer 1050 (was 0)
      restart                        -> now
      book                           -> bids 4@90 asks 3@100
      bo's funds                     -> USD 999800 free, BTC 1000002 free
      bo  buys  1 at 100             -> trades 1 with #1 at 100, is filled
      numbers                        -> accepted 100 0, fill 2 0, fill 2 0
      time 1051                      -> now
      tick                           -> due: #3 loses 4 (dead_man), #4 loses 1 (dead_man),
                                        timer 1050 fires, 2 canceled
    `);
  });

  test("OrderBook-rs 94, 132, 190, 192, 199, 200, 208: nothing depends on where things lie", () => {
    plays(`
      ana buys 1 at 100 id 9         -> rests #1
      ana buys 1 at 100 in m2 id 3   -> rests #2
      ana buys 1 at 100 id 5         -> rests #3
      ana buys 1 at 101 in m2 id 1   -> rests #4
      restart                        -> now
      ana cancels all                -> #1 loses 1 (mass), #2 loses 1 (mass), #3 loses 1 (mass),
                                        #4 loses 1 (mass), 4 canceled
    `);
  });

  test("Gajesh/clob 4, 24: who has no funds is refused in the log, and the log goes on", () => {
    plays(
      `
      ana buys 1 at 100              -> refused insufficient_funds 100 0
      restart                        -> now
      operator pays ana 500 USD ref 5 -> ana gets 500 USD, has 500, reference 5 is used
      ana buys 1 at 100              -> rests #1
    `,
      { funds: 0 },
    );
  });

  test("Gajesh/clob 6: orders can be canceled, one and all", () => {
    plays(`
      ana buys  1 at 100             -> rests #1
      ana sells 1 at 200             -> rests #2
      ana cancels #1                 -> #1 loses 1 (requested)
      ana cancels all                -> #2 loses 1 (mass), 1 canceled
    `);
  });
});

describe("peers' defects: answers", () => {
  test("HyperLiquid.Net 95, hummingbot 6730, Gajesh/clob 5: each command has an answer", () => {
    plays(`
      ana buys 1 at 100 id 7         -> rests #1
      operator sets m2 post_only     -> market 2: open to post_only
      ana buys 1 at 100 id 7; replaces id 8 with 1 at 1; cancels id 8; reduces #1 by 1;
          buys 1 at 100 in m2; cancels all in m2; replaces id 7 with 2 at 99
                                     -> refused duplicate_order_id, refused unknown_order,
                                        refused unknown_order, refused reduce_quantity 1 1,
                                        refused market_state 2 1, 0 canceled,
                                        #1 becomes 2 at 99, rests #1
    `);
  });

  test("OrderBook-rs 184, 185: fills are in the answer, for both, by trade id", () => {
    plays(`
      ana sells 1 at 100             -> rests #1
      ana sells 2 at 101             -> rests #2
      bo  buys  3 at 101; buys 1 at 90
                                     -> trades 1 with #1 at 100, trades 2 with #2 at 101,
                                        is filled, rests #4
      numbers                        -> accepted 303 0, fill 1 0, fill 1 0, fill 2 0, fill 2 0,
                                        accepted 90 0
    `);
  });
});
