/**
 * The naive engine against numbers worked out by hand from RULES.md: lot 10 units, tick value 1,
 * maker 1,000 ppm, taker 2,500 ppm, every trader begins with 10^9 of both assets.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { BASE, MARKET, MONEY, order, QUOTE, SmallShard } from "../support/small-shard.ts";
import { line, nameOf } from "./report-line.ts";

const SELL = { side: codes.SIDE_SELL };

describe("money", () => {
  test("a buy holds its notional and the dearer fee, rounded down; a sell its lots", () => {
    const shard = new SmallShard();
    // 7 x 333 = 2,331, and 0.25 % of it is 5.8275.
    const said = shard.trade(1, order({ price: 333, quantity: 7 }));
    expect(said.map(line)).toEqual(["1 accepted 0 #1 0@333 0+7 (2336, 0)"]);
    shard.trade(2, order({ ...SELL, price: 400, quantity: 3 }));
    expect(shard.money(1)).toEqual({ base: [MONEY, 0], quote: [MONEY - 2336, 2336] });
    expect(shard.money(2)).toEqual({ base: [MONEY - 30, 30], quote: [MONEY, 0] });
  });

  test("a trade is at the maker's price; the improvement goes back; each pays his own fee", () => {
    const shard = new SmallShard();
    shard.trade(1, order({ ...SELL, price: 1_000, quantity: 5 }));
    const said = shard.trade(2, order({ price: 1_010, quantity: 7 }));
    // Hold 7 x 1,010 = 7,070 + 17. Of 5 x 1,000 the maker pays 5, the taker 12 (of 12.5).
    expect(said.map(line)).toEqual([
      "2 accepted 0 #1 0@1010 0+7 (7087, 0)",
      "1 fill 0 #1 5@1000 5+0 (1, 5)",
      "2 fill 0 #1 5@1000 5+2 (1, 12)",
    ]);
    // What rests holds 2 x 1,010 = 2,020 + 5.
    expect(shard.money(1)).toEqual({ base: [MONEY - 50, 0], quote: [MONEY + 4_995, 0] });
    expect(shard.money(2)).toEqual({
      base: [MONEY + 50, 0],
      quote: [MONEY - 5_012 - 2_025, 2_025],
    });
    expect(shard.engine.state.assets.get(QUOTE)?.fees).toBe(17n);
  });

  test("an account that has nearly all there can be may trade with itself", () => {
    const lotUnits = 5_000_000_000_000;
    const shard = new SmallShard({ lotUnits, makerFeePpm: 0, takerFeePpm: 0 });
    const most = codes.AMOUNT_MAX - 2 * MONEY;
    shard.operate(encode.encodeDeposit(BASE, 1, most, 1_000));
    shard.trade(1, order({ ...SELL, quantity: 1_000 }));
    const said = shard.trade(1, order({ clientOrderId: 2n, quantity: 1_000 }));
    expect(said.map(nameOf)).toEqual(["accepted", "fill", "fill"]);
    expect(shard.money(1)).toEqual({ base: [codes.AMOUNT_MAX - MONEY, 0], quote: [MONEY, 0] });
  });

  test("what cannot be paid is refused with what it needs and what is free", () => {
    const shard = new SmallShard({ quantityMax: 1_000_000 });
    const said = shard.trade(1, order({ price: 10_000, quantity: 200_000 }));
    const needed = 2_000_000_000 + 5_000_000;
    expect(said.map(line)).toEqual([
      `1 rejected insufficient_funds #1 200000@10000 0+0 (${needed}, ${MONEY})`,
    ]);
  });
});

describe("priority", () => {
  test("price, then arrival; replace goes to the tail, reduce keeps the place", () => {
    const shard = new SmallShard();
    for (const [id, price] of [
      [1n, 100],
      [2n, 100],
      [3n, 100],
      [4n, 99],
    ] as const) {
      shard.trade(1, order({ ...SELL, clientOrderId: id, price, quantity: 4 }));
    }
    shard.trade(1, encode.encodeReplace(MARKET, 1n, 100, 4), encode.encodeReduce(MARKET, 2n, 3));
    expect(shard.engine.levels(MARKET, codes.SIDE_SELL)).toEqual([
      { price: 99, lots: 4, orders: 1 },
      { price: 100, lots: 9, orders: 3 },
    ]);
    const said = shard.trade(2, order({ price: 100, quantity: 13 }));
    const makers = said.filter(({ account }) => account === 1);
    expect(makers.map(({ clientOrderId, last }) => [clientOrderId, last])).toEqual([
      [4n, 4],
      [2n, 1],
      [3n, 4],
      [1n, 4],
    ]);
  });

  test("a replace that crosses trades at once, and keeps what it has traded", () => {
    const shard = new SmallShard({ makerFeePpm: 0, takerFeePpm: 0 });
    shard.trade(1, order({ ...SELL, price: 100, quantity: 9 }));
    shard.trade(2, order({ price: 100, quantity: 2 }));
    shard.trade(2, order({ price: 90, quantity: 3 }));
    const said = shard.trade(1, encode.encodeReplace(MARKET, 1n, 90, 5));
    expect(said.map(line)).toEqual([
      "1 replaced 0 #1 7@90 2+5 (50, 0)",
      "2 fill 0 #1 3@90 3+0 (2, 0)",
      "1 fill 0 #1 3@90 5+2 (2, 0)",
    ]);
  });
});

describe("self-trade prevention is the taker's", () => {
  function meet(stp: number): string[] {
    const shard = new SmallShard({ makerFeePpm: 0, takerFeePpm: 0 });
    shard.trade(1, order({ ...SELL, clientOrderId: 1n, quantity: 4 }));
    shard.trade(2, order({ ...SELL, clientOrderId: 2n, quantity: 4 }));
    return shard
      .trade(1, order({ clientOrderId: 3n, quantity: 5, stp }))
      .slice(1)
      .map(line);
  }

  test("none: both sides of the trade are his", () => {
    expect(meet(codes.STP_NONE)).toEqual([
      "1 fill 0 #1 4@100 4+0 (1, 0)",
      "1 fill 0 #3 4@100 4+1 (1, 0)",
      "2 fill 0 #2 1@100 1+3 (2, 0)",
      "1 fill 0 #3 1@100 5+0 (2, 0)",
    ]);
  });

  test("cancel taker: the maker stays", () => {
    expect(meet(codes.STP_CANCEL_TAKER)).toEqual(["1 canceled 4 #3 5@100 0+0 (500, 0)"]);
  });

  test("cancel maker: the taker goes on", () => {
    expect(meet(codes.STP_CANCEL_MAKER)).toEqual([
      "1 canceled 4 #1 4@100 0+0 (40, 0)",
      "2 fill 0 #2 4@100 4+0 (1, 0)",
      "1 fill 0 #3 4@100 4+1 (1, 0)",
    ]);
  });

  test("cancel both: maker first", () => {
    expect(meet(codes.STP_CANCEL_BOTH)).toEqual([
      "1 canceled 4 #1 4@100 0+0 (40, 0)",
      "1 canceled 4 #3 5@100 0+0 (500, 0)",
    ]);
  });
});

describe("room, with at most six reports per record", () => {
  function threeAsks(): SmallShard {
    const shard = new SmallShard({ reportsPerRecordMax: 6, makerFeePpm: 0, takerFeePpm: 0 });
    for (const clientOrderId of [1n, 2n, 3n]) shard.trade(1, order({ ...SELL, clientOrderId }));
    return shard;
  }
  const buy = (tif: number, quantity: number) => order({ tif, quantity });

  test("matching ends when three no longer fit, and the rest is canceled", () => {
    const said = threeAsks().trade(2, buy(codes.TIF_GTC, 3)).map(line);
    expect(said.slice(-2)).toEqual([
      "2 fill 0 #1 1@100 2+1 (2, 0)",
      "2 canceled 5 #1 1@100 2+0 (100, 0)",
    ]);
    expect(said).toHaveLength(6);
  });

  test("a step needs room for three, though two reports would be left", () => {
    const batch = [buy(codes.TIF_GTC, 3), encode.encodeCancel(MARKET, 1n)];
    expect(
      threeAsks()
        .trade(2, ...batch)
        .map(line)
        .slice(2),
    ).toEqual([
      "2 fill 0 #1 1@100 1+2 (1, 0)",
      "2 canceled 5 #1 2@100 1+0 (200, 0)",
      "2 rejected record_full #1 0@0 0+0 (0, 0)",
    ]);
  });

  test("a FOK is refused rather than cut off", () => {
    const shard = threeAsks();
    const full = ["2 rejected record_full #1 3@100 0+0 (0, 0)"];
    expect(shard.trade(2, buy(codes.TIF_FOK, 3)).map(line)).toEqual(full);
    // One command to come leaves room for five: accepted and two trades need more than that.
    const batch = shard.trade(2, buy(codes.TIF_FOK, 2), encode.encodeCancel(MARKET, 9n)).map(line);
    expect(batch[0]).toBe("2 rejected record_full #1 2@100 0+0 (0, 0)");
    expect(shard.trade(2, buy(codes.TIF_FOK, 2))).toHaveLength(5);
  });

  test("a mass cancel says that it ended early", () => {
    const shard = threeAsks();
    for (const id of [4n, 5n, 6n]) shard.trade(1, order({ ...SELL, clientOrderId: id }));
    const said = shard.trade(1, encode.encodeMassCancel(MARKET, codes.SIDE_SELL)).map(line);
    expect(said.slice(-2)).toEqual([
      "1 canceled 2 #5 1@100 0+0 (10, 0)",
      "1 mass_canceled 1 #0 5@0 0+0 (0, 0)",
    ]);
  });

  test("below four a command does not begin, and each to come takes one", () => {
    const cancels = [1n, 2n, 3n, 4n].map((id) => encode.encodeCancel(MARKET, id));
    const three = threeAsks().trade(1, ...cancels.slice(0, 3));
    expect(three.map(({ kind }) => kind)).toEqual(Array(3).fill(codes.REPORT_CANCELED));
    const four = threeAsks().trade(1, ...cancels);
    expect(four.map(({ code }) => code)).toEqual(Array(4).fill(codes.REJECT_RECORD_FULL));
  });
});
