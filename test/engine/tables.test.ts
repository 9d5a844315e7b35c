/**
 * The tables under the engine against plain maps: found, gone, moved, and never in the wrong place.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { IdIndex } from "../../src/ledger/id-index.ts";
import { feeOf, lotsCovered, notionalOf, withFee } from "../../src/ledger/money.ts";
import { PairIndex } from "../../src/ledger/pair-index.ts";
import { SAFE_LIMIT } from "../../src/base/bytes.ts";
import { OrderIndex } from "../../src/engine/order-index.ts";
import {
  CLIENT_HIGH,
  CLIENT_LOW,
  ORDER_SHIFT,
  OrderSlab,
  SEAT_SIDE,
} from "../../src/engine/order-slab.ts";
import { SEAT_ACCOUNT, SEAT_MARKET, SEAT_SHIFT, Seats } from "../../src/engine/seats.ts";

const SEEDS = [1, 2, 3, Date.now() >>> 0];

describe("pair index", () => {
  test.each(SEEDS)("is a map, seed %d", (seed) => {
    const prng = new Prng(seed);
    const index = new PairIndex(8, prng.next()); // Small, so that it grows.
    const plain = new Map<string, number>();
    for (let step = 1; step <= 20_000; step++) {
      const first = prng.pick([prng.below(20), 0xffff_ffff - prng.below(20)]);
      const second = prng.below(60) * 1024;
      const name = `${first}/${second}`;
      expect([seed, step, index.find(first, second)]).toEqual([seed, step, plain.get(name) ?? 0]);
      if (plain.has(name)) {
        index.remove(first, second);
        plain.delete(name);
      } else if (prng.chance(70)) {
        index.add(first, second, step);
        plain.set(name, step);
      }
    }
    for (const [name, slot] of plain) {
      const [first = 0, second = 0] = name.split("/").map(Number);
      expect([name, index.find(first, second)]).toEqual([name, slot]);
    }
  });
});

describe("id index", () => {
  test("finds small and large ids", () => {
    const index = new IdIndex();
    const ids = [0, 1, 65_535, 65_536, 0xffff_ffff];
    for (const [i, id] of ids.entries()) index.add(id, i + 1);
    expect(ids.map((id) => index.find(id))).toEqual([1, 2, 3, 4, 5]);
    expect([2, 65_537, 0xffff_fffe].map((id) => index.find(id))).toEqual([0, 0, 0]);
  });
});

/**
 * Order ids as an adversary might choose them: dense, strided, high halves only, equal low bits.
 */
const ID_SHAPES: readonly ((i: number) => readonly [number, number])[] = [
  (i) => [i, 0],
  (i) => [i * 16, 0],
  (i) => [i * 65_536, 0],
  (i) => [7, i],
  (i) => [i << 20, i >> 12],
];

/** Random adds and removes of `ids` ids on an index and a map; the steps at which they differ. */
function orderIndexSteps(seed: number, ids: number, steps: number): string[] {
  const prng = new Prng(seed);
  const slab = new OrderSlab(3 * ids);
  const seats = new Seats(slab, 1000, 10, prng.next());
  const index = new OrderIndex(slab, seats, 3 * ids, prng.next());
  const seatOf = [1, 2, 3].map((account) => seats.open(account, 1));
  const plain = new Map<string, number>();
  const wrong: string[] = [];
  for (let step = 0; step < steps && wrong.length === 0; step++) {
    const account = prng.between(1, 3);
    const [low, high] = prng.pick(ID_SHAPES)(prng.below(ids));
    const name = `${account}/${low}/${high}`;
    const found = index.find(account, low, high);
    if (found !== (plain.get(name) ?? 0)) wrong.push(`seed ${seed}, step ${step}: ${name}`);
    if (found !== 0) {
      index.remove(found);
      slab.give(found);
      plain.delete(name);
    } else if (plain.size < 3 * ids - 1) {
      const slot = slab.take();
      const at = slot << ORDER_SHIFT;
      slab.words[at + CLIENT_LOW] = low;
      slab.words[at + CLIENT_HIGH] = high;
      slab.words[at + SEAT_SIDE] = 2 * seatOf[account - 1]!;
      index.add(slot);
      plain.set(name, slot);
    }
  }
  return wrong;
}

describe("order index", () => {
  test.each(SEEDS)("is a map by account and client id, seed %d", (seed) => {
    expect(orderIndexSteps(seed, 200, 20_000)).toEqual([]);
  });

  test("and stays one while it grows three times", () => {
    expect(orderIndexSteps(7, 20_000, 150_000)).toEqual([]);
  });
});

