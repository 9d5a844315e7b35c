/**
 * Conformance, second part: what a public benchmark of matching engines probes about priority,
 * prices, sweeps and replaces, in plays of our own. Behind each line stands the whole book.
 */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

const BOOKS = { books: true };

describe("conformance: price and time", () => {
  test("fifo_priority: the first at a price is the first to trade", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      bo  sells 3 at 200   -> rests #2 | bids - asks 6@200
      cy  buys  3 at 200   -> trades 3 with #1 at 200, is filled | bids - asks 3@200
    `,
      BOOKS,
    );
  });

  test("fifo_same_price_multi_aggressor: who comes next finds the queue as it was left", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      bo  sells 3 at 200   -> rests #2 | bids - asks 6@200
      cy  sells 3 at 200   -> rests #3 | bids - asks 9@200
      dee buys  4 at 200   -> trades 3 with #1 at 200, trades 1 with #2 at 200, is filled
                              | bids - asks 5@200
      dee buys  4 at 200   -> trades 2 with #2 at 200, trades 2 with #3 at 200, is filled
                              | bids - asks 1@200
    `,
      BOOKS,
    );
  });

  test("price_priority_both_sides_reverse_arrival: the last to come may be the best", () => {
    plays(
      `
      ana sells 1 at 210   -> rests #1 | bids - asks 1@210
      ana sells 2 at 205   -> rests #2 | bids - asks 2@205 1@210
      bo  buys  2 at 210   -> trades 2 with #2 at 205, is filled | bids - asks 1@210
      ana buys  1 at 180   -> rests #4 | bids 1@180 asks 1@210
      ana buys  2 at 190   -> rests #5 | bids 2@190 1@180 asks 1@210
      ana buys  4 at 185   -> rests #6 | bids 2@190 4@185 1@180 asks 1@210
      bo  sells 7 at 180   -> trades 2 with #5 at 190, trades 4 with #6 at 185,
                              trades 1 with #4 at 180, is filled | bids - asks 1@210
    `,
      BOOKS,
    );
  });

  test("taker_price_both_directions: the resting order's price, whoever arrives", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      bo  buys  3 at 220   -> trades 3 with #1 at 200, is filled | bids - asks -
      ana buys  3 at 300   -> rests #3 | bids 3@300 asks -
      bo  sells 3 at 280   -> trades 3 with #3 at 300, is filled | bids - asks -
      bo's funds           -> USD 1000300 free, BTC 1000000 free
    `,
      BOOKS,
    );
  });

  test("limit_order_stops_at_own_price: and what is left rests there", () => {
    plays(
      `
      ana sells 2 at 200   -> rests #1 | bids - asks 2@200
      ana sells 5 at 210   -> rests #2 | bids - asks 2@200 5@210
      bo  buys  6 at 205   -> trades 2 with #1 at 200, rests #3 with 4 | bids 4@205 asks 5@210
      cy  sells 4 at 205   -> trades 4 with #3 at 205, is filled | bids - asks 5@210
    `,
      BOOKS,
    );
  });

  test("wide_in_domain_price_ceiling: from the lowest price to the highest", () => {
    plays(
      `
      ana sells 3 at 4294967295   -> rests #1 | bids - asks 3@4294967295
      ana buys  3 at 1            -> rests #2 | bids 3@1 asks 3@4294967295
      bo  buys  3 at 4294967295   -> trades 3 with #1 at 4294967295, is filled | bids 3@1 asks -
      bo  sells 3 at 1            -> trades 3 with #2 at 1, is filled | bids - asks -
    `,
      { ...BOOKS, funds: 2 ** 40, market: { priceMax: 4294967295 } },
    );
  });
});

describe("conformance: fills to the lot", () => {
  test("exact_multilevel_boundary: three levels, to the last lot and no further", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      ana sells 2 at 201   -> rests #2 | bids - asks 1@200 2@201
      ana sells 4 at 202   -> rests #3 | bids - asks 1@200 2@201 4@202
      bo  buys  7 at 202   -> trades 1 with #1 at 200, trades 2 with #2 at 201,
                              trades 4 with #3 at 202, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("phantom_trade_exact_exhaust: who is filled by the first does not touch the second", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      bo  sells 3 at 200   -> rests #2 | bids - asks 6@200
      cy  buys  3 at 200   -> trades 3 with #1 at 200, is filled | bids - asks 3@200
      numbers              -> accepted 600 0, fill 1 0, fill 1 0
    `,
      BOOKS,
    );
  });

  test("partial_fill_exact_residual_drain: the last lots of a level leave none", () => {
    plays(
      `
      ana sells 9 at 200       -> rests #1 | bids - asks 9@200
      bo  buys  4 at 200       -> trades 4 with #1 at 200, is filled | bids - asks 5@200
      bo  buys  5 at 200       -> trades 5 with #1 at 200, is filled | bids - asks -
      bo  buys  1 at 200 ioc   -> #4 loses 1 (immediate) | bids - asks -
    `,
      BOOKS,
    );
  });

  test("same_level_full_double_consume: two makers whole, and the rest waits for the third", () => {
    plays(
      `
      ana sells 3 at 9   -> rests #1 | bids - asks 3@9
      bo  sells 4 at 9   -> rests #2 | bids - asks 7@9
      cy  buys 10 at 9   -> trades 3 with #1 at 9, trades 4 with #2 at 9, rests #3 with 3
                            | bids 3@9 asks -
      ana sells 3 at 9   -> trades 3 with #3 at 9, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("ioc_partial_fill_must_not_rest: neither its rest nor all of it", () => {
    plays(
      `
      ana sells 3 at 200       -> rests #1 | bids - asks 3@200
      bo  buys  5 at 200 ioc   -> trades 3 with #1 at 200, #2 loses 2 (immediate) | bids - asks -
      ana sells 2 at 200 ioc   -> #3 loses 2 (immediate) | bids - asks -
    `,
      BOOKS,
    );
  });

  test("multi_level_ioc_sweep: the best first, though it came last", () => {
    plays(
      `
      ana sells 1 at 202       -> rests #1 | bids - asks 1@202
      ana sells 2 at 201       -> rests #2 | bids - asks 2@201 1@202
      ana sells 4 at 200       -> rests #3 | bids - asks 4@200 2@201 1@202
      bo  buys  7 at 202 ioc   -> trades 4 with #3 at 200, trades 2 with #2 at 201,
                                  trades 1 with #1 at 202, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("sweep_residual_becomes_bbo: what a sweep leaves over is the best price", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      ana sells 2 at 201   -> rests #2 | bids - asks 1@200 2@201
      bo  buys  5 at 201   -> trades 1 with #1 at 200, trades 2 with #2 at 201, rests #3 with 2
                              | bids 2@201 asks -
      cy  sells 2 at 201   -> trades 2 with #3 at 201, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("post_sweep_book_health: after a sweep the levels work as before it", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      ana sells 2 at 201   -> rests #2 | bids - asks 1@200 2@201
      ana sells 4 at 202   -> rests #3 | bids - asks 1@200 2@201 4@202
      bo  buys  7 at 202   -> trades 1 with #1 at 200, trades 2 with #2 at 201,
                              trades 4 with #3 at 202, is filled | bids - asks -
      ana sells 3 at 201   -> rests #5 | bids - asks 3@201
      bo  buys  3 at 201   -> trades 3 with #5 at 201, is filled | bids - asks -
      ana sells 3 at 203   -> rests #7 | bids - asks 3@203
      bo  buys  3 at 203   -> trades 3 with #7 at 203, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("deep_recursive_sweep_5000: one order through five thousand levels", () => {
    const count = 5000;
    const counted = Array.from({ length: count }, (_, i) => i + 1);
    const trades = counted.map((n) => `trades 1 with #${n} at ${1000 + n}`).join(", ");
    const lines = [
      ...counted.map((n) => `ana sells 1 at ${1000 + n} -> rests #${n}`),
      `bo buys ${count} at ${1000 + count} -> ${trades}, is filled`,
      "book -> bids - asks -",
    ];
    const limits = { ordersMax: 8000, reportsPerRecordMax: 65_536 };
    plays(lines.join("\n"), { funds: 2 ** 40, limits, market: { openOrdersMax: 8000 } });
  });
});

