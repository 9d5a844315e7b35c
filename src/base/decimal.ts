/**
 * Decimal: the human edge of money. Strict decimal text to integers and back, never a float.
 *
 *   text "12.5", scale 6  <->  12_500_000 units      (an amount: units of 10^-scale)
 *   text "12.50", step 0.25  <->  50 steps           (a price in ticks, a quantity in lots)
 *
 * Accepted text is `0` or digits without a leading zero, then perhaps a point with at least one
 * digit after it: no sign, exponent, space, `.5` or `5.`. A value is 0 .. 2^53-1. What does not
 * fit exactly is refused, never rounded. `parseDecimal(formatDecimal(n, s), s) === n` always.
 */
import { assert } from "./assert.ts";

/** More digits after the point than this are never asked for; 10^15 is below 2^53. */
export const SCALE_MAX = 15;

/** Longest text looked at: 16 digits of 2^53, a point, a scale, and room for zeros. */
const TEXT_SIZE_MAX = 64;

export type DecimalRefusal = "not_a_decimal" | "too_many_decimals" | "too_large" | "not_a_multiple";

/** A positive decimal as digits and scale: 0.25 is 25 at scale 2. The scale is that of its text. */
export interface Step {
  readonly digits: number;
  readonly scale: number;
}

const SHAPE = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** The text in units of 10^-scale, or the reason why not. */
export function parseDecimal(text: string, scale: number): number | DecimalRefusal {
  assert(isScale(scale), "a scale is an integer of 0 .. 15");
  const parts = text.length > TEXT_SIZE_MAX ? null : SHAPE.exec(text);
  if (parts === null) return "not_a_decimal";
  const fraction = parts[2] ?? "";
  if (fraction.length > scale) return "too_many_decimals";
  // Reading rounds to even above 2^53, but nothing above 2^53-1 can round to below 2^53.
  const units = Number(`${parts[1]}${fraction.padEnd(scale, "0")}`);
  return units <= Number.MAX_SAFE_INTEGER ? units : "too_large";
}

/** All digits of the scale, so that columns line up: 1_500_000 at scale 6 is "1.500000". */
export function formatDecimal(units: number | bigint, scale: number): string {
  assert(isScale(scale), "a scale is an integer of 0 .. 15");
  assert(typeof units === "bigint" || Number.isSafeInteger(units), "units are exact integers");
  assert(units >= 0, "units are not negative");
  const digits = units.toString().padStart(scale + 1, "0");
  if (scale === 0) return digits;
  return `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A tick or lot from its text, or the reason why not. Zero is no step. */
export function parseStep(text: string): Step | DecimalRefusal {
  const point = text.indexOf(".");
  const scale = point < 0 ? 0 : text.length - point - 1;
  if (scale > SCALE_MAX) return "too_many_decimals";
  const digits = parseDecimal(text, scale);
  if (typeof digits !== "number") return digits;
  return digits === 0 ? "not_a_decimal" : { digits, scale };
}

/** How many steps the text is: "12.50" in steps of 0.25 is 50. */
export function parseSteps(text: string, step: Step): number | DecimalRefusal {
  const units = parseDecimal(text, step.scale);
  if (units === "too_many_decimals") return "not_a_multiple";
  if (typeof units !== "number") return units;
  return units % step.digits === 0 ? units / step.digits : "not_a_multiple";
}

/** The text of `count` steps, with the step's digits after the point. */
export function formatSteps(count: number, step: Step): string {
  assert(Number.isSafeInteger(count) && count >= 0, "steps are counted in exact integers");
  return formatDecimal(BigInt(count) * BigInt(step.digits), step.scale);
}

function isScale(scale: number): boolean {
  return Number.isInteger(scale) && scale >= 0 && scale <= SCALE_MAX;
}
