/**
 * Decimals at the human edge: ticks, lots and amounts, and the sentences for what does not fit.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { ClientError } from "../../src/client/errors.ts";
import { rejectOf } from "../../src/client/explain.ts";
import {
  formatAmount,
  lotStep,
  MarketRules,
  parseAmount,
  stepText,
  tickStep,
} from "../../src/client/market-rules.ts";
import { deriveScale } from "../../src/edges/config-scale.ts";
import * as codes from "../../src/protocol/codes.ts";
import { readReport, REPORT_SIZE, type Report } from "../../src/protocol/report.ts";

const USD = { id: 1, symbol: "USD", decimals: 6 };
const BTC = { id: 2, symbol: "BTC", decimals: 8 };
const market = new MarketRules({
  id: 1,
  symbol: "BTC-USD",
  shard: 1,
  base: BTC,
  quote: USD,
  lotUnits: 10_000,
  tickValue: 1,
});

function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ClientError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "taken";
}

describe("a market's steps", () => {
  test("follow from its two integers as they were derived from the config's texts", () => {
    const prng = new Prng(7);
    for (let i = 0; i < 2000; i++) {
      const text = (): string => {
        const scale = prng.between(0, 5);
        const digits = prng.between(1, 99_999);
        return stepText({ digits, scale });
      };
      const base = { symbol: "A", decimals: prng.between(0, 15) };
      const quote = { symbol: "B", decimals: prng.between(0, 15) };
      const [tick, lot] = [text(), text()];
      const scale = deriveScale({ tick, lot, base, quote });
      if ("problem" in scale) continue;
      const terms = { ...scale, baseDecimals: base.decimals, quoteDecimals: quote.decimals };
      const found = tickStep(terms);
      expect(found === null ? null : Number(stepText(found))).toBe(Number(tick));
      expect(Number(stepText(lotStep(terms)))).toBe(Number(lot));
    }
  });

  test("have as few digits as they need, and none where the tick is no decimal", () => {
    const terms = { lotUnits: 10_000, tickValue: 1, baseDecimals: 8, quoteDecimals: 6 };
    expect(stepText(lotStep(terms))).toBe("0.0001");
    expect(stepText(tickStep(terms)!)).toBe("0.01");
    expect(tickStep({ ...terms, lotUnits: 3 })).toBeNull();
  });
});

describe("numbers", () => {
  test("become ticks and lots and come back", () => {
    expect([market.ticks("60000"), market.ticks("60000.01"), market.lots("0.5")]).toEqual([
      6_000_000, 6_000_001, 5000,
    ]);
    expect([market.price(6_000_001), market.quantity(5000)]).toEqual(["60000.01", "0.5000"]);
    expect([parseAmount("12.5", USD), formatAmount(12_500_000, USD)]).toEqual([
      12_500_000,
      "12.500000",
    ]);
  });

  test("that do not fit are refused with the rule and both numbers", () => {
    expect(refusal(() => market.ticks("100.005"))).toBe(
      "tick: price 100.005 is not a multiple of the tick 0.01 of BTC-USD",
    );
    expect(refusal(() => market.lots("0.00001"))).toBe(
      "lot: quantity 0.00001 is not a multiple of the lot 0.0001 of BTC-USD",
    );
    expect(refusal(() => market.lots("0"))).toBe(
      "quantity: quantity 0 is zero; the least is the lot 0.0001 of BTC-USD",
    );
    expect(refusal(() => market.ticks("42949672.96"))).toBe(
      "price: price 42949672.96 is more than 4294967295 times the tick 0.01 of BTC-USD",
    );
    for (const text of ["1e3", "-1", "1,5", "", " 1", "0x1", ".5", "1."]) {
      expect(refusal(() => market.ticks(text))).toStartWith("not_a_decimal: ");
    }
    expect(refusal(() => parseAmount("0.0000001", USD))).toBe(
      "amount: amount 0.0000001 has more than the 6 digits after the point that USD has",
    );
    expect(refusal(() => parseAmount("99999999999", USD))).toBe(
      "amount: amount 99999999999 is more than 9007199254.740991 USD",
    );
  });
});

describe("a reject in words", () => {
  const reject = (fields: Partial<Report>): Report => {
    const bytes = new DataView(new ArrayBuffer(REPORT_SIZE));
    bytes.setUint8(0, codes.REPORT_REJECTED);
    return { ...readReport(bytes, 0), side: 1, reason: codes.COMMAND_NEW_ORDER, ...fields };
  };

  test("has the market's decimals where they are known", () => {
    const rows: Partial<Report>[] = [
      { code: codes.REJECT_TICK, price: 7, first: 7, second: 5 },
      { code: codes.REJECT_PRICE_BAND, price: 70, first: 7, second: 50 },
      { code: codes.REJECT_ORDER_EXPIRED, first: 1_000_001, second: 2_500_000 },
      { code: codes.REJECT_QUANTITY_MAX, first: 2_000_000, second: 1_000_000 },
      { code: codes.REJECT_FUNDS, first: 60_030_000, second: 12_000_000 },
      { code: codes.REJECT_FUNDS, side: 2, first: 5000, second: 0 },
      { code: codes.REJECT_MARKET_STATE, first: 4, second: 1 },
    ];
    expect(rows.map((row) => rejectOf(reject(row), market).message)).toEqual([
      "tick: price is not a multiple of the price step (price 0.07, step 0.05)",
      "price_band: price is outside the market's band (stop price 0.07, bound 0.50)",
      "order_expired: log time is past its good till " +
        "(good till 1970-01-01T00:00:01.000001Z, log time 1970-01-01T00:00:02.500000Z)",
      "quantity_max: quantity is above the maximum (quantity 200.0000, maximum 100.0000)",
      "insufficient_funds: free funds do not cover it (needed 60.030000 USD, free 12.000000 USD)",
      "insufficient_funds: free funds do not cover it (needed 0.00005000 BTC, free 0.00000000 BTC)",
      "market_state: the market does not take this now (now halted, needed open)",
    ]);
    expect(rejectOf(reject(rows[0]!)).message).toContain("(price 7, step 5)");
    const withdrawal = rejectOf(reject({ ...rows[4]!, side: 0 }), undefined, market.quote);
    expect(withdrawal.message).toContain("(needed 60.030000 USD, free 12.000000 USD)");
  });
});
