/**
 * What an arriving order may ask for in the naive engine, by hand from RULES.md section 5: to
 * slide, to lose lots rather than trade with itself, to spend no more than a budget.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import { MARKET, MONEY, order, type Setting, SmallShard } from "../support/small-shard.ts";
import { line } from "./report-line.ts";

const SELL = { side: codes.SIDE_SELL };

function open(setting: Setting = {}): SmallShard {
  return new SmallShard({ makerFeePpm: 0, takerFeePpm: 0, ...setting });
}

describe("a post-only order that slides", () => {
  const SLIDE = { postOnly: codes.POST_ONLY_SLIDE };

  test("lies one price step from the best opposite price and holds for that", () => {
    const shard = open({ priceStep: 5 });
    shard.trade(1, order({ ...SELL, price: 100 }));
    shard.trade(1, order({ clientOrderId: 2n, price: 80 }));
    expect(shard.trade(2, order({ ...SLIDE, price: 120, quantity: 2 })).map(line)).toEqual([
      "2 accepted 0 #1 0@95 0+2 (190, 120)",
    ]);
    const sell = order({ ...SELL, ...SLIDE, clientOrderId: 2n, price: 95 });
    expect(shard.trade(2, sell).map(line)).toEqual(["2 accepted 0 #2 0@100 0+1 (10, 95)"]);
    // One that would not trade is as it was asked.
    const apart = order({ ...SLIDE, clientOrderId: 3n, price: 90 });
    expect(shard.trade(2, apart).map(line)).toEqual(["2 accepted 0 #3 0@90 0+1 (90, 0)"]);
    expect(whatIsWrong(shard.engine.state)).toBe("");
  });

  test("slides to the edge of the band and not past it", () => {
    const shard = open({ priceMin: 100, priceMax: 200 });
    shard.trade(1, order({ ...SELL, clientOrderId: 1n, price: 101 }));
    expect(shard.trade(2, order({ ...SLIDE, price: 150 })).map(line)).toEqual([
      "2 accepted 0 #1 0@100 0+1 (100, 150)",
    ]);
    shard.trade(1, order({ ...SELL, clientOrderId: 2n, price: 100 }));
    shard.trade(1, order({ ...SELL, clientOrderId: 3n, price: 100 }));
    const low = shard.trade(2, order({ ...SLIDE, clientOrderId: 2n, price: 150 }));
    expect(low.map(line)).toEqual(["2 rejected post_only_crosses #2 1@150 0+0 (150, 100)"]);
    const high = open({ priceMin: 100, priceMax: 200 });
    high.trade(1, order({ price: 200 }));
    const sell = order({ ...SELL, ...SLIDE, price: 150 });
    expect(high.trade(2, sell).map(line)).toEqual([
      "2 rejected post_only_crosses #1 1@150 0+0 (150, 200)",
    ]);
  });

  test("is paid at the price it slid to: what it asked for need not fit", () => {
    const shard = open();
    shard.trade(1, order({ ...SELL, price: 100 }));
    shard.trade(2, encode.encodeWithdraw(2, MONEY - 99, new Uint8Array(32)));
    expect(shard.trade(2, order({ ...SLIDE, price: 1_000 })).map(line)).toEqual([
      "2 accepted 0 #1 0@99 0+1 (99, 1000)",
    ]);
  });

  test("slides again when it is replaced; under mode reject it is refused", () => {
    const shard = open();
    shard.trade(1, order({ ...SELL, price: 100 }));
    shard.trade(2, order({ ...SLIDE, clientOrderId: 1n, price: 90 }));
    shard.trade(2, order({ postOnly: codes.POST_ONLY_REJECT, clientOrderId: 2n, price: 90 }));
    const said = [1n, 2n].flatMap((id) =>
      shard.trade(2, encode.encodeReplace(MARKET, id, 100, 3)).map(line),
    );
    expect(said).toEqual([
      "2 replaced 0 #1 1@99 0+3 (297, 100)",
      "2 rejected post_only_crosses #2 3@100 0+0 (100, 100)",
    ]);
  });
});

describe("decrement", () => {
  /** Trader 1 asks 4, then 2 asks 4, then 1 buys so many. */
  function meet(quantity: number): string[] {
    const shard = open();
    shard.trade(1, order({ ...SELL, clientOrderId: 1n, quantity: 4 }));
    shard.trade(2, order({ ...SELL, clientOrderId: 2n, quantity: 4 }));
    const buy = order({ clientOrderId: 3n, quantity, stp: codes.STP_DECREMENT });
    const said = shard.trade(1, buy).slice(1).map(line);
    expect(whatIsWrong(shard.engine.state)).toBe("");
    return said;
  }

  test("of the larger taker: the maker is canceled, the taker goes on", () => {
    expect(meet(5)).toEqual([
      "1 canceled 4 #1 4@100 0+0 (40, 0)",
      "1 reduced 4 #3 4@100 0+1 (400, 0)",
      "2 fill 0 #2 1@100 1+3 (1, 0)",
      "1 fill 0 #3 1@100 1+0 (1, 0)",
    ]);
  });

  test("of the larger maker: it is reduced, the taker canceled", () => {
    expect(meet(3)).toEqual([
      "1 reduced 4 #1 3@100 0+1 (30, 0)",
      "1 canceled 4 #3 3@100 0+0 (300, 0)",
    ]);
  });

  test("of equals: both are canceled, the maker first", () => {
    expect(meet(4)).toEqual([
      "1 canceled 4 #1 4@100 0+0 (40, 0)",
      "1 canceled 4 #3 4@100 0+0 (400, 0)",
    ]);
  });

  test("leaves a maker its place, and market and fees as they were", () => {
    const shard = open();
    for (const [account, clientOrderId] of [
      [1, 1n],
      [2, 2n],
    ] as const) {
      shard.trade(account, order({ ...SELL, clientOrderId, quantity: 4 }));
    }
    shard.trade(1, order({ clientOrderId: 3n, stp: codes.STP_DECREMENT }));
    const { trades, last } = shard.engine.state.markets.get(MARKET)!;
    expect([trades, last]).toEqual([0, 0]);
    expect(shard.trade(2, order({ clientOrderId: 4n })).map(line)[1]).toBe(
      "1 fill 0 #1 1@100 1+2 (1, 0)",
    );
  });

  test("ends the walk of a FOK", () => {
    const shard = open();
    shard.trade(2, order({ ...SELL, clientOrderId: 1n, quantity: 3 }));
    shard.trade(1, order({ ...SELL, clientOrderId: 2n, quantity: 4 }));
    const fok = { tif: codes.TIF_FOK, stp: codes.STP_DECREMENT, quantity: 4 };
    expect(shard.trade(1, order(fok)).map(line)).toEqual([
      "1 rejected fok_unfilled #1 4@100 0+0 (4, 3)",
    ]);
  });
});

