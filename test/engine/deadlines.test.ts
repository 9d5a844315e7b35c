/**
 * The tables of what is due: deadlines against a sorted list, windows against plain markets.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { Changes } from "../../src/engine/changes.ts";
import { Deadlines } from "../../src/engine/deadlines.ts";
import { Markets } from "../../src/engine/markets.ts";
import { OrderSlab } from "../../src/engine/order-slab.ts";
import { Windows } from "../../src/engine/windows.ts";
import { Assets } from "../../src/ledger/assets.ts";
import { encodeMarketOpen } from "../../src/protocol/commands.ts";
import { PLAIN_MARKET } from "../spec/stage-genesis.ts";

const SEEDS = [1, 2, 3, Date.now() >>> 0];
const ROWS = 60;

interface Row {
  readonly at: number;
  readonly tie: number;
}

/** The row that is due first, 0 if there is none. */
function firstOf(plain: ReadonlyMap<number, Row>): number {
  const [first] = [...plain].sort(([, a], [, b]) => a.at - b.at || a.tie - b.tie);
  return first?.[0] ?? 0;
}

describe("deadlines", () => {
  test.each(SEEDS)("the first is the earliest, then the lowest tie, seed %d", (seed) => {
    const prng = new Prng(seed);
    const table = new Deadlines(ROWS + 1);
    const plain = new Map<number, Row>();
    for (let step = 1; step <= 20_000; step++) {
      // Few times, so that many are equal; each third is taken out, there or not.
      const row = prng.chance(10) ? firstOf(plain) || 1 : prng.between(1, ROWS);
      if (prng.chance(35)) {
        table.remove(row);
        plain.delete(row);
      } else {
        const at = prng.chance(10) ? 2 ** 53 - 1 : prng.between(1, 12);
        // An order keeps its good till and gets a new arrival, later than all.
        const entry = { at: plain.get(row)?.at ?? at, tie: step };
        table.at[row] = entry.at;
        table.put(row, entry.tie);
        plain.set(row, entry);
      }
      const first = firstOf(plain);
      const found = table.earliest === Infinity ? 0 : table.first;
      expect([seed, step, found]).toEqual([seed, step, first]);
      expect(table.earliest).toBe(plain.get(first)?.at ?? Infinity);
    }
  });

  test("comes out by rising time and tie", () => {
    const table = new Deadlines(200);
    const prng = new Prng(5);
    for (let row = 1; row < 200; row++) {
      table.at[row] = prng.between(1, 20);
      table.put(row, 1000 - row);
    }
    const out: number[] = [];
    while (table.earliest !== Infinity) {
      out.push(table.at[table.first]! * 10_000 + 1000 - table.first);
      table.remove(table.first);
    }
    expect(out.length).toBe(199);
    expect(out).toEqual(out.toSorted((a, b) => a - b));
  });
});

/** Markets whose ids do not rise with their slots. */
function marketsOf(ids: readonly number[]): Markets {
  const markets = new Markets(ids.length);
  const assets = new Assets(2);
  for (const id of ids) {
    const bytes = encodeMarketOpen({ ...PLAIN_MARKET, market: id });
    markets.open(new DataView(bytes.buffer), 0, id, assets);
  }
  return markets;
}

describe("windows", () => {
  test("are listed by market id while they are open", () => {
    const markets = marketsOf([30, 10, 40, 20]);
    const limits = { accountsMax: 1, marketsMax: 4, ordersMax: 1 };
    const windows = new Windows(markets, new Changes(true, limits, new OrderSlab(1)));
    const listed = (): number[] =>
      Array.from({ length: windows.count }, (_, i) => markets.id(windows.open[i]!));
    const widen = (id: number): void => windows.widen(markets.find(id), 5, 7);
    const seen: number[][] = [];
    for (const id of [30, 10, 40, 10, 20]) {
      widen(id);
      seen.push(listed());
    }
    for (const id of [20, 40, 10, 30]) {
      windows.close(markets.find(id));
      seen.push(listed());
    }
    expect(seen).toEqual([
      [30],
      [10, 30],
      [10, 30, 40],
      [10, 30, 40],
      [10, 20, 30, 40],
      [10, 30, 40],
      [10, 30],
      [30],
      [],
    ]);
  });

  test("only grow until they are closed", () => {
    const markets = marketsOf([1]);
    const limits = { accountsMax: 1, marketsMax: 1, ordersMax: 1 };
    const windows = new Windows(markets, new Changes(false, limits, new OrderSlab(1)));
    const seen: unknown[] = [];
    for (const [one, other] of [
      [9, 7],
      [8, 8],
      [4_000_000_000, 6],
      [1, 2],
    ] as const) {
      windows.widen(1, one, other);
      seen.push([windows.low[1], windows.high[1]]);
    }
    windows.close(1);
    expect([...seen, windows.isOpen(1)]).toEqual([
      [7, 9],
      [7, 9],
      [6, 4_000_000_000],
      [1, 4_000_000_000],
      false,
    ]);
  });
});
