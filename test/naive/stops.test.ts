/**
 * Stops and their cascade in the naive engine, by hand from RULES.md section 10. No fees; a report
 * is a line as report-line.ts writes it.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import { MARKET, order, type Setting, SmallShard } from "../support/small-shard.ts";
import { line } from "./report-line.ts";

const SELL = { side: codes.SIDE_SELL };
const STOP = { type: codes.TYPE_STOP };
const STOP_LIMIT = { type: codes.TYPE_STOP_LIMIT };

function open(setting: Setting = {}): SmallShard {
  return new SmallShard({ traders: 3, makerFeePpm: 0, takerFeePpm: 0, ...setting });
}

/** Trader 1 asks one lot at 100, and trader 3 takes it. */
function tradeAt100(shard: SmallShard): Report[] {
  shard.trade(1, order({ ...SELL, clientOrderId: 900n }));
  return shard.trade(3, order({ clientOrderId: 901n }));
}

function waitingIds(shard: SmallShard): bigint[] {
  const waiting = shard.engine.openOrders().filter(({ waits }) => waits);
  return waiting.map(({ clientOrderId }) => clientOrderId);
}

describe("a stop that waits", () => {
  test("is held for and open, but not in the book", () => {
    const shard = open();
    const stop = order({ ...STOP, clientOrderId: 7n, stopPrice: 102, price: 110, quantity: 3 });
    expect(shard.trade(2, stop).map(line)).toEqual(["2 accepted 0 #7 0@110 0+3 (330, 102)"]);
    expect(shard.money(2).quote[1]).toBe(330);
    expect(shard.engine.levels(MARKET, codes.SIDE_BUY)).toEqual([]);
    expect(shard.engine.openOrders().map(({ waits, stopPrice }) => [waits, stopPrice])).toEqual([
      [true, 102],
    ]);
    expect(whatIsWrong(shard.engine.state)).toBe("");
  });

  test("can be reduced, replaced and canceled, alone and with all others", () => {
    const shard = open();
    const stops = [7n, 8n, 9n].map((clientOrderId) =>
      order({ ...SELL, ...STOP_LIMIT, clientOrderId, stopPrice: 95, price: 90, quantity: 3 }),
    );
    shard.trade(2, ...stops);
    const said = shard.trade(
      2,
      encode.encodeReduce(MARKET, 7n, 2),
      encode.encodeReplace(MARKET, 7n, 91, 4),
      encode.encodeCancel(MARKET, 9n),
    );
    expect(said.map(line)).toEqual([
      "2 reduced 0 #7 2@90 0+1 (20, 0)",
      "2 replaced 0 #7 1@91 0+4 (40, 0)",
      "2 canceled 1 #9 3@90 0+0 (30, 0)",
    ]);
    // The replaced one went to the tail.
    expect(waitingIds(shard)).toEqual([8n, 7n]);
    expect(shard.engine.openOrders().map(({ stopPrice }) => stopPrice)).toEqual([95, 95]);
    expect(shard.trade(2, encode.encodeMassCancel(0, codes.SIDE_SELL)).map(line)).toEqual([
      "2 canceled 2 #8 3@90 0+0 (30, 0)",
      "2 canceled 2 #7 4@91 0+0 (40, 0)",
      "2 mass_canceled 0 #0 2@0 0+0 (0, 0)",
    ]);
    expect(whatIsWrong(shard.engine.state)).toBe("");
  });

  test("counts as an open order of its account, of either kind", () => {
    const shard = open({ openOrdersMax: 2 });
    const prices = { stopPrice: 120, price: 120 };
    shard.trade(1, order({ ...STOP, ...prices, clientOrderId: 1n }));
    shard.trade(1, order({ ...STOP_LIMIT, ...prices, clientOrderId: 2n }));
    for (const type of [codes.TYPE_STOP, codes.TYPE_STOP_LIMIT, codes.TYPE_LIMIT]) {
      const stopPrice = type === codes.TYPE_LIMIT ? 0 : 120;
      const [said] = shard.trade(1, order({ type, stopPrice, clientOrderId: 3n }));
      expect([said?.code, said?.first]).toEqual([codes.REJECT_OPEN_ORDERS, 2]);
    }
  });

  test("matches nothing when it is replaced, whatever its limit crosses", () => {
    const shard = open();
    shard.trade(1, order({ ...SELL, price: 100 }));
    shard.trade(2, order({ ...STOP_LIMIT, clientOrderId: 7n, stopPrice: 120, price: 99 }));
    const said = shard.trade(2, encode.encodeReplace(MARKET, 7n, 130, 1));
    expect(said.map(line)).toEqual(["2 replaced 0 #7 1@130 0+1 (130, 0)"]);
  });

  test("has price and stop price on the step and in the band", () => {
    const shard = open({ priceStep: 5, priceMin: 50, priceMax: 200 });
    const refusals = [
      { price: 101, stopPrice: 102 },
      { price: 100, stopPrice: 102 },
      { price: 205, stopPrice: 205 },
      { price: 100, stopPrice: 205 },
      { price: 100, stopPrice: 45 },
    ].map((prices) => shard.trade(1, order({ ...STOP, ...prices }))[0]!);
    expect(refusals.map(({ code, first, second }) => [code, first, second])).toEqual([
      [codes.REJECT_TICK, 101, 5],
      [codes.REJECT_TICK, 102, 5],
      [codes.REJECT_PRICE_BAND, 205, 200],
      [codes.REJECT_PRICE_BAND, 205, 200],
      [codes.REJECT_PRICE_BAND, 45, 50],
    ]);
  });
});

