/**
 * MarketRules: the human edge of a market. Decimal strings to ticks and lots, and back, never a
 * float.
 *
 *   lot  = lot_units / 10^base_decimals                     "0.0001"
 *   tick = tick_value / (lot x 10^quote_decimals)           "0.01"
 *
 * A market's genesis holds only the two integers; tick and lot follow from them exactly. What is no
 * exact number of ticks or lots is refused with the rule and both numbers, never rounded.
 */
import {
  type DecimalRefusal,
  formatDecimal,
  formatSteps,
  parseDecimal,
  parseSteps,
  SCALE_MAX,
  type Step,
} from "../base/decimal.ts";
import { U32_MAX } from "../protocol/codes.ts";
import { ClientError } from "./errors.ts";

export interface Asset {
  readonly id: number;
  readonly symbol: string;
  readonly decimals: number;
}

/** What of a market decides how its numbers are written. */
export interface ScaleTerms {
  readonly lotUnits: number;
  readonly tickValue: number;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
}

/** Prices of a market whose tick is no finite decimal are written as whole ticks. */
const WHOLE: Step = { digits: 1, scale: 0 };

export function lotStep(terms: ScaleTerms): Step {
  return stepOf(BigInt(terms.lotUnits), 10n ** BigInt(terms.baseDecimals)) ?? WHOLE;
}

/** Null where the tick is no decimal of 15 digits or less after the point. */
export function tickStep(terms: ScaleTerms): Step | null {
  const units = BigInt(terms.tickValue) * 10n ** BigInt(terms.baseDecimals);
  return stepOf(units, BigInt(terms.lotUnits) * 10n ** BigInt(terms.quoteDecimals));
}

/** The fraction as a decimal with as few digits as it needs. */
function stepOf(numerator: bigint, denominator: bigint): Step | null {
  for (let scale = 0; scale <= SCALE_MAX; scale++) {
    const digits = numerator * 10n ** BigInt(scale);
    if (digits % denominator !== 0n) continue;
    const whole = digits / denominator;
    return whole <= BigInt(Number.MAX_SAFE_INTEGER) ? { digits: Number(whole), scale } : null;
  }
  return null;
}

/** "0.0001" for a step. */
export function stepText(step: Step): string {
  return formatSteps(1, step);
}

/** What a market is, as settlement tells it. */
export interface MarketTerms {
  readonly id: number;
  readonly symbol: string;
  readonly shard: number;
  readonly base: Asset;
  readonly quote: Asset;
  readonly lotUnits: number;
  readonly tickValue: number;
}

export class MarketRules {
  readonly id: number;
  readonly symbol: string;
  readonly shard: number;
  readonly base: Asset;
  readonly quote: Asset;
  readonly tick: Step;
  readonly lot: Step;
  /** False where prices are whole ticks because the tick is no decimal. */
  readonly hasDecimalTick: boolean;

  constructor(parts: MarketTerms) {
    const { id, symbol, shard, base, quote, lotUnits, tickValue } = parts;
    const decimals = { baseDecimals: base.decimals, quoteDecimals: quote.decimals };
    const tick = tickStep({ lotUnits, tickValue, ...decimals });
    this.id = id;
    this.symbol = symbol;
    this.shard = shard;
    this.base = base;
    this.quote = quote;
    this.tick = tick ?? WHOLE;
    this.hasDecimalTick = tick !== null;
    this.lot = lotStep({ lotUnits, tickValue, ...decimals });
  }

  /** Ticks of a price such as "60000.5"; throws a ClientError that names tick and price. */
  ticks(price: string, what = "price"): number {
    return this.count({ what, text: price, step: this.tick, rule: "tick" });
  }

  /** Lots of a quantity such as "0.5"; throws a ClientError that names lot and quantity. */
  lots(quantity: string): number {
    return this.count({ what: "quantity", text: quantity, step: this.lot, rule: "lot" });
  }

  price(ticks: number): string {
    return formatSteps(ticks, this.tick);
  }

  quantity(lots: number): string {
    return formatSteps(lots, this.lot);
  }

  private count(of: { what: string; text: string; step: Step; rule: string }): number {
    const { what, text, step, rule } = of;
    const count = parseSteps(text, step);
    const code = what.replaceAll(" ", "_");
    const size = `${rule} ${stepText(step)} of ${this.symbol}`;
    if (count === "not_a_multiple") {
      throw badNumber(rule, `${what} ${text} is not a multiple of the ${size}`);
    }
    if (count === "not_a_decimal") throw notDecimal(what, text);
    if (typeof count === "string" || count > U32_MAX) {
      throw badNumber(code, `${what} ${text} is more than ${U32_MAX} times the ${size}`);
    }
    if (count === 0) throw badNumber(code, `${what} ${text} is zero; the least is the ${size}`);
    return count;
  }
}

/** Units of an amount such as "12.5"; throws a ClientError that names the asset's decimals. */
export function parseAmount(text: string, asset: Asset, what = "amount"): number {
  const units = parseDecimal(text, asset.decimals);
  if (typeof units === "number" && units > 0) return units;
  if (units === 0) throw badNumber(what, `${what} ${text} is zero`);
  const reason: DecimalRefusal = typeof units === "string" ? units : "not_a_decimal";
  if (reason === "not_a_decimal") throw notDecimal(what, text);
  const rule =
    reason === "too_large"
      ? `is more than ${formatDecimal(Number.MAX_SAFE_INTEGER, asset.decimals)} ${asset.symbol}`
      : `has more than the ${asset.decimals} digits after the point that ${asset.symbol} has`;
  throw badNumber(what, `${what} ${text} ${rule}`);
}

export function formatAmount(units: number, asset: Asset): string {
  return formatDecimal(units, asset.decimals);
}

function badNumber(code: string, message: string): ClientError {
  return new ClientError({ code, message });
}

function notDecimal(what: string, text: string): ClientError {
  const message = `${what} "${text}" is no decimal such as 12.5 (no sign, exponent or comma)`;
  return new ClientError({ code: "not_a_decimal", message });
}
