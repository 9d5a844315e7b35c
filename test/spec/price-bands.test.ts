/** Price bands: no order, stop price or new price of an order lies outside its market's bounds. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

const BAND = { market: { priceMin: 100, priceMax: 200 } };

describe("the price band", () => {
  test("holds for buys and sells, and its bounds belong to it", () => {
    plays(
      `
      ana buys  1 at  99  -> refused price_band 99 100
      ana sells 1 at  99  -> refused price_band 99 100
      ana buys  1 at 201  -> refused price_band 201 200
      ana sells 1 at 201  -> refused price_band 201 200
      ana buys  1 at 100  -> rests #1
      ana sells 1 at 200  -> rests #2
      ana buys  1 at 201 in m2  -> rests #3
    `,
      BAND,
    );
  });

  test("holds for immediate orders, with their limit or their protection price", () => {
    plays(
      `
      ana sells 1 at 200             -> rests #1
      bo  buys  1 at 201 ioc         -> refused price_band 201 200
      bo  buys  1 at 201 fok         -> refused price_band 201 200
      bo  buys  1 at 201 market      -> refused price_band 201 200
      bo  buys  1 at 200 market      -> trades 1 with #1 at 200, is filled
    `,
      BAND,
    );
  });

  test("is where a market order with a budget and no price ends", () => {
    plays(
      `
      ana sells 1 at 200                  -> rests #1
      bo  buys  2 at 0 market budget 500  -> trades 1 with #1 at 200, #2 loses 1 (immediate)
      ana buys  1 at 100                  -> rests #3
      bo  sells 2 at 0 market budget 500  -> trades 1 with #3 at 100, #4 loses 1 (immediate)
    `,
      BAND,
    );
  });

  test("holds for replaces, which leave the order as it was", () => {
    plays(
      `
      ana buys  1 at 150             -> rests #1
      ana replaces #1 with 1 at 99   -> refused price_band 99 100
      ana replaces #1 with 1 at 201  -> refused price_band 201 200
      book                           -> bids 1@150 asks -
    `,
      BAND,
    );
  });

  test("holds for both prices of a stop, the limit first", () => {
    plays(
      `
      ana buys  1 at 201 stop  99  -> refused price_band 201 200
      ana buys  1 at 200 stop  99  -> refused price_band 99 100
      ana sells 1 at 100 stop 201  -> refused price_band 201 200
      ana sells 1 at 100 stop 200  -> #1 waits
      ana buys  1 at 200 stop 100  -> #2 waits
    `,
      BAND,
    );
  });

  test("may be one price", () => {
    plays(
      `
      ana sells 1 at 100           -> rests #1
      bo  buys  1 at 101           -> refused price_band 101 100
      bo  buys  1 at 100 sliding   -> refused post_only_crosses 100 100
      bo  buys  1 at 100           -> trades 1 with #1 at 100, is filled
    `,
      { market: { priceMin: 100, priceMax: 100 } },
    );
  });
});
