/**
 * Both forms of the price levels beside a plain sorted array, operation by operation.
 *
 * After each step the touched side is read from best to worst and back and compared whole, with
 * seed and step in the compared value. Slots are never compared, only what hangs on them.
 */
import { existsSync } from "node:fs";
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { loadFirst, nativeLevelsReason, openNativeLevels } from "../../src/edges/native-levels.ts";
import {
  createLevels,
  type LevelLimits,
  NO_LEVEL,
  type PriceLevels,
} from "../../src/engine/levels.ts";

const BUILT = Bun.fileURLToPath(new URL("../../native/build/libprice_levels.so", import.meta.url));
const PRICE_MAX = 2 ** 32 - 1;
const EDGES = [1, 2, 31, 32, 63, 64, 4095, 4096, 2 ** 30 - 1, 2 ** 30, 2 ** 31 - 1, 2 ** 31];

type PriceShape = (prng: Prng) => number;
const narrow: PriceShape = (prng) => prng.between(33_480, 33_560);
const spread: PriceShape = (prng) => prng.between(1_000_000, 11_000_000);
const anyPrice: PriceShape = (prng) => prng.between(1, PRICE_MAX);
const extreme: PriceShape = (prng) => {
  const edge = prng.pick(EDGES);
  return prng.chance(50) ? edge : PRICE_MAX - edge + 1;
};

/** The prices of each side, best first, and the slot that each was given. */
class PlainLevels {
  readonly sides: number[][];
  private readonly slots = new Map<string, number>();

  constructor(sideCount: number) {
    this.sides = Array.from({ length: sideCount }, () => []);
  }

  get count(): number {
    return this.slots.size;
  }

  slot(side: number, price: number): number {
    return this.slots.get(`${side}:${price}`) ?? NO_LEVEL;
  }

  enter(side: number, price: number, slot: number): void {
    this.slots.set(`${side}:${price}`, slot);
    const prices = this.sides[side]!;
    prices.push(price);
    prices.sort((a, b) => (side % 2 === 0 ? b - a : a - b));
  }

  leave(side: number, price: number): void {
    this.slots.delete(`${side}:${price}`);
    this.sides[side]!.splice(this.sides[side]!.indexOf(price), 1);
  }
}

function pricesFromBest(levels: PriceLevels, side: number): number[] {
  const prices: number[] = [];
  for (let at = levels.best[side]!; at !== NO_LEVEL; at = levels.worse[at]!) {
    prices.push(levels.price[at]!);
    if (prices.length > levels.levelCount) throw new Error("the list has a loop");
  }
  return prices;
}

/** What a walk to the worst level and back again sees, or null when it sees different levels. */
function walk(levels: PriceLevels, side: number): number[] | null {
  const there = pricesFromBest(levels, side);
  let last = NO_LEVEL;
  for (let at = levels.best[side]!; at !== NO_LEVEL; at = levels.worse[at]!) last = at;
  const back: number[] = [];
  for (let at = last; at !== NO_LEVEL; at = levels.better[at]!) back.push(levels.price[at]!);
  return Bun.deepEquals(there, back.reverse()) ? there : null;
}

type Play = LevelLimits & { seed: number; steps: number; shape: PriceShape };

/** Twice, so that cleared levels have to be as good as new ones. */
function plays(open: (limits: LevelLimits) => PriceLevels, play: Play): void {
  const levels = open(play);
  const prng = new Prng(play.seed);
  for (const round of ["new", "cleared"]) {
    const plain = new PlainLevels(play.sideCount);
    for (let step = 0; step < play.steps; step++) {
      const name = `${round} levels, seed ${play.seed}, step ${step}`;
      playsOneStep(levels, plain, prng, { ...play, name, step });
    }
    expect(plain.sides.map((_, side) => walk(levels, side))).toEqual(plain.sides);
    levels.clear();
    expect([levels.count, pricesFromBest(levels, 0)]).toEqual([0, []]);
  }
}

type Step = Play & { readonly name: string; readonly step: number };

function playsOneStep(levels: PriceLevels, plain: PlainLevels, prng: Prng, play: Step): void {
  const { name, step, shape } = play;
  const side = prng.below(play.sideCount);
  const price = shape(prng);
  const elsewhere = shape(prng);
  const grows = prng.chance(Math.floor(step / 500) % 2 === 0 ? 65 : 35);
  const said = grows ? enters(levels, plain, side, price) : leaves(levels, plain, side, prng);
  // Now and then only: asking makes the native form settle what it had put off.
  const counts = step % 16 === 0;
  const saw = {
    said,
    walk: walk(levels, side),
    found: [levels.find(side, price), levels.find(side, elsewhere)],
    count: counts ? levels.count : null,
  };
  const expected = {
    said: "as it should",
    walk: plain.sides[side]!,
    found: [plain.slot(side, price), plain.slot(side, elsewhere)],
    count: counts ? plain.count : null,
  };
  if (!Bun.deepEquals(saw, expected)) expect({ name, ...saw }).toEqual({ name, ...expected });
}

