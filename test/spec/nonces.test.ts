/** Nonces: a frame has its effect once, in whatever order and however often it comes. */
import { describe, test } from "bun:test";
import { NONCE_AHEAD_MAX } from "../../src/protocol/codes.ts";
import { plays } from "./plays.ts";

describe("nonces", () => {
  test("work once", () => {
    plays(`
      ana (nonce 5) buys 1 at 100  -> rests #1
      ana (nonce 5) buys 1 at 100  -> refused duplicate 5 5, unnumbered
      ana (nonce 3) buys 1 at 100  -> rests #2
      ana (nonce 3) buys 1 at 100  -> refused duplicate 3 5, unnumbered
      ana (nonce 6) buys 1 at 100  -> rests #3
      book                         -> bids 3@100 asks -
    `);
  });

  test("are used up by a refused frame too", () => {
    plays(`
      ana (nonce 5) buys 1 at 100 in m9  -> refused unknown_market 9 0
      ana (nonce 5) buys 1 at 100        -> refused duplicate 5 5, unnumbered
    `);
  });

  test("reach back 1,023 and no further", () => {
    plays(`
      ana (nonce 2000) buys 1 at 100  -> rests #1
      ana (nonce 976)  buys 1 at 100  -> refused nonce_too_old 976 977, unnumbered
      ana (nonce 977)  buys 1 at 100  -> rests #2
      ana (nonce 977)  buys 1 at 100  -> refused duplicate 977 2000, unnumbered
      ana (nonce 2001) buys 1 at 100  -> rests #3
      ana (nonce 977)  buys 1 at 100  -> refused nonce_too_old 977 978, unnumbered
    `);
  });

  test("the window forgets what it passed over", () => {
    plays(`
      ana (nonce 10)   buys 1 at 100  -> rests #1
      ana (nonce 900)  buys 1 at 100  -> rests #2
      ana (nonce 1040) buys 1 at 100  -> rests #3
      ana (nonce 1034) buys 1 at 100  -> rests #4
      ana (nonce 1034) buys 1 at 100  -> refused duplicate 1034 1040, unnumbered
      ana (nonce 900)  buys 1 at 100  -> refused duplicate 900 1040, unnumbered
      ana (nonce 9000) buys 1 at 100  -> rests #5
      ana (nonce 8208) buys 1 at 100  -> rests #6
      ana (nonce 8068) buys 1 at 100  -> rests #7
      ana (nonce 9000) buys 1 at 100  -> refused duplicate 9000 9000, unnumbered
    `);
  });

  test("a gap is free, though its place in the window was used before", () => {
    plays(`
      ana (nonce 1)    buys 1 at 100  -> rests #1
      ana (nonce 1024) buys 1 at 100  -> rests #2
      ana (nonce 1030) buys 1 at 100  -> rests #3
      ana (nonce 1025) buys 1 at 100  -> rests #4
      ana (nonce 1025) buys 1 at 100  -> refused duplicate 1025 1030, unnumbered
    `);
  });

  test("reach ahead 2^20 and no further", () => {
    const far = 1 + NONCE_AHEAD_MAX;
    plays(`
      ana (nonce 1) buys 1 at 100           -> rests #1
      ana (nonce ${far + 1}) buys 1 at 100  -> refused nonce_too_far ${far + 1} ${far}, unnumbered
      ana (nonce ${far}) buys 1 at 100      -> rests #2
    `);
  });

  test("have all their bits in the ids of orders", () => {
    const leaps = Array.from({ length: 4096 }, (_, i) => 5 + (i + 1) * NONCE_AHEAD_MAX)
      .map((nonce) => `ana (nonce ${nonce}) cancels id 9 -> refused unknown_order`)
      .join("\n");
    plays(`
      ana (nonce 5) buys 1 at 100           -> rests #1
      ${leaps}
      ana (nonce ${2 ** 32 + 6}) buys 1 at 100; buys 1 at 101  -> rests #2, rests #3
      ana cancels #1; cancels #3            -> #1 loses 1 (requested), #3 loses 1 (requested)
    `);
  });

  test("are each key's own", () => {
    plays(`
      ana adds key for trade as k2          -> ana has a new key
      ana (nonce 7) buys 1 at 100           -> rests #1
      ana (key k2, nonce 7) buys 1 at 100   -> rests #2
      ana (key k2, nonce 7) buys 1 at 100   -> refused duplicate 7 7, unnumbered
    `);
  });
});

describe("frames", () => {
  test("expire after their time, all commands of them", () => {
    plays(`
      time 5000                                             -> now
      ana (expiry 5000) buys 1 at 100                       -> rests #1
      ana (expiry 4999) buys 1 at 100                       -> refused frame_expired 4999 5000
      ana (expiry 4999, nonce 9) buys 1 at 100; cancels #1  -> refused frame_expired 4999 5000,
            refused frame_expired 4999 5000
      ana (nonce 9) buys 1 at 100                           -> refused duplicate 9 9, unnumbered
    `);
  });

  test("are batches: each command has its own answer", () => {
    plays(`
      ana sells 5 at 100; buys 1 at 0100 in m9; sells 5 at 101  -> rests #1,
            refused unknown_market 9 0, rests #2
      bo  buys 7 at 101; buys 5 at 101; cancels all             -> trades 5 with #1 at 100,
            trades 2 with #2 at 101, is filled, trades 3 with #2 at 101, rests #4 with 2,
            #4 loses 2 (mass), 1 canceled
    `);
  });
});
