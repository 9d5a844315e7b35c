/** Assets and markets: how they open, and which moves between states are legal. */
import { describe, test } from "bun:test";
import { plays } from "./plays.ts";

describe("market states", () => {
  test("open to halted: a halted market takes nothing of orders", () => {
    plays(`
      ana buys 5 at 100               -> rests #1
      ana buys 5 at 100 in m2         -> rests #2
      operator sets m1 halted         -> market 1: open to halted
      ana buys 5 at 100               -> refused market_state 4 1
      ana buys 5 at 100 post-only     -> refused market_state 4 1
      ana replaces #1 with 5 at 99    -> refused market_state 4 1
      ana cancels #1                  -> refused market_state 4 1
      ana reduces #1 by 1             -> refused market_state 4 1
      ana cancels all in m1           -> refused market_state 4 1
      ana cancels all                 -> #2 loses 5 (mass), 1 canceled
      operator sets m1 open           -> market 1: halted to open
      ana cancels all                 -> #1 loses 5 (mass), 1 canceled
    `);
  });

  test("post_only takes post-only orders, and cancels, but no replace", () => {
    plays(`
      ana buys 5 at 100 post-only     -> rests #1
      operator sets m1 post_only      -> market 1: open to post_only
      ana buys 5 at 100               -> refused market_state 2 1
      ana buys 5 at 100 ioc           -> refused market_state 2 1
      ana buys 5 at 100 post-only     -> rests #2
      bo sells 5 at 100 post-only     -> refused post_only_crosses 100 100
      ana replaces #1 with 5 at 99    -> refused market_state 2 1
      ana reduces #1 by 1             -> #1 loses 1, keeps 4
      ana cancels #1                  -> #1 loses 4 (requested)
    `);
  });

  test("cancel_only and closed take cancels", () => {
    plays(`
      ana buys 5 at 100               -> rests #1
      ana buys 5 at 99                -> rests #2
      ana buys 5 at 98                -> rests #3
      operator sets m1 cancel_only    -> market 1: open to cancel_only
      ana buys 5 at 100               -> refused market_state 3 1
      ana buys 5 at 100 post-only     -> refused market_state 3 1
      ana replaces #1 with 5 at 99    -> refused market_state 3 1
      ana reduces #1 by 1             -> #1 loses 1, keeps 4
      ana cancels #1                  -> #1 loses 4 (requested)
      operator sets m1 closed         -> market 1: cancel_only to closed
      ana buys 5 at 100               -> refused market_state 5 1
      ana reduces #2 by 1             -> #2 loses 1, keeps 4
      ana cancels #2                  -> #2 loses 4 (requested)
      ana cancels all in m1           -> #3 loses 5 (mass), 1 canceled
    `);
  });

  test("the table of moves", () => {
    plays(`
      operator sets m1 open         -> refused state_move 1 1
      operator sets m1 closed       -> refused state_move 1 5
      operator sets m1 post_only    -> market 1: open to post_only
      operator sets m1 post_only    -> refused state_move 2 2
      operator sets m1 closed       -> refused state_move 2 5
      operator sets m1 cancel_only  -> market 1: post_only to cancel_only
      operator sets m1 cancel_only  -> refused state_move 3 3
      operator sets m1 post_only    -> market 1: cancel_only to post_only
      operator sets m1 halted       -> market 1: post_only to halted
      operator sets m1 halted       -> refused state_move 4 4
      operator sets m1 post_only    -> market 1: halted to post_only
      operator sets m1 open         -> market 1: post_only to open
      operator sets m1 cancel_only  -> market 1: open to cancel_only
      operator sets m1 open         -> market 1: cancel_only to open
      operator sets m1 halted       -> market 1: open to halted
      operator sets m1 cancel_only  -> market 1: halted to cancel_only
      operator sets m1 halted       -> market 1: cancel_only to halted
      operator sets m1 open         -> market 1: halted to open
      operator sets m1 halted       -> market 1: open to halted
      operator sets m1 closed       -> market 1: halted to closed
      operator sets m1 open         -> refused state_move 5 1
      operator sets m1 post_only    -> refused state_move 5 2
      operator sets m1 cancel_only  -> refused state_move 5 3
      operator sets m1 halted       -> refused state_move 5 4
      operator sets m1 closed       -> refused state_move 5 5
      operator sets m3 halted       -> refused unknown_market 3 0
    `);
  });
});

describe("opening", () => {
  test("assets: each id once, up to the maximum", () => {
    plays(`
      operator opens asset 2   -> refused asset_exists 2 0
      operator opens asset 70000  -> asset 70000 is open
      operator opens asset 70000  -> refused asset_exists 70000 0
      operator opens asset 4   -> refused assets_full 3 3
    `);
  });

  test("markets: known assets, free ids, up to the maximum", () => {
    plays(`
      operator opens market 3 of 7 and 8       -> refused unknown_asset 7 0
      operator opens market 3 of 2 and 8       -> refused unknown_asset 8 0
      operator opens market 2                  -> refused market_exists 2 0
      operator opens market 3 times 3          -> refused markets_full 5 4
      operator opens market 3                  -> 1 markets from 3 are open
      ana buys 1 at 100 in m3                  -> rests #1
      operator opens market 99999              -> 1 markets from 99999 are open
      ana buys 1 at 100 in m99999              -> rests #2
      operator opens market 5                  -> refused markets_full 5 4
    `);
  });

  test("ranges: all of it or nothing, the lowest id that is taken is named", () => {
    plays(
      `
      operator opens market 6                    -> 1 markets from 6 are open
      operator opens market 7                    -> 1 markets from 7 are open
      operator opens market 5 times 3            -> refused market_exists 6 0
      operator opens market 4 times 5            -> refused market_exists 6 0
      operator opens market 3 times 3            -> 3 markets from 3 are open
      operator opens market 1 times 3            -> refused market_exists 1 0
      ana buys 1 at 100 in m5                    -> rests #1
      ana buys 1 at 100 in m8                    -> refused unknown_market 8 0
      operator opens market 8 times 4000000000   -> refused markets_full 4000000007 20
    `,
      { limits: { marketsMax: 20 } },
    );
  });
});