describe("a stop that is reached when it comes", () => {
  test("buys at or below the last price, sells at or above it; before any trade none is", () => {
    const at = (side: number, stopPrice: number) => {
      const shard = open();
      const early = order({ side, ...STOP, clientOrderId: 1n, price: 90, stopPrice });
      expect(shard.trade(2, early)).toHaveLength(1);
      shard.trade(2, encode.encodeCancel(MARKET, 1n));
      tradeAt100(shard);
      return shard.trade(2, order({ side, ...STOP, price: 90, stopPrice })).map(line);
    };
    const bought = (stop: number) => [
      `2 accepted 0 #1 0@90 0+1 (90, ${stop})`,
      `2 triggered 0 #1 0@90 0+1 (${stop}, 100)`,
      "2 canceled 3 #1 1@90 0+0 (90, 0)",
    ];
    expect(at(codes.SIDE_BUY, 100)).toEqual(bought(100));
    expect(at(codes.SIDE_BUY, 99)).toEqual(bought(99));
    expect(at(codes.SIDE_BUY, 101)).toHaveLength(1);
    expect(at(codes.SIDE_SELL, 100)).toHaveLength(3);
    expect(at(codes.SIDE_SELL, 101)).toHaveLength(3);
    expect(at(codes.SIDE_SELL, 99)).toHaveLength(1);
  });

  test("a stop-limit rests as a limit order, and its trades reach others", () => {
    const shard = open();
    tradeAt100(shard);
    shard.trade(1, order({ ...SELL, clientOrderId: 2n, price: 104 }));
    shard.trade(2, order({ ...STOP, clientOrderId: 5n, stopPrice: 104, price: 104 }));
    const stop = { ...STOP_LIMIT, clientOrderId: 6n, stopPrice: 100, price: 104, quantity: 3 };
    expect(shard.trade(3, order(stop)).map(line)).toEqual([
      "3 accepted 0 #6 0@104 0+3 (312, 100)",
      "3 triggered 0 #6 0@104 0+3 (100, 100)",
      "1 fill 0 #2 1@104 1+0 (2, 0)",
      "3 fill 0 #6 1@104 1+2 (2, 0)",
      "2 triggered 0 #5 0@104 0+1 (104, 104)",
      "2 canceled 3 #5 1@104 0+0 (104, 0)",
    ]);
    expect(shard.engine.levels(MARKET, codes.SIDE_BUY)).toEqual([
      { price: 104, lots: 2, orders: 1 },
    ]);
  });
});

