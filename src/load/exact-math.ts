/**
 * ExactMath: logarithm and exponential from + - * / alone, so that a flow made from a seed has the
 * same bytes on every machine. (IEEE 754 fixes these four; Math.log and Math.exp it leaves to the
 * library.) Good to about 1e-14, far finer than what a flow needs.
 */
import { assert } from "../base/assert.ts";
import type { Prng } from "../base/prng.ts";

const LOG_TERMS = 27;
const EXP_TERMS = 18;
/** Uniform draws that make up a normal one: twelve have variance 1. */
const NORMAL_DRAWS = 12;

/** Natural logarithm of x > 0. */
export function ln(x: number): number {
  assert(x > 0, "only numbers above zero have a logarithm");
  let halvings = 0;
  let left = x;
  for (; left > 1.5; left /= 2) halvings++;
  for (; left < 0.75; left *= 2) halvings--;
  // ln(m) = 2 (t + t^3/3 + t^5/5 + ...) with t = (m - 1) / (m + 1), here |t| <= 0.2.
  const t = (left - 1) / (left + 1);
  let power = t;
  let sum = 0;
  for (let odd = 1; odd <= LOG_TERMS; odd += 2) {
    sum += power / odd;
    power *= t * t;
  }
  return 2 * sum + halvings * Math.LN2;
}

/** e to the x, for |x| up to some hundreds. */
export function exp(x: number): number {
  let halvings = 0;
  let left = x;
  for (; left > 0.5 || left < -0.5; left /= 2) halvings++;
  let term = 1;
  let sum = 1;
  for (let n = 1; n <= EXP_TERMS; n++) {
    term *= left / n;
    sum += term;
  }
  for (; halvings > 0; halvings--) sum *= sum;
  return sum;
}

/** A draw of mean 0 and variance 1, near enough to normal, never beyond 6. */
export function normal(random: Prng): number {
  let sum = 0;
  for (let i = 0; i < NORMAL_DRAWS; i++) sum += random.unit();
  return sum - NORMAL_DRAWS / 2;
}

/** A draw of mean 1, exponentially distributed. */
export function exponential(random: Prng): number {
  return -ln(1 - random.unit());
}
