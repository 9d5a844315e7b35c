/**
 * Random prices and quantities that a market takes: near the touch, within what can be paid.
 */
import { buyHold, sellHold } from "../../src/naive/naive-ledger.ts";
import { crosses, oppositeOf, sideOf } from "../../src/naive/naive-book.ts";
import type { NaiveMarket } from "../../src/naive/naive-state.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { GrammarWorld } from "./grammar-world.ts";

export const EXTREMES = [1, 2, 3, 2 ** 31, codes.U32_MAX - 1, codes.U32_MAX];

export function clampAmount(amount: number): number {
  return Math.min(Math.max(amount, 1), codes.AMOUNT_MAX);
}

export function clampU32(number: number): number {
  return Math.min(Math.max(number, 1), codes.U32_MAX);
}

/** A legal price: around the touch, on the own side of it unless it is to cross. */
export function drawPrice(world: GrammarWorld, market: NaiveMarket, side: number): number {
  const { prng, profile } = world;
  const own = sideOf(market, side).at(-1)?.price;
  const other = oppositeOf(market, side).at(-1)?.price;
  const middle = Math.min(
    market.priceMin + 500,
    Math.floor((market.priceMin + market.priceMax) / 2),
  );
  const anchor = other ?? own ?? Math.min(middle * 20, Math.floor(market.priceMax / 2) + 1);
  const into = prng.chance(profile.crossPercent) ? 1 : -1;
  const direction = into * (side === codes.SIDE_BUY ? 1 : -1);
  return legalPrice(market, anchor + awayFrom(world, market) * direction);
}

/**
 * A legal stop price: mostly just beyond the last trade, so that the next trades reach it, and
 * sometimes on the wrong side of it, so that it is reached at once.
 */
export function drawStopPrice(world: GrammarWorld, market: NaiveMarket, side: number): number {
  const touch = oppositeOf(market, side).at(-1)?.price ?? sideOf(market, side).at(-1)?.price;
  const anchor = market.last === 0 || world.prng.chance(30) ? (touch ?? market.last) : market.last;
  if (anchor === 0) return drawPrice(world, market, side);
  const beyond = world.prng.chance(85) ? 1 : -1;
  const direction = beyond * (side === codes.SIDE_BUY ? 1 : -1);
  return legalPrice(market, anchor + awayFrom(world, market) * direction);
}

function awayFrom({ prng, profile }: GrammarWorld, market: NaiveMarket): number {
  return prng.below(prng.chance(50) ? 4 : profile.spread) * market.priceStep;
}

function legalPrice(market: NaiveMarket, price: number): number {
  const bounded = Math.min(Math.max(price, market.priceMin), market.priceMax);
  return Math.max(bounded - (bounded % market.priceStep), market.priceStep);
}

/** The price, or if it would trade, the nearest that would not. */
export function stepAside(market: NaiveMarket, side: number, price: number): number {
  const best = oppositeOf(market, side).at(-1)?.price;
  if (best === undefined || !crosses(side, price, best)) return price;
  return clampU32(best + (side === codes.SIDE_BUY ? -market.priceStep : market.priceStep));
}

/** A legal quantity that `free` can pay, if there is one. */
export function drawQuantity(
  world: GrammarWorld,
  market: NaiveMarket,
  wish: { side: number; price: number; free: bigint },
): number {
  const { prng } = world;
  const step = market.quantityStep;
  const most = Math.floor(market.quantityMax / step);
  const steps = prng.between(1, Math.min(most, prng.pick([1, 5, 20, 100, most])));
  const buys = wish.side === codes.SIDE_BUY;
  const unit = buys ? buyHold(market, wish.price, step) + 1n : sellHold(market, step);
  const payable = wish.free / unit / (prng.chance(5) ? 1n : 4n);
  const least = Math.ceil(market.quantityMin / step);
  const paid = BigInt(steps) < payable ? steps : Number(payable);
  return Math.max(paid, least) * step;
}
