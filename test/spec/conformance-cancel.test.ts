/**
 * Conformance, first part: what a public benchmark of matching engines probes about cancels, stale
 * messages and ids, in plays of our own. Behind each line stands the whole book: a level that is
 * left over and heals before it trades would be seen there and nowhere else.
 */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

const BOOKS = { books: true };

describe("conformance: cancels", () => {
  test("cancel_best_ask_minimal_reprobe: behind the best ask the next is the best", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      ana sells 4 at 207   -> rests #2 | bids - asks 3@200 4@207
      ana cancels #1       -> #1 loses 3 (requested) | bids - asks 4@207
      bo  buys  4 at 207   -> trades 4 with #2 at 207, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("cancel_best_level_minimal_reprobe: behind the best bid the next is the best", () => {
    plays(
      `
      ana buys  3 at 200   -> rests #1 | bids 3@200 asks -
      ana buys  4 at 193   -> rests #2 | bids 3@200 4@193 asks -
      ana cancels #1       -> #1 loses 3 (requested) | bids 4@193 asks -
      bo  sells 4 at 193   -> trades 4 with #2 at 193, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("cancel_empties_entire_side_then_refill: an empty side fills again", () => {
    plays(
      `
      ana buys  3 at 200   -> rests #1 | bids 3@200 asks -
      ana cancels #1       -> #1 loses 3 (requested) | bids - asks -
      ana buys  4 at 150   -> rests #2 | bids 4@150 asks -
      bo  sells 3 at 200   -> rests #3 | bids 4@150 asks 3@200
      bo  sells 4 at 150   -> trades 4 with #2 at 150, is filled | bids - asks 3@200
    `,
      BOOKS,
    );
  });

  test("cancel_head_then_sweep: without the first of the queue the second is the first", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      bo  sells 2 at 200   -> rests #2 | bids - asks 3@200
      cy  sells 3 at 200   -> rests #3 | bids - asks 6@200
      ana cancels #1       -> #1 loses 1 (requested) | bids - asks 5@200
      dee buys  5 at 200   -> trades 2 with #2 at 200, trades 3 with #3 at 200, is filled
                              | bids - asks -
    `,
      BOOKS,
    );
  });

  test("cancel_middle_then_sweep: the queue closes behind who leaves its middle", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      bo  sells 2 at 200   -> rests #2 | bids - asks 3@200
      cy  sells 3 at 200   -> rests #3 | bids - asks 6@200
      bo  cancels #2       -> #2 loses 2 (requested) | bids - asks 4@200
      dee buys  4 at 200   -> trades 1 with #1 at 200, trades 3 with #3 at 200, is filled
                              | bids - asks -
    `,
      BOOKS,
    );
  });

  test("deep_fifo_scattered_cancel: whoever leaves, the others keep their order", () => {
    const counted = Array.from({ length: 12 }, (_, i) => i + 1);
    const left = counted.filter((n) => n % 3 !== 2);
    const lines = [
      ...counted.map((n) => `ana buys 1 at 200 -> rests #${n}`),
      ...counted.filter((n) => n % 3 === 2).map((n) => `ana cancels #${n} -> ${lost(n)}`),
      "book -> bids 8@200 asks -",
      `bo sells 8 at 200 -> ${left.map((n) => `trades 1 with #${n} at 200`).join(", ")}, is filled`,
      "book -> bids - asks -",
    ];
    plays(lines.join("\n"));
  });

  test("two_level_cancel_sell_priority: cancels leave price and time in order", () => {
    plays(
      `
      ana sells 1 at 200   -> rests #1 | bids - asks 1@200
      ana sells 2 at 200   -> rests #2 | bids - asks 3@200
      ana sells 4 at 201   -> rests #3 | bids - asks 3@200 4@201
      ana sells 8 at 201   -> rests #4 | bids - asks 3@200 12@201
      ana cancels #2       -> #2 loses 2 (requested) | bids - asks 1@200 12@201
      ana cancels #3       -> #3 loses 4 (requested) | bids - asks 1@200 8@201
      bo  buys  9 at 201   -> trades 1 with #1 at 200, trades 8 with #4 at 201, is filled
                              | bids - asks -
    `,
      BOOKS,
    );
  });

  test("partial_fill_then_cancel: only what is open can be canceled", () => {
    plays(
      `
      ana sells 9 at 200   -> rests #1 | bids - asks 9@200
      bo  buys  5 at 200   -> trades 5 with #1 at 200, is filled | bids - asks 4@200
      ana cancels #1       -> #1 loses 4 (requested) | bids - asks -
    `,
      BOOKS,
    );
  });
});

