/**
 * levels.bench: what it costs to enter, find and leave a price level, in both forms.
 *
 *   bun bench/levels.bench.ts [smoke|full]
 *
 * "move" is what a message does to the levels of a thin market: one level is left and another is
 * entered. A sorted array per side stands beside both forms for comparison. The last line of a form
 * is the empty call, the floor under every call into C. Each line ends with a checksum of the
 * work, which must be the same for all forms of a shape.
 */
import { Prng } from "../src/base/prng.ts";
import { nativeLevelsReason, openNativeLevels } from "../src/edges/native-levels.ts";
import { createLevels, type LevelLimits } from "../src/engine/levels.ts";

type Size = "smoke" | "full";
const STEPS = { smoke: 2000, full: 300_000 };
const ROUNDS = { smoke: 1, full: 9 };
const LEVEL_COUNT_MIN = 1 << 10;

interface Shape {
  readonly name: string;
  readonly sides: number;
  /** Levels per side, which stay that many. */
  readonly levels: number;
  /** Prices are drawn from this many ticks. */
  readonly ticks: number;
}

const SHAPES: readonly Shape[] = [
  { name: "100 levels near the touch", sides: 2, levels: 100, ticks: 200 },
  { name: "400 levels over 40,000 ticks", sides: 2, levels: 400, ticks: 40_000 },
  { name: "10,000 levels side by side", sides: 2, levels: 10_000, ticks: 20_000 },
  { name: "10,000 levels over 10 M ticks", sides: 2, levels: 10_000, ticks: 10_000_000 },
  { name: "42,000 sides of 5 levels", sides: 42_000, levels: 5, ticks: 16 },
];

/** The calls of PriceLevels that the sorted array can answer too. */
interface Form {
  enter(side: number, price: number): number;
  find(side: number, price: number): number;
  leave(side: number, level: number): void;
}

/** What the steps do, drawn beforehand: in step i the level of `row` leaves, `to` enters. */
interface Flow {
  readonly side: Int32Array;
  readonly row: Int32Array;
  readonly to: Uint32Array;
}

export function run(size: Size): void {
  for (const shape of SHAPES) {
    const flow = drawFlow(shape, STEPS[size]);
    for (const [name, open] of forms(shape)) {
      const moves: number[] = [];
      const finds: number[] = [];
      let sum = 0;
      for (let round = 0; round < ROUNDS[size]; round++) {
        const levels = open(limitsOf(shape));
        const slots = fill(levels, shape);
        moves.push(timed(() => (sum = move(levels, flow, slots))) / flow.side.length);
        finds.push(timed(() => (sum += find(levels, flow))) / flow.side.length);
      }
      print(`levels, ${name}, move, ${shape.name}`, moves, sum);
      print(`levels, ${name}, find, ${shape.name}`, finds, sum);
    }
  }
  runEmptyCall(size);
}

function forms(shape: Shape): [string, (limits: LevelLimits) => Form][] {
  const chosen: [string, (limits: LevelLimits) => Form][] = [["TypeScript", createLevels]];
  if (nativeLevelsReason() === "") {
    chosen.push(["C", (limits) => openNativeLevels(limits) ?? createLevels(limits)]);
  }
  chosen.push(["sorted array", () => new SortedLevels(shape.sides)]);
  return chosen;
}

function limitsOf({ sides, levels }: Shape): LevelLimits {
  return { sideCount: sides, levelCount: Math.max(LEVEL_COUNT_MIN, sides * (levels + 1)) };
}

/** The prices at the start; the n-th of a side has row `side x levels + n` to the end. */
function pricesOfSide(shape: Shape, side: number): Set<number> {
  const prng = new Prng(side + 1);
  const prices = new Set<number>();
  while (prices.size < shape.levels) prices.add(1_000_000 + prng.below(shape.ticks));
  return prices;
}