describe("seats", () => {
  test("an idle seat gives way when none was never used, the longest idle first", () => {
    const slab = new OrderSlab(2);
    const seats = new Seats(slab, 2, 5, 0);
    const open = (account: number): number => seats.open(account, 7);
    const [one, two, three] = [open(1), open(2), open(3)];
    const slot = slab.take();
    slab.words[(slot << ORDER_SHIFT) + SEAT_SIDE] = 2 * one;
    seats.join(slot); // Seat one is busy: it must stay.
    const four = seats.open(4, 7);
    expect([four, seats.find(1, 7), seats.find(2, 7), seats.find(4, 7)]).toEqual([
      two,
      one,
      0,
      two,
    ]);
    const at = four << SEAT_SHIFT;
    expect([seats.words[at + SEAT_ACCOUNT], seats.words[at + SEAT_MARKET]]).toEqual([4, 7]);
    seats.part(slot); // Now one is idle, after three and four.
    const opened = [5, 2, 3].map((account) => seats.open(account, 8));
    expect(opened).toEqual([three, four, one]);
    expect(seats.find(1, 7)).toBe(0);
  });
});

describe("money", () => {
  test.each(SEEDS)("is what whole numbers say, seed %d", (seed) => {
    const prng = new Prng(seed);
    for (let step = 0; step < 20_000; step++) {
      const [p, q, v] = [bits(prng), bits(prng), prng.chance(50) ? 1 : bits(prng)];
      const ppm = prng.pick([0, 1, prng.below(1_000_001), 999_999, 1_000_000]);
      const notional = BigInt(p) * BigInt(q) * BigInt(v);
      const found = notionalOf(p, q, v);
      const context = [seed, step, p, q, v, ppm];
      if (notional >= BigInt(SAFE_LIMIT)) {
        expect([...context, found >= SAFE_LIMIT]).toEqual([...context, true]);
        continue;
      }
      const fee = (notional * BigInt(ppm)) / 1_000_000n;
      expect([...context, found, feeOf(found, ppm)]).toEqual([
        ...context,
        Number(notional),
        Number(fee),
      ]);
      const isLarge = notional + fee >= BigInt(SAFE_LIMIT);
      expect(withFee(found, ppm) >= SAFE_LIMIT).toBe(isLarge);
    }
  });

  test("a quotient just below a whole number is rounded down", () => {
    const amounts = [8_589_999_999, 9_007_199_254, 9_007_199_253].map((n) => n * 1_000_000 - 1);
    const expected = amounts.map((n) => [Number(BigInt(n) / 1_000_000n), n]);
    expect(amounts.map((n) => [feeOf(n, 1), feeOf(n, 1_000_000)])).toEqual(expected);
  });

  test.each(SEEDS)("a budget covers the most lots that it can, seed %d", (seed) => {
    const prng = new Prng(seed);
    let isCut = 0;
    for (let step = 0; step < 20_000; step++) {
      const ppm = prng.pick([0, 1, prng.below(1_000_001), 999_999, 1_000_000]);
      const unit = notionalOf(bits(prng), bits(prng), 1);
      const most = Math.min(bits(prng), Math.floor((SAFE_LIMIT - 1) / (2 * unit)));
      if (most === 0) continue; // A maker with as much as one lot is not possible.
      // Around what some lots cost, or anything.
      const some = BigInt(prng.between(1, most));
      const near = Number(costOf(some, unit, ppm)) + prng.between(0, 4) - 2;
      const budget = prng.chance(70) ? Math.max(0, near) : bits(prng) * (1 + prng.below(1000));
      const lots = lotsCovered(budget, unit, ppm, most);
      const context = [seed, step, budget, unit, ppm, most];
      expect([...context, lots]).toEqual([...context, coveredBy(budget, unit, ppm, most)]);
      if (lots > 0 && lots < most) isCut++;
    }
    expect(isCut).toBeGreaterThan(1000);
  });
});

/** What lots cost with their fee, in whole numbers. */
function costOf(lots: bigint, unit: number, ppm: number): bigint {
  const notional = lots * BigInt(unit);
  return notional + (notional * BigInt(ppm)) / 1_000_000n;
}

/** The most lots that cost no more than the budget, by halving. */
function coveredBy(budget: number, unit: number, ppm: number, most: number): number {
  let low = 0n;
  let high = BigInt(most);
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (costOf(middle, unit, ppm) <= BigInt(budget)) low = middle;
    else high = middle - 1n;
  }
  return Number(low);
}

/** 1 .. 2^32-1, all lengths alike. */
function bits(prng: Prng): number {
  return Math.max(1, prng.next() >>> prng.below(32));
}
