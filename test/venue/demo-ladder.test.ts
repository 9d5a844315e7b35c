/**
 * The demo's makers: what they want, step by step, held against an engine that answers as a venue
 * would.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import type { MarketConfig } from "../../src/edges/config.ts";
import * as codes from "../../src/protocol/codes.ts";
import { DemoLadder } from "../../src/venue/demo-ladder.ts";
import { BASE, MARKET, QUOTE, SmallShard } from "../support/small-shard.ts";

const START = 30_000;
const READY = [true, true] as const;

const MARKET_CONFIG: MarketConfig = {
  id: MARKET,
  count: 1,
  symbol: "BASE-QUOTE",
  shard: 1,
  base: BASE,
  quote: QUOTE,
  tick: "0.01",
  lot: "1",
  lotUnits: 10,
  tickValue: 1,
  quantityMin: 1,
  quantityMax: 1000,
  priceMin: 20_000,
  priceMax: 40_000,
  priceStep: 5,
  quantityStep: 1,
  makerFeePpm: 0,
  takerFeePpm: 0,
  openOrdersMax: 100,
  state: "open",
};

/** A ladder and the market that its makers, accounts 1 and 2, trade in. */
class Scene {
  readonly shard = new SmallShard({
    ...MARKET_CONFIG,
    state: codes.STATE_OPEN,
    makerFeePpm: 0,
    takerFeePpm: 0,
  });
  readonly ladder: DemoLadder;
  readonly rejects: string[] = [];
  trades = 0;
  triggered = 0;
  commands = 0;

  constructor(seed: number) {
    let id = 0n;
    const nextId = (): bigint => ++id;
    const random = new Prng(seed);
    const terms = { market: MARKET_CONFIG, startPrice: START, quoteUnits: 300_000 };
    const now = (): number => Date.UTC(2026, 0, 1) * 1000 + this.commands;
    this.ladder = new DemoLadder({ ...terms, random, nextId, now });
  }

  step(ready: readonly [boolean, boolean] = READY): void {
    const wishes = this.ladder.step(ready);
    for (const [maker, commands] of wishes.entries()) {
      if (commands.length === 0) continue;
      this.commands += commands.length;
      const sent = commands.map((command) => new Uint8Array(command));
      for (const report of this.shard.trade(maker + 1, ...sent)) {
        this.ladder.onReport(report);
        if (report.kind === codes.REPORT_FILL) this.trades += 0.5;
        if (report.kind === codes.REPORT_TRIGGERED) this.triggered++;
        const { code } = report;
        if (code !== 0) this.rejects.push(codes.rejectCode(code).name);
      }
    }
  }

  steps(count: number): this {
    for (let i = 0; i < count; i++) this.step();
    return this;
  }

  prices(side: number): number[] {
    return this.shard.engine.levels(MARKET, side).map(({ price }) => price);
  }
}

describe("DemoLadder", () => {
  test("fills eight levels a side or more within some steps, bids below asks", () => {
    const scene = new Scene(1).steps(16);
    const [bids, asks] = [scene.prices(codes.SIDE_BUY), scene.prices(codes.SIDE_SELL)];
    expect(bids.length).toBeGreaterThanOrEqual(8);
    expect(asks.length).toBeGreaterThanOrEqual(8);
    expect(bids[0]!).toBeLessThan(asks[0]!);
  });

  test("trades, moves, and never asks for what the market refuses", () => {
    const scene = new Scene(2).steps(3000);
    // A replace may meet an order that was filled in the same step: nothing else is refused.
    expect(new Set(scene.rejects)).toEqual(new Set(["unknown_order"]));
    expect(scene.rejects.length).toBeLessThan(scene.commands / 50);
    expect(scene.trades).toBeWithin(100, 3000);
    expect(scene.triggered).toBeGreaterThan(2);
    expect(scene.commands / 3000).toBeWithin(2, 6);
  });

  test("keeps what both makers own near to where it was", () => {
    const scene = new Scene(3);
    const before = scene.shard.money(1).base;
    scene.steps(5000);
    const [free = 0, held = 0] = scene.shard.money(1).base;
    const lots = (free + held - (before[0] ?? 0) - (before[1] ?? 0)) / MARKET_CONFIG.lotUnits;
    // A quote is of about ten lots.
    expect(Math.abs(lots)).toBeLessThan(150);
  });

  test("asks nothing of a maker who cannot send", () => {
    const scene = new Scene(4);
    for (let i = 0; i < 50; i++) {
      const [first, second] = scene.ladder.step([true, false]);
      expect(second).toEqual([]);
      expect(first.length).toBeLessThanOrEqual(6);
    }
  });

  test("begins anew once it is told that all orders are gone", () => {
    const scene = new Scene(5).steps(20);
    scene.ladder.clear();
    const [first, second] = scene.ladder.step(READY);
    const types = [...first, ...second].map((command) => command[0]);
    expect(types.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => codes.COMMAND_NEW_ORDER));
  });

  test("stays inside the band", () => {
    const scene = new Scene(6).steps(4000);
    const prices = [...scene.prices(codes.SIDE_BUY), ...scene.prices(codes.SIDE_SELL)];
    expect(Math.min(...prices)).toBeGreaterThan(MARKET_CONFIG.priceMin);
    expect(Math.max(...prices)).toBeLessThan(MARKET_CONFIG.priceMax);
    expect(prices.every((price) => price % MARKET_CONFIG.priceStep === 0)).toBe(true);
  });
});
