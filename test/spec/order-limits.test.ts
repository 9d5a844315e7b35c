/** The rules of a market on price, quantity and number of orders; ids; the shard's own limits. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

const MARKET = {
  priceStep: 5,
  quantityStep: 2,
  quantityMin: 4,
  quantityMax: 10,
  priceMin: 100,
  priceMax: 200,
};

describe("price and quantity", () => {
  test("are multiples of the steps and within their bounds, which belong to them", () => {
    plays(
      `
      ana buys 4 at 102   -> refused tick 102 5
      ana buys 5 at 100   -> refused lot 5 2
      ana buys 2 at 100   -> refused quantity_min 2 4
      ana buys 12 at 100  -> refused quantity_max 12 10
      ana buys 4 at 95    -> refused price_band 95 100
      ana buys 4 at 205   -> refused price_band 205 200
      ana buys 4 at 100   -> rests #1
      ana sells 10 at 200 -> rests #2
    `,
      { market: MARKET },
    );
  });

  test("are looked at in the order of the rules", () => {
    plays(
      `
      ana buys 3 at 97 in m9  -> refused unknown_market 9 0
      ana buys 3 at 97        -> refused tick 97 5
      ana buys 3 at 95        -> refused lot 3 2
      ana buys 2 at 95        -> refused quantity_min 2 4
    `,
      { market: MARKET },
    );
  });
});

describe("client order ids", () => {
  test("are unique among the account's open orders, in all markets", () => {
    plays(`
      ana buys 5 at 100 id 7           -> rests #1
      ana buys 5 at 100 id 7           -> refused duplicate_order_id
      ana sells 5 at 100 ioc id 7      -> refused duplicate_order_id
      ana buys 5 at 100 in m2 id 7     -> refused duplicate_order_id
      bo  buys 5 at 100 id 7           -> rests #2
      ana cancels id 7                 -> #1 loses 5 (requested)
      ana buys 5 at 100 in m2 id 7     -> rests #3
    `);
  });

  test("have all 64 bits", () => {
    plays(`
      ana buys 1 at 100 id 0                      -> rests #1
      ana buys 1 at 100 id 18446744073709551615   -> rests #2
      ana buys 1 at 100 id 4294967296             -> rests #3
      ana buys 1 at 100 id 9223372036854775808    -> rests #4
      ana buys 1 at 100 id 4294967296             -> refused duplicate_order_id
      ana cancels id 9223372036854775808          -> #4 loses 1 (requested)
      ana cancels id 18446744073709551615         -> #2 loses 1 (requested)
      ana cancels id 0                            -> #1 loses 1 (requested)
    `);
  });
});

describe("open orders", () => {
  test("have a maximum per account and market, for orders that rest", () => {
    plays(
      `
      ana buys 1 at 100        -> rests #1
      ana sells 1 at 200       -> rests #2
      ana buys 1 at 100        -> refused open_orders_max 2 2
      ana buys 1 at 100 ioc    -> #3 loses 1 (immediate)
      ana buys 1 at 100 in m2  -> rests #4
      bo  buys 1 at 100        -> rests #5
      ana cancels #1           -> #1 loses 1 (requested)
      ana buys 1 at 100        -> rests #6
    `,
      { market: { openOrdersMax: 2 } },
    );
  });

  test("have a maximum per shard", () => {
    plays(
      `
      ana buys 1 at 100        -> rests #1
      bo  buys 1 at 101 in m2  -> rests #2
      ana buys 1 at 100        -> rests #3
      ana buys 1 at 100        -> refused orders_full 3 3
      bo  sells 1 at 300 ioc   -> #4 loses 1 (immediate)
      bo  sells 2 at 100 ioc   -> trades 1 with #1 at 100, trades 1 with #3 at 100, is filled
      ana buys 1 at 100        -> rests #6
    `,
      { limits: { ordersMax: 3 } },
    );
  });
});