describe("a budget", () => {
  const MARKET_ORDER = { type: codes.TYPE_MARKET, tif: codes.TIF_IOC, price: 0 };
  const buy = (budget: number, quantity = 20) => order({ ...MARKET_ORDER, budget, quantity });

  /** Thirty lots are asked at 100; the taker's fee is 0.25 %, rounded down per fill. */
  function spend(budget: number, setting: Setting = {}, quantity = 20): string[] {
    const shard = open({ takerFeePpm: 2_500, ...setting });
    shard.trade(1, order({ ...SELL, clientOrderId: 9n, quantity: 30 }));
    const said = shard.trade(2, buy(budget, quantity)).filter(({ account }) => account === 2);
    expect(whatIsWrong(shard.engine.state)).toBe("");
    expect(shard.money(2).quote[1]).toBe(0);
    return said.map(line);
  }

  test("covers notional and fee to the unit: 10 lots are 1,000 and 2", () => {
    expect(spend(1_002)).toEqual([
      "2 accepted 0 #1 0@10000 0+20 (1002, 0)",
      "2 fill 0 #1 10@100 10+10 (1, 2)",
      "2 canceled 9 #1 10@10000 10+0 (0, 0)",
    ]);
    expect(spend(1_001)).toEqual([
      "2 accepted 0 #1 0@10000 0+20 (1001, 0)",
      "2 fill 0 #1 9@100 9+11 (1, 2)",
      "2 canceled 9 #1 11@10000 9+0 (99, 0)",
    ]);
    expect(spend(99).slice(1)).toEqual(["2 canceled 9 #1 20@10000 0+0 (99, 0)"]);
  });

  test("goes on with the same maker where two fees are less than one", () => {
    // 10 lots would be 1,000 and a fee of 1; 9 are 900 and 0, and one more is 100 and 0.
    expect(spend(1_000, { takerFeePpm: 1_000 })).toEqual([
      "2 accepted 0 #1 0@10000 0+20 (1000, 0)",
      "2 fill 0 #1 9@100 9+11 (1, 0)",
      "2 fill 0 #1 1@100 10+10 (2, 0)",
      "2 canceled 9 #1 10@10000 10+0 (0, 0)",
    ]);
  });

  test("trades whole quantity steps", () => {
    expect(spend(1_001, { quantityStep: 5, quantityMin: 5 }).slice(1)).toEqual([
      "2 fill 0 #1 5@100 5+15 (1, 1)",
      "2 canceled 9 #1 15@10000 5+0 (500, 0)",
    ]);
  });

  test("comes back with the last lot, or when the book ends", () => {
    const shard = open();
    shard.trade(1, order({ ...SELL, quantity: 5 }));
    expect(shard.trade(2, buy(5_000, 3)).map(line).at(-1)).toBe("2 fill 0 #1 3@100 3+0 (1, 0)");
    expect(shard.money(2).quote).toEqual([MONEY - 300, 0]);
    expect(shard.trade(2, buy(5_000, 3)).map(line).at(-1)).toBe(
      "2 canceled 3 #1 1@10000 2+0 (4800, 0)",
    );
    expect(shard.money(2).quote).toEqual([MONEY - 500, 0]);
  });

  test("must be there; it bounds what a buy pays, so no price is too much for it", () => {
    const shard = open({ tickValue: 4_000_000_000, priceMax: 4_000_000_000 });
    expect(shard.trade(2, buy(MONEY + 1, 1_000)).map(line)).toEqual([
      `2 rejected insufficient_funds #1 1000@0 0+0 (${MONEY + 1}, ${MONEY})`,
    ]);
    expect(shard.trade(2, buy(MONEY, 1_000)).map(({ first }) => first)).toEqual([MONEY, MONEY]);
    // Without a budget, 1,000 lots at that price are above 2^53.
    const priced = order({ ...MARKET_ORDER, price: 4_000_000_000, quantity: 1_000 });
    expect(shard.trade(2, priced).map(({ code }) => code)).toEqual([codes.REJECT_AMOUNT_OVERFLOW]);
  });

  test("of a sell is notional alone: it holds its lots, and the fee comes off the proceeds", () => {
    const shard = open({ takerFeePpm: 2_500 });
    shard.trade(1, order({ clientOrderId: 9n, quantity: 30 }));
    const sell = order({ ...MARKET_ORDER, ...SELL, budget: 1_000, quantity: 20 });
    expect(shard.trade(2, sell).map(line)).toEqual([
      "2 accepted 0 #1 0@1 0+20 (200, 0)",
      "1 fill 0 #9 10@100 10+20 (1, 0)",
      "2 fill 0 #1 10@100 10+10 (1, 2)",
      "2 canceled 9 #1 10@1 10+0 (100, 0)",
    ]);
    expect(shard.money(2)).toEqual({ base: [MONEY - 100, 0], quote: [MONEY + 998, 0] });
  });

  test("is looked at after self-trade prevention, which takes lots off and no money", () => {
    const shard = open();
    shard.trade(2, order({ ...SELL, clientOrderId: 9n, quantity: 4 }));
    const stp = codes.STP_DECREMENT;
    const said = shard.trade(2, order({ ...MARKET_ORDER, budget: 50, quantity: 6, stp }));
    expect(said.map(line)).toEqual([
      "2 accepted 0 #1 0@10000 0+6 (50, 0)",
      "2 canceled 4 #9 4@100 0+0 (40, 0)",
      "2 reduced 4 #1 4@10000 0+2 (0, 0)",
      "2 canceled 3 #1 2@10000 0+0 (50, 0)",
    ]);
  });

  test("may go with a protection price, which is then on the step and ends it", () => {
    const shard = open({ priceStep: 5 });
    shard.trade(1, order({ ...SELL, clientOrderId: 1n, price: 100 }));
    shard.trade(1, order({ ...SELL, clientOrderId: 2n, price: 110 }));
    const priced = (price: number) =>
      shard.trade(2, order({ ...MARKET_ORDER, budget: 1_000, quantity: 2, price })).map(line);
    expect(priced(107)).toEqual(["2 rejected tick #1 2@107 0+0 (107, 5)"]);
    expect(priced(105).slice(2)).toEqual([
      "2 fill 0 #1 1@100 1+1 (1, 0)",
      "2 canceled 3 #1 1@105 1+0 (900, 0)",
    ]);
  });
});
