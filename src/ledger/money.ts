/**
 * Money: the sums of the rules (RULES 4), in exact integers held by numbers.
 *
 *   notional(p, q) = p x q x tick_value
 *   fee(n, ppm)    = floor(n x ppm / 1,000,000)
 *   H(p, q)        = notional + fee(notional, ppm)
 *
 * Exactness. A product or sum of exact integers is rounded to nearest, which keeps order and maps
 * 2^53 to itself: so a true result of 2^53 or more never looks smaller, and one below is exact. The
 * callers refuse what is not below SAFE_LIMIT before they use it.
 *
 * A quotient floor(a / 10^6) of an exact a is exact too: if a / 10^6 is below an integer k, it is
 * so by 10^-6 at least, and the numbers next to k (at most 2^53 / 10^6 < 2^34) lie 2^-19 = 1.9 x
 * 10^-6 apart at most, so that rounding to nearest cannot reach k.
 */
import { SAFE_LIMIT } from "../base/bytes.ts";
import { PPM } from "../protocol/codes.ts";

/** SAFE_LIMIT or more if it is too large; all arguments are u32. */
export function notionalOf(price: number, quantity: number, tickValue: number): number {
  const lots = price * quantity;
  return lots >= SAFE_LIMIT ? SAFE_LIMIT : lots * tickValue;
}

/** `amount` is below SAFE_LIMIT, `ppm` at most a million. Rounded down. */
export function feeOf(amount: number, ppm: number): number {
  if (ppm === 0) return 0;
  const product = amount * ppm;
  if (product < SAFE_LIMIT) return Math.floor(product / PPM);
  // amount = millions x 10^6 + rest: millions x ppm is at most amount, rest x ppm below 10^12.
  const millions = Math.floor(amount / PPM);
  return millions * ppm + Math.floor(((amount - millions * PPM) * ppm) / PPM);
}

/** What a buy order holds, fee included; SAFE_LIMIT or more if it is too large. */
export function withFee(notional: number, ppm: number): number {
  return notional >= SAFE_LIMIT ? SAFE_LIMIT : notional + feeOf(notional, ppm);
}

/**
 * The most lots, up to `most`, whose notional and fee a budget covers. `unit` is what one lot is
 * worth; `most` lots with their fee are below SAFE_LIMIT, so that each cost asked here is exact.
 *
 * The estimate leaves out that the fee is rounded down, which is worth less than one unit of money,
 * so one lot at most; its own rounding (2^-51 of a number below 2^32) is worth less than one lot.
 * So each loop turns twice at most.
 */
export function lotsCovered(budget: number, unit: number, ppm: number, most: number): number {
  let lots = Math.min(most, Math.floor(budget / (unit * (1 + ppm / PPM))));
  while (lots > 0 && withFee(lots * unit, ppm) > budget) lots--;
  while (lots < most && withFee((lots + 1) * unit, ppm) <= budget) lots++;
  return lots;
}
