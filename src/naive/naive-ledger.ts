/**
 * NaiveLedger: who has what, in bigint (RULES.md section 4).
 *
 *   notional = price x lots x tick value        quote asset
 *   fee      = floor(notional x ppm / 10^6)     quote asset, per fill
 *   hold     = a buy: notional + its fee at the dearer rate, or its budget;
 *              a sell: lots x lot units of base
 *
 * Per asset: sum of free + sum of held + fees = deposits - withdrawals + net. None is negative but
 * the net.
 */
import { assert } from "../base/assert.ts";
import { AMOUNT_MAX, SIDE_BUY } from "../protocol/codes.ts";
import type { NaiveAccount, NaiveMarket, NaiveOrder } from "./naive-state.ts";

export const AMOUNT_LAST = BigInt(AMOUNT_MAX);
const MILLION = 1_000_000n;

export function notional(market: NaiveMarket, price: number, lots: number): bigint {
  return BigInt(price) * BigInt(lots) * market.tickValue;
}

/** Rounded down. */
export function fee(amount: bigint, ppm: number): bigint {
  return (amount * BigInt(ppm)) / MILLION;
}

/** What a buy of `lots` at `price` holds of the quote asset. */
export function buyHold(market: NaiveMarket, price: number, lots: number): bigint {
  const value = notional(market, price, lots);
  return value + fee(value, Math.max(market.makerPpm, market.takerPpm));
}

/** What a sell of `lots` holds of the base asset. */
export function sellHold(market: NaiveMarket, lots: number): bigint {
  return BigInt(lots) * market.lotUnits;
}

/** What an order would hold with this price and these lots open; a budget is held whole. */
export function holdFor(order: NaiveOrder, price: number, lots: number): bigint {
  if (order.side !== SIDE_BUY) return sellHold(order.market, lots);
  return order.budget ?? buyHold(order.market, price, lots);
}

export function holdOf(order: NaiveOrder): bigint {
  return holdFor(order, order.price, order.leaves);
}

/** The asset an order of this side holds. */
export function heldAsset(market: NaiveMarket, side: number): number {
  return side === SIDE_BUY ? market.quote : market.base;
}

export function freeOf(account: NaiveAccount, asset: number): bigint {
  return account.free.get(asset) ?? 0n;
}

export function heldOf(account: NaiveAccount, asset: number): bigint {
  return account.held.get(asset) ?? 0n;
}

/** Adds to (or takes from) what is free and what is held. */
export function move(
  account: NaiveAccount,
  asset: number,
  change: { free?: bigint; held?: bigint },
): void {
  const free = freeOf(account, asset) + (change.free ?? 0n);
  const held = heldOf(account, asset) + (change.held ?? 0n);
  assert(free >= 0n && held >= 0n, "no balance is ever negative");
  assert(free + held <= AMOUNT_LAST, "no balance exceeds 2^53 - 1");
  account.free.set(asset, free);
  account.held.set(asset, held);
}

/** Moves an amount from free to held; a negative one moves back. */
export function hold(account: NaiveAccount, asset: number, amount: bigint): void {
  move(account, asset, { free: -amount, held: amount });
}
