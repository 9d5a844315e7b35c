/** Decimal text is exact both ways, and what is not a plain decimal is refused. */
import { describe, expect, test } from "bun:test";
import { BrokenPromise } from "../../src/base/assert.ts";
import {
  formatDecimal,
  formatSteps,
  parseDecimal,
  parseStep,
  parseSteps,
} from "../../src/base/decimal.ts";
import { Prng } from "../../src/base/prng.ts";

const MAX = Number.MAX_SAFE_INTEGER;
const SEEDS = [1, 2, Date.now() >>> 0];

describe("parseDecimal", () => {
  test.each([
    ["0", 0, 0],
    ["0", 6, 0],
    ["0.0", 1, 0],
    ["1", 0, 1],
    ["12.5", 6, 12_500_000],
    ["12.50", 2, 1250],
    ["0.000001", 6, 1],
    ["9007199254740991", 0, MAX],
    ["9007199254.740991", 6, MAX],
  ])("reads %s at scale %d", (text, scale, units) => {
    expect(parseDecimal(text, scale)).toBe(units);
  });

  test.each([
    ["", 2, "not_a_decimal"],
    [".5", 2, "not_a_decimal"],
    ["5.", 2, "not_a_decimal"],
    ["+5", 2, "not_a_decimal"],
    ["-5", 2, "not_a_decimal"],
    ["1e3", 2, "not_a_decimal"],
    ["05", 2, "not_a_decimal"],
    ["00", 2, "not_a_decimal"],
    [" 5", 2, "not_a_decimal"],
    ["5\n", 2, "not_a_decimal"],
    ["1,5", 2, "not_a_decimal"],
    ["1_000", 2, "not_a_decimal"],
    ["0x10", 2, "not_a_decimal"],
    ["NaN", 2, "not_a_decimal"],
    ["٥", 2, "not_a_decimal"],
    ["1.2.3", 2, "not_a_decimal"],
    ["1".repeat(65), 2, "not_a_decimal"],
    ["1.234", 2, "too_many_decimals"],
    ["1.230", 2, "too_many_decimals"],
    ["1.0", 0, "too_many_decimals"],
    ["9007199254740992", 0, "too_large"],
    ["9007199254740993", 0, "too_large"],
    ["9007199254.740992", 6, "too_large"],
    ["1".repeat(64), 0, "too_large"],
  ])("refuses %j at scale %d: %s", (text, scale, reason) => {
    expect(parseDecimal(text, scale) as unknown).toBe(reason);
  });

  test.each(SEEDS)("agrees with bigint arithmetic, seed %d", (seed) => {
    const prng = new Prng(seed);
    for (let i = 0; i < 20_000; i++) {
      const whole = BigInt(prng.next()) * BigInt(prng.below(2 ** 22));
      const digits = prng.below(16);
      const fraction = BigInt(prng.next()) % 10n ** BigInt(digits);
      const scale = prng.between(digits, 15);
      const tail = digits === 0 ? "" : `.${fraction.toString().padStart(digits, "0")}`;
      const exact = (whole * 10n ** BigInt(digits) + fraction) * 10n ** BigInt(scale - digits);
      const expected = exact > BigInt(MAX) ? "too_large" : Number(exact);
      expect({ seed, i, got: parseDecimal(`${whole}${tail}`, scale) }).toEqual({
        seed,
        i,
        got: expected,
      });
    }
  });
});

describe("formatDecimal", () => {
  test.each([
    [0, 0, "0"],
    [0, 2, "0.00"],
    [5, 2, "0.05"],
    [1_500_000, 6, "1.500000"],
    [MAX, 0, "9007199254740991"],
    [MAX, 15, "9.007199254740991"],
    [123_456_789_012_345_678_901n, 6, "123456789012345.678901"],
  ])("writes %p at scale %d", (units, scale, text) => {
    expect(formatDecimal(units, scale)).toBe(text);
  });

  test.each(SEEDS)("is read back as the same units, seed %d", (seed) => {
    const prng = new Prng(seed);
    for (let i = 0; i < 20_000; i++) {
      const units = Math.floor(prng.unit() ** 3 * MAX);
      const scale = prng.below(16);
      const back = parseDecimal(formatDecimal(units, scale), scale);
      expect({ seed, i, back }).toEqual({ seed, i, back: units });
    }
  });

  test.each([
    [-1, 2],
    [0.5, 2],
    [2 ** 53, 2],
    [1, -1],
    [1, 16],
    [1, 0.5],
  ])("asserts its promise for %p at scale %p", (units, scale) => {
    expect(() => formatDecimal(units, scale)).toThrow(BrokenPromise);
  });
});

describe("steps", () => {
  test.each([
    ["1", { digits: 1, scale: 0 }],
    ["0.01", { digits: 1, scale: 2 }],
    ["0.25", { digits: 25, scale: 2 }],
    ["10", { digits: 10, scale: 0 }],
    ["0", "not_a_decimal"],
    ["0.00", "not_a_decimal"],
    ["abc", "not_a_decimal"],
    ["0.0000000000000001", "too_many_decimals"],
  ])("a step is read from %s", (text, step) => {
    expect(parseStep(text) as unknown).toEqual(step);
  });

  test.each([
    ["12.5", 50],
    ["12.50", 50],
    ["0", 0],
    ["12.6", "not_a_multiple"],
    ["12.505", "not_a_multiple"],
    ["9007199254740992", "too_large"],
    ["-1", "not_a_decimal"],
  ])("counts quarters in %s", (text, count) => {
    expect(parseSteps(text, { digits: 25, scale: 2 }) as unknown).toBe(count);
  });

  test.each(SEEDS)("a count is written and read back, seed %d", (seed) => {
    const prng = new Prng(seed);
    for (let i = 0; i < 10_000; i++) {
      const step = { digits: prng.between(1, 1000), scale: prng.below(10) };
      const count = prng.next();
      const back = parseSteps(formatSteps(count, step), step);
      expect({ seed, i, back }).toEqual({ seed, i, back: count });
    }
  });
});