function enters(levels: PriceLevels, plain: PlainLevels, side: number, price: number): string {
  const slot = levels.enter(side, price);
  const known = plain.slot(side, price);
  if (known !== NO_LEVEL) return slot === known ? "as it should" : "another slot for a known level";
  if (plain.count === levels.levelCount) {
    return slot === NO_LEVEL ? "as it should" : "a level beyond the limit";
  }
  if (slot === NO_LEVEL || slot > levels.levelCount) return "no slot for a new level";
  plain.enter(side, price, slot);
  return "as it should";
}

function leaves(levels: PriceLevels, plain: PlainLevels, side: number, prng: Prng): string {
  const prices = plain.sides[side]!;
  if (prices.length === 0) return "as it should";
  const price = prng.chance(50) ? prices[0]! : prng.pick(prices);
  levels.leave(side, plain.slot(side, price));
  plain.leave(side, price);
  return levels.find(side, price) === NO_LEVEL ? "as it should" : "still there after leaving";
}

const shapes: [string, PriceShape][] = [
  ["a narrow range", narrow],
  ["ten million ticks", spread],
  ["all prices", anyPrice],
  ["the extreme prices", extreme],
];
const fresh = (Date.now() % 1_000_000) + 1000;

function holdsAsOrderBookSides(open: (limits: LevelLimits) => PriceLevels): void {
  for (const [name, shape] of shapes) {
    test(`equal a sorted array over ${name}`, () => {
      for (const seed of [1, 2, 3, fresh]) {
        plays(open, { seed, steps: 4000, shape, sideCount: 6, levelCount: 300 });
      }
    });
    test(`equal a sorted array over ${name} when slots are scarce`, () => {
      for (const seed of [4, 5, fresh]) {
        plays(open, { seed, steps: 2000, shape, sideCount: 3, levelCount: 7 });
        plays(open, { seed, steps: 300, shape, sideCount: 2, levelCount: 1 });
      }
    });
  }

  test("keep 42,000 sides apart", () => {
    plays(open, { seed: 6, steps: 20_000, shape: narrow, sideCount: 42_000, levelCount: 50_000 });
  });

  test("refuse to take out a level that is not there, or is of another side", () => {
    const levels = open({ sideCount: 4, levelCount: 10 });
    const level = levels.enter(0, 100);
    expect(() => levels.leave(1, level)).toThrow("only a level of this side leaves it");
    expect(() => levels.leave(2, level)).toThrow("only a level of this side leaves it");
    levels.leave(0, level);
    expect(() => levels.leave(0, level)).toThrow("only a level of this side leaves it");
    expect(() => levels.leave(0, NO_LEVEL)).toThrow("only a level of this side leaves it");
    expect(() => levels.leave(0, 11)).toThrow("only a level of this side leaves it");
    expect(() => levels.enter(4, 100)).toThrow("the side and the price exist");
    expect(() => levels.enter(0, 0)).toThrow("the side and the price exist");
  });

  test("hold a ladder of 100,000 levels and give every slot back", () => {
    const levels = open({ sideCount: 2, levelCount: 100_000 });
    const slots = Array.from({ length: 100_000 }, (_, i) => levels.enter(1, 1 + i * 42_949));
    expect([levels.enter(0, 7), new Set(slots).size]).toEqual([NO_LEVEL, 100_000]);
    expect(pricesFromBest(levels, 1)).toEqual(slots.map((_, i) => 1 + i * 42_949));
    for (const slot of slots) levels.leave(1, slot);
    expect([levels.count, levels.best[1]]).toEqual([0, NO_LEVEL]);
    expect(slots.map(() => levels.enter(0, 1 + levels.count)).includes(NO_LEVEL)).toBe(false);
  });
}

describe("levels in TypeScript", () => {
  holdsAsOrderBookSides(createLevels);
});

const native = openNativeLevels({ sideCount: 1, levelCount: 1 });
describe.skipIf(native === null)(`levels in C (${native?.build ?? nativeLevelsReason()})`, () => {
  holdsAsOrderBookSides((limits) => openNativeLevels(limits)!);
});

describe("a native library", () => {
  test.skipIf(!existsSync(BUILT))("is used where native/build.sh made one", () => {
    expect(loadFirst([BUILT])).toMatchObject({
      library: { build: expect.stringMatching(/^c 1 [0-9a-f]{8}$/) },
    });
  });

  test("that cannot be used is none, with a reason that names the file", () => {
    const missing = "/nowhere/libprice_levels.so";
    expect(loadFirst([missing, "/nor/here.so"])).toEqual({
      library: null,
      reason: `no such file: ${missing}, /nor/here.so`,
    });
    const other = loadFirst([missing, import.meta.path]);
    expect(other.library).toBeNull();
    expect(other.reason).toStartWith(`${import.meta.path} cannot be loaded: `);
  });
});