/** By row: the level that stands there. */
function fill(levels: Form, shape: Shape): Uint32Array {
  const slots: number[] = [];
  for (let side = 0; side < shape.sides; side++) {
    for (const price of pricesOfSide(shape, side)) slots.push(levels.enter(side, price));
  }
  return Uint32Array.from(slots);
}

function drawFlow(shape: Shape, steps: number): Flow {
  const prng = new Prng(77);
  const standing = Array.from({ length: shape.sides }, (_, side) => pricesOfSide(shape, side));
  const lists = standing.map((prices) => [...prices]);
  const flow = {
    side: new Int32Array(steps),
    row: new Int32Array(steps),
    to: new Uint32Array(steps),
  };
  for (let i = 0; i < steps; i++) {
    const side = prng.below(shape.sides);
    const prices = standing[side]!;
    const at = prng.below(shape.levels);
    let to = 1_000_000 + prng.below(shape.ticks);
    while (prices.has(to)) to = 1_000_000 + prng.below(shape.ticks);
    flow.side[i] = side;
    flow.row[i] = side * shape.levels + at;
    flow.to[i] = to;
    prices.delete(lists[side]![at]!);
    prices.add(to);
    lists[side]![at] = to;
  }
  return flow;
}

function move(levels: Form, { side, row, to }: Flow, slots: Uint32Array): number {
  let sum = 0;
  for (let i = 0; i < side.length; i++) {
    levels.leave(side[i]!, slots[row[i]!]!);
    const level = levels.enter(side[i]!, to[i]!);
    slots[row[i]!] = level;
    if (level !== 0) sum += to[i]! & 1023;
  }
  return sum;
}

function find(levels: Form, { side, to }: Flow): number {
  let sum = 0;
  for (let i = 0; i < side.length; i++) if (levels.find(side[i]!, to[i]!) !== 0) sum++;
  return sum;
}

/** What everybody writes first. A level is its price, for there are no slots here. */
class SortedLevels implements Form {
  private readonly sides: number[][];

  constructor(sideCount: number) {
    this.sides = Array.from({ length: sideCount }, () => []);
  }

  enter(side: number, price: number): number {
    const prices = this.sides[side]!;
    const at = firstNotBelow(prices, price);
    if (prices[at] !== price) prices.splice(at, 0, price);
    return price;
  }

  find(side: number, price: number): number {
    const prices = this.sides[side]!;
    return prices[firstNotBelow(prices, price)] === price ? price : 0;
  }

  leave(side: number, price: number): void {
    const prices = this.sides[side]!;
    prices.splice(firstNotBelow(prices, price), 1);
  }
}

function firstNotBelow(prices: readonly number[], price: number): number {
  let low = 0;
  let high = prices.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (prices[middle]! < price) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Find on an empty side: one call, one root that is zero. */
function runEmptyCall(size: Size): void {
  const levels = openNativeLevels({ sideCount: 2, levelCount: LEVEL_COUNT_MIN });
  if (levels === null) return console.log(`levels, C: not measured: ${nativeLevelsReason()}`);
  const calls = STEPS[size] * 10;
  const times: number[] = [];
  let sum = 0;
  for (let round = 0; round < ROUNDS[size]; round++) {
    times.push(timed(() => (sum = emptyCalls(levels, calls))) / calls);
  }
  print("levels, C, the empty call", times, sum);
}

function emptyCalls(levels: Form, calls: number): number {
  let sum = 0;
  for (let i = 1; i <= calls; i++) sum += levels.find(1, i);
  return sum;
}

/** Nanoseconds. */
function timed(body: () => void): number {
  const begin = Bun.nanoseconds();
  body();
  return Bun.nanoseconds() - begin;
}

function print(name: string, times: number[], sum: number): void {
  const sorted = times.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!.toFixed(1).padStart(8);
  const worst = sorted.at(-1)!.toFixed(1).padStart(8);
  console.log(`${name.padEnd(58)} ${median} ns, worst ${worst} ns, checksum ${sum}`);
}

if (import.meta.main) run(process.argv[2] === "full" ? "full" : "smoke");
