/**
 * Whatever is asked of the naive engine, at every position money is conserved, holds are
 * explained by open orders, and no book is crossed. Random records of a few seeds, each state
 * looked at whole.
 */
import { describe, expect, test } from "bun:test";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import * as codes from "../../src/protocol/codes.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { CommandGrammar } from "../support/command-grammar.ts";
import { genesisOf, profileOf } from "../support/grammar-profiles.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import { order, SmallShard } from "../support/small-shard.ts";

const RECORDS = 600;

describe("at every position the state explains itself", () => {
  for (const seed of [0, 1, 2, 3, 4, 5, 8, 16]) {
    test(`seed ${seed}`, () => {
      const profile = profileOf(seed);
      const naive = new NaiveEngine(genesisOf(profile));
      const grammar = new CommandGrammar(profile, naive.state);
      const record = new RecordView();
      const reports = new ReportBatch();
      for (let i = 0; i < RECORDS; i++) {
        const view = new DataView(grammar.next().buffer);
        expect(readRecord(view, 0, record)).toBe("");
        naive.apply(view, record, reports);
        const wrong = whatIsWrong(naive.state);
        if (wrong !== "") throw new Error(`seed ${seed}, position ${naive.position}: ${wrong}`);
      }
      expect(reports.count).toBeGreaterThan(RECORDS / 2);
    });
  }
});

describe("the check sees", () => {
  test("money that came from nowhere", () => {
    const { engine } = new SmallShard();
    engine.state.accounts[1]!.free.set(1, 1_000_000_001n);
    expect(whatIsWrong(engine.state)).toBe(
      "asset 1: 2000000001 is accounted for, 2000000000 is there",
    );
  });

  test("a hold without an order", () => {
    const shard = new SmallShard();
    shard.trade(1, order({}));
    const { accounts, markets } = shard.engine.state;
    accounts[1]!.orders.clear();
    markets.get(1)!.bids.pop();
    expect(whatIsWrong(shard.engine.state)).toBe("account 1 holds 100, its orders 0");
  });

  test("a crossed book", () => {
    const shard = new SmallShard({ makerFeePpm: 0, takerFeePpm: 0 });
    shard.trade(1, order({ price: 100 }));
    shard.trade(2, order({ price: 101, side: 2 }));
    const ask = shard.engine.openOrders()[1]!;
    ask.price = 100;
    expect(whatIsWrong(shard.engine.state)).toBe("market 1 is crossed: 100 is bid, 100 asked");
  });

  test("a stop that is in the book, and a good till that nobody looks at", () => {
    const shard = new SmallShard();
    shard.trade(1, order({ tif: codes.TIF_GTD, goodTill: shard.time }));
    const [mine] = shard.engine.openOrders();
    mine!.waits = true;
    expect(whatIsWrong(shard.engine.state)).toBe(
      "market 1 has a stop in its book, or an order waiting",
    );
    mine!.waits = false;
    expect(whatIsWrong(shard.engine.state)).toBe("");
    shard.engine.state.timed.clear();
    expect(whatIsWrong(shard.engine.state)).toBe(
      "an order has a good till and is not looked at, or is not open",
    );
  });
});