describe("a cascade", () => {
  test("by hand: rising stops, each with its own trades", () => {
    const shard = open();
    shard.trade(
      1,
      order({ ...SELL, clientOrderId: 1n, price: 100 }),
      order({ ...SELL, clientOrderId: 2n, price: 101, quantity: 2 }),
      order({ ...SELL, clientOrderId: 3n, price: 103 }),
    );
    shard.trade(
      2,
      order({ ...STOP, clientOrderId: 11n, stopPrice: 102, price: 110 }),
      order({ ...STOP_LIMIT, clientOrderId: 12n, stopPrice: 101, price: 101, quantity: 3 }),
      order({ ...STOP, clientOrderId: 13n, stopPrice: 101, price: 103 }),
    );
    expect(shard.trade(3, order({ price: 101, quantity: 2 })).map(line)).toEqual([
      "3 accepted 0 #1 0@101 0+2 (202, 0)",
      "1 fill 0 #1 1@100 1+0 (1, 0)",
      "3 fill 0 #1 1@100 1+1 (1, 0)",
      "1 fill 0 #2 1@101 1+1 (2, 0)",
      "3 fill 0 #1 1@101 2+0 (2, 0)",
      "2 triggered 0 #12 0@101 0+3 (101, 101)",
      "1 fill 0 #2 1@101 2+0 (3, 0)",
      "2 fill 0 #12 1@101 1+2 (3, 0)",
      "2 triggered 0 #13 0@103 0+1 (101, 101)",
      "1 fill 0 #3 1@103 1+0 (4, 0)",
      "2 fill 0 #13 1@103 1+0 (4, 0)",
      "2 triggered 0 #11 0@110 0+1 (102, 103)",
      "2 canceled 3 #11 1@110 0+0 (110, 0)",
    ]);
    const { last, low, high, waiting } = shard.engine.state.markets.get(MARKET)!;
    expect({ last, low, high, waiting }).toEqual({ last: 103, low: 0, high: 0, waiting: [] });
    // What is left of the stop-limit is an order like any other.
    expect(shard.trade(1, order({ ...SELL, clientOrderId: 4n, price: 101 })).map(line)).toEqual([
      "1 accepted 0 #4 0@101 0+1 (10, 0)",
      "2 fill 0 #12 1@101 2+1 (5, 0)",
      "1 fill 0 #4 1@101 1+0 (5, 0)",
    ]);
    expect(whatIsWrong(shard.engine.state)).toBe("");
  });

  test("of the first buy and the first sell takes the older; sells stand by falling price", () => {
    const shard = open();
    shard.trade(
      2,
      order({ ...SELL, ...STOP, clientOrderId: 21n, stopPrice: 100, price: 90 }),
      order({ ...STOP, clientOrderId: 22n, stopPrice: 100 }),
      order({ ...SELL, ...STOP, clientOrderId: 23n, stopPrice: 105, price: 90 }),
      order({ ...STOP, clientOrderId: 24n, stopPrice: 99 }),
    );
    const triggered = tradeAt100(shard).filter(({ kind }) => kind === codes.REPORT_TRIGGERED);
    // First buy 24, first sell 23: 23 is older. Then 21, older than 24. Then the buys.
    expect(
      triggered.map(({ clientOrderId, first, second }) => [clientOrderId, first, second]),
    ).toEqual([
      [23n, 105, 100],
      [21n, 100, 100],
      [24n, 99, 100],
      [22n, 100, 100],
    ]);
  });

  test("widens the window downwards: a sell says the low, a buy the high", () => {
    const shard = open();
    shard.trade(1, order({ clientOrderId: 1n, price: 95 }));
    shard.trade(
      2,
      order({ ...SELL, ...STOP, clientOrderId: 31n, stopPrice: 100, price: 90 }),
      order({ ...SELL, ...STOP, clientOrderId: 32n, stopPrice: 95, price: 90 }),
      order({ ...SELL, ...STOP, clientOrderId: 33n, stopPrice: 94, price: 90 }),
    );
    expect(tradeAt100(shard).slice(3).map(line)).toEqual([
      "2 triggered 0 #31 0@90 0+1 (100, 100)",
      "1 fill 0 #1 1@95 1+0 (2, 0)",
      "2 fill 0 #31 1@95 1+0 (2, 0)",
      "2 triggered 0 #32 0@90 0+1 (95, 95)",
      "2 canceled 3 #32 1@90 0+0 (10, 0)",
    ]);
    expect(waitingIds(shard)).toEqual([33n]);
  });

  test("keeps every price of a sweep in its window, not only the last", () => {
    const shard = open();
    shard.trade(1, order({ clientOrderId: 1n, price: 101 }));
    shard.trade(1, order({ clientOrderId: 2n, price: 100 }));
    shard.trade(2, order({ ...STOP, clientOrderId: 41n, stopPrice: 101 }));
    const said = shard.trade(3, order({ ...SELL, price: 100, quantity: 2 }));
    expect(said.slice(5).map(line)).toEqual([
      "2 triggered 0 #41 0@100 0+1 (101, 101)",
      "2 canceled 3 #41 1@100 0+0 (100, 0)",
    ]);
  });

  test("follows a replace that trades, but not a decrement", () => {
    const shard = open();
    shard.trade(1, order({ ...SELL, clientOrderId: 1n, price: 100, quantity: 2 }));
    shard.trade(2, order({ ...STOP, clientOrderId: 5n, stopPrice: 100 }));
    const own = { clientOrderId: 2n, stp: codes.STP_DECREMENT };
    expect(shard.trade(1, order(own)).map(line)).toHaveLength(3);
    expect(waitingIds(shard)).toEqual([5n]);
    shard.trade(3, order({ price: 99 }));
    const said = shard.trade(3, encode.encodeReplace(MARKET, 1n, 100, 1));
    expect(said.map(line).slice(3)).toEqual([
      "2 triggered 0 #5 0@100 0+1 (100, 100)",
      "2 canceled 3 #5 1@100 0+0 (100, 0)",
    ]);
  });
});