describe("conformance: replaces", () => {
  test("modify_into_cross: a replaced order may trade at once", () => {
    plays(
      `
      ana sells 3 at 200             -> rests #1 | bids - asks 3@200
      bo  buys  3 at 195             -> rests #2 | bids 3@195 asks 3@200
      bo  replaces #2 with 3 at 200  -> #2 becomes 3 at 200, trades 3 with #1 at 200, is filled
                                        | bids - asks -
    `,
      BOOKS,
    );
  });

  test("modify_into_cross_price_improvement: at the price of who rests, on either side", () => {
    plays(
      `
      ana sells 3 at 200             -> rests #1 | bids - asks 3@200
      bo  buys  3 at 180             -> rests #2 | bids 3@180 asks 3@200
      bo  replaces #2 with 3 at 220  -> #2 becomes 3 at 220, trades 3 with #1 at 200, is filled
                                        | bids - asks -
      ana buys  3 at 300             -> rests #3 | bids 3@300 asks -
      bo  sells 3 at 320             -> rests #4 | bids 3@300 asks 3@320
      bo  replaces #4 with 3 at 280  -> #4 becomes 3 at 280, trades 3 with #3 at 300, is filled
                                        | bids - asks -
    `,
      BOOKS,
    );
  });

  test("modify_partially_filled_residual: the new quantity is what is open from now on", () => {
    plays(
      `
      ana sells 5 at 200             -> rests #1 | bids - asks 5@200
      bo  buys  2 at 200             -> trades 2 with #1 at 200, is filled | bids - asks 3@200
      ana replaces #1 with 3 at 201  -> #1 becomes 3 at 201, rests #1 with 3 | bids - asks 3@201
      bo  buys  3 at 201             -> trades 3 with #1 at 201, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("modify_shared_level_sibling_survives: who leaves a level leaves the other there", () => {
    plays(
      `
      ana sells 3 at 200             -> rests #1 | bids - asks 3@200
      bo  sells 4 at 200             -> rests #2 | bids - asks 7@200
      ana replaces #1 with 3 at 203  -> #1 becomes 3 at 203, rests #1 | bids - asks 4@200 3@203
      cy  buys  4 at 200             -> trades 4 with #2 at 200, is filled | bids - asks 3@203
    `,
      BOOKS,
    );
  });
});