function lost(order: number): string {
  return `#${order} loses 1 (requested)`;
}

describe("conformance: messages about orders that are not there", () => {
  test("cancel_never_issued_id: an id that nobody ever had", () => {
    plays(
      `
      ana cancels id 77              -> refused unknown_order | bids - asks -
      ana replaces id 77 with 1 at 1 -> refused unknown_order | bids - asks -
      ana reduces id 77 by 1         -> refused unknown_order | bids - asks -
    `,
      BOOKS,
    );
  });

  test("large_order_id_ceiling: the largest ids are ids like any other", () => {
    plays(
      `
      ana cancels id 18446744073709551615           -> refused unknown_order | bids - asks -
      ana buys 2 at 200 id 18446744073709551615     -> rests #1 | bids 2@200 asks -
      ana buys 3 at 200 id 18446744073709551614     -> rests #2 | bids 5@200 asks -
      ana cancels id 18446744073709551615           -> #1 loses 2 (requested) | bids 3@200 asks -
      ana replaces id 18446744073709551614 with 1 at 201
                                     -> #2 becomes 1 at 201, rests #2 | bids 1@201 asks -
    `,
      BOOKS,
    );
  });

  test("full_fill_then_stale_cancel: a filled order is gone", () => {
    plays(
      `
      ana sells 3 at 200   -> rests #1 | bids - asks 3@200
      bo  buys  3 at 200   -> trades 3 with #1 at 200, is filled | bids - asks -
      ana cancels #1       -> refused unknown_order | bids - asks -
      bo  cancels #2       -> refused unknown_order | bids - asks -
    `,
      BOOKS,
    );
  });

  test("stale_modify_after_full_fill: nor can it be replaced", () => {
    plays(
      `
      ana sells 3 at 200             -> rests #1 | bids - asks 3@200
      bo  buys  3 at 200             -> trades 3 with #1 at 200, is filled | bids - asks -
      ana replaces #1 with 3 at 201  -> refused unknown_order | bids - asks -
      ana reduces #1 by 1            -> refused unknown_order | bids - asks -
    `,
      BOOKS,
    );
  });

  test("stale_ops_after_cancel: a canceled order is gone too", () => {
    plays(
      `
      ana buys 3 at 200              -> rests #1 | bids 3@200 asks -
      ana cancels #1                 -> #1 loses 3 (requested) | bids - asks -
      ana cancels #1                 -> refused unknown_order | bids - asks -
      ana replaces #1 with 3 at 201  -> refused unknown_order | bids - asks -
    `,
      BOOKS,
    );
  });

  test("reuse_id_after_cancel: its id is free, for the other side as well", () => {
    plays(
      `
      ana buys  3 at 200 id 7   -> rests #1 | bids 3@200 asks -
      ana cancels id 7          -> #1 loses 3 (requested) | bids - asks -
      ana sells 4 at 300 id 7   -> rests #2 | bids - asks 4@300
      bo  buys  4 at 300 id 7   -> trades 4 with #2 at 300, is filled | bids - asks -
    `,
      BOOKS,
    );
  });

  test("reuse_id_after_full_fill: after its last lot, likewise", () => {
    plays(
      `
      ana buys  3 at 200 id 7   -> rests #1 | bids 3@200 asks -
      bo  sells 3 at 200        -> trades 3 with #1 at 200, is filled | bids - asks -
      ana sells 4 at 300 id 7   -> rests #3 | bids - asks 4@300
      ana cancels id 7          -> #3 loses 4 (requested) | bids - asks -
    `,
      BOOKS,
    );
  });
});
