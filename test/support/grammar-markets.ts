/**
 * Random markets: tick ranges from four prices to all there are, steps, fees, lots, limits.
 */
import type { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { MarketRules } from "../../src/protocol/commands.ts";

export const ASSETS = [1, 2, 3];

const SHAPES = ["tiny", "narrow", "wide", "stepped", "huge", "costly", "bulk"] as const;
type Shape = (typeof SHAPES)[number];

/** Price band, price step, quantity step, minimum and maximum. */
const NUMBERS: Readonly<Record<Shape, readonly [number, number, number, number, number, number]>> =
  {
    tiny: [1, 4, 1, 1, 1, 1_000],
    narrow: [980, 1_020, 1, 1, 1, 500],
    wide: [1, 100_000, 1, 1, 1, 10_000],
    stepped: [1_000, 20_000, 25, 10, 20, 5_000],
    huge: [1, codes.U32_MAX, 1, 1, 1, codes.U32_MAX],
    costly: [1, 2 ** 31, 1, 1, 1, codes.U32_MAX],
    bulk: [1, 10, 1, 1, 1, codes.U32_MAX],
  };

const FEES = [
  [0, 0],
  [100, 250],
  [333, 77],
  [0, 1],
  [0, codes.PPM],
  [codes.PPM, 999_999],
] as const;

export function drawMarkets(prng: Prng, count: number, low: boolean): MarketRules[] {
  return Array.from({ length: count }, (_, i) => {
    const market = drawMarket(prng, i + 1, prng.pick(SHAPES));
    return low ? { ...market, openOrdersMax: prng.pick([1, 4, 20]) } : market;
  });
}

/** A market of a shape; its id may stand in a range later opened. */
export function drawMarket(prng: Prng, market: number, shape = prng.pick(SHAPES)): MarketRules {
  const [priceMin, priceMax, priceStep, quantityStep, quantityMin, quantityMax] = NUMBERS[shape];
  const [makerFeePpm, takerFeePpm] = prng.pick(FEES);
  const quote = prng.pick(ASSETS);
  const large = shape === "costly";
  return {
    market,
    state: market === 1 || prng.chance(90) ? codes.STATE_OPEN : prng.between(2, 4),
    base: prng.pick(ASSETS.filter((asset) => asset !== quote)),
    quote,
    lotUnits: large ? 100_000_000 : shape === "bulk" ? 1 : prng.pick([1, 1, 3, 100]),
    tickValue: large ? 10_000 : shape === "bulk" ? 1 : prng.pick([1, 1, 7, 50]),
    openOrdersMax: prng.pick([4, 60, 5_000]),
    priceMin,
    priceMax,
    quantityMin,
    quantityMax,
    makerFeePpm,
    takerFeePpm,
    symbol: `M#-${shape.toUpperCase()}`,
    count: 1,
    priceStep,
    quantityStep,
  };
}
