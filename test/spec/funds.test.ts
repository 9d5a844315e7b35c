/** Money: what an order holds, what a trade moves, what comes back; deposits and withdrawals. */
import { describe, test } from "bun:test";
import { AMOUNT_MAX } from "../../src/protocol/codes.ts";
import { plays } from "./plays.ts";

describe("funds", () => {
  test("a buy holds quote, a sell holds base, and nothing is lent", () => {
    plays(
      `
      ana buys  5 at 100      -> rests #1
      ana's funds             -> USD 100 free 500 held, BTC 600 free
      ana buys  1 at 101      -> refused insufficient_funds 101 100
      ana buys  1 at 100      -> rests #2
      ana sells 601 at 200    -> refused insufficient_funds 601 600
      ana sells 600 at 200    -> rests #3
      ana's funds             -> USD 0 free 600 held, BTC 0 free 600 held
    `,
      { funds: 600 },
    );
  });

  test("an account without the asset has nothing", () => {
    plays(
      `
      ana buys  1 at 1     -> refused insufficient_funds 1 0
      ana withdraws 1 USD  -> refused insufficient_funds 1 0
    `,
      { funds: 0 },
    );
  });

  test("fees are rounded down per fill: one for who rests, one for who arrives", () => {
    plays(
      `
      ana sells 5 at 199  -> rests #1
      bo  buys  5 at 199  -> trades 5 with #1 at 199 (fees 0 and 1), is filled
      bo's funds          -> USD 999004 free, BTC 1000005 free
      ana's funds         -> USD 1000995 free, BTC 999995 free
      bo  buys  9 at 222  -> rests #3
      ana sells 9 at 222  -> trades 9 with #3 at 222 (fees 1 and 3), is filled
      ana's funds         -> USD 1002990 free, BTC 999986 free
      bo's funds          -> USD 997005 free, BTC 1000014 free
    `,
      // 995 x 0.1 % = 0.995 and x 0.2 % = 1.99; 1,998 x 0.1 % = 1.998 and x 0.2 % = 3.996.
      { market: { makerFeePpm: 1000, takerFeePpm: 2000 } },
    );
  });

  test("a buy holds the higher of the two fees too, and what was not needed comes back", () => {
    plays(
      `
      bo  buys 10 at 100   -> rests #1
      bo's funds           -> USD 998980 free 1020 held, BTC 1000000 free
      ana sells 4 at 100   -> trades 4 with #1 at 100 (fees 4 and 8), is filled
      bo's funds           -> USD 998984 free 612 held, BTC 1000004 free
      bo cancels #1        -> #1 loses 6 (requested)
      bo's funds           -> USD 999596 free, BTC 1000004 free
    `,
      { market: { makerFeePpm: 10_000, takerFeePpm: 20_000 } },
    );
  });

  test("a fee may be all of it", () => {
    plays(
      `
      ana sells 3 at 100  -> rests #1
      bo  buys  3 at 100  -> trades 3 with #1 at 100 (fees 300 and 300), is filled
      ana's funds         -> USD 1000000 free, BTC 999997 free
      bo's funds          -> USD 999400 free, BTC 1000003 free
    `,
      { market: { makerFeePpm: 1_000_000, takerFeePpm: 1_000_000 } },
    );
  });

  test("lots and ticks have their worth", () => {
    plays(
      `
      ana sells 3 at 10  -> rests #1
      ana's funds        -> USD 1000000 free, BTC 999700 free 300 held
      bo  buys  2 at 11  -> trades 2 with #1 at 10, is filled
      bo's funds         -> USD 999860 free, BTC 1000200 free
    `,
      { market: { lotUnits: 100, tickValue: 7 } },
    );
  });

  test("amounts stay below 2^53, on either side", () => {
    plays(
      `
      ana buys  3 at 4294967295   -> refused amount_overflow 4294967295 3
      ana sells 3 at 4294967295   -> refused amount_overflow 4294967295 3
      ana sells 2147483648 at 1   -> refused amount_overflow 1 2147483648
      ana buys  2147483648 at 1   -> refused amount_overflow 1 2147483648
      ana buys  1 at 2097151      -> refused insufficient_funds 9007194957676545 1000000
    `,
      {
        market: {
          tickValue: 4294967295,
          lotUnits: 4194304,
          priceMax: 4294967295,
          quantityMax: 4294967295,
        },
      },
    );
  });
});

describe("withdraw and deposit", () => {
  test("a withdrawal takes free funds only", () => {
    plays(`
      ana buys 5 at 100              -> rests #1
      ana withdraws 999501 USD       -> refused insufficient_funds 999501 999500
      ana withdraws 999500 USD       -> 999500 USD gone, 0 left
      ana withdraws 1 asset3         -> refused unknown_asset 3 0
    `);
  });

  test("a deposit needs a known account and asset and a rising reference", () => {
    plays(`
      operator pays ana 5 USD ref 2000000     -> ana gets 5 USD, has 1000005,
                                                 reference 2000000 is used
      operator pays ana 5 USD ref 2000000     -> refused reference 2000000 2000000
      operator pays ana 5 USD ref 1999999     -> refused reference 1999999 2000000
      clerk    pays ana 5 BTC ref 1           -> ana gets 5 BTC, has 1000005, reference 1 is used
      operator pays 9 5 USD                   -> refused unknown_account 9 0
      operator pays operator 5 USD            -> refused unknown_account
      operator pays ana 5 asset3              -> refused unknown_asset 3 0
    `);
  });

  test("all deposits of an asset stay below 2^53", () => {
    plays(
      `
      operator pays ana ${AMOUNT_MAX} USD ref 1  -> ana gets ${AMOUNT_MAX} USD, has ${AMOUNT_MAX},
                                                    reference 1 is used
      operator pays bo  1 USD ref 2              -> refused deposits_max 1 ${AMOUNT_MAX}
      ana withdraws 5 USD                        -> 5 USD gone, ${AMOUNT_MAX - 5} left
      operator pays bo  1 USD ref 2              -> refused deposits_max 1 ${AMOUNT_MAX}
    `,
      { funds: 0 },
    );
  });
});
