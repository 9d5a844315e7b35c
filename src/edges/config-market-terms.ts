/**
 * Market terms: what all markets of one [[market]] share, from decimal texts to integers.
 */
import type { AssetConfig, MarketConfig } from "./config.ts";
import { countSteps, deriveScale, type MarketFault, type MarketScale } from "./config-scale.ts";
import { MARKET_STATES } from "./config-schema-shard.ts";
import { didYouMean } from "./config-suggest.ts";
import type { ConfigValues } from "./config-values.ts";

export type MarketTerms = Omit<MarketConfig, "id" | "count" | "symbol" | "shard">;

/** Null if something about them was wrong. */
export function readTerms(
  values: ConfigValues,
  at: string,
  assets: readonly AssetConfig[],
): MarketTerms | null {
  const base = findAsset(values, `${at}.base`, assets);
  const quote = findAsset(values, `${at}.quote`, assets);
  if (base === null || quote === null) return null;
  if (base === quote) {
    values.complain(`${at}.quote`, `"${quote.symbol}" is also the base`, "another asset");
    return null;
  }
  const tick = values.text(`${at}.tick`);
  const lot = values.text(`${at}.lot`);
  const scale = deriveScale({ tick, lot, base, quote });
  if ("problem" in scale) {
    complain(values, at, scale);
    return null;
  }
  const bounds = readBounds(values, at, scale);
  if (bounds === null) return null;
  const { lotUnits, tickValue } = scale;
  const fixed = { base: base.id, quote: quote.id, tick, lot, lotUnits, tickValue };
  return { ...fixed, ...bounds, ...readRest(values, at) };
}

function readRest(values: ConfigValues, at: string) {
  const state = values.text(`${at}.state`);
  return {
    priceStep: values.integer(`${at}.price_step_ticks`),
    quantityStep: values.integer(`${at}.quantity_step_lots`),
    makerFeePpm: values.integer(`${at}.maker_fee_ppm`),
    takerFeePpm: values.integer(`${at}.taker_fee_ppm`),
    openOrdersMax: values.integer(`${at}.open_orders_max`),
    state: MARKET_STATES.find((known) => known === state) ?? "open",
  };
}

type Bounds = Pick<MarketConfig, "quantityMin" | "quantityMax" | "priceMin" | "priceMax">;

function readBounds(values: ConfigValues, at: string, scale: MarketScale): Bounds | null {
  const read = (key: string, unit: "lot" | "tick"): number => {
    const count = countSteps(key, values.text(`${at}.${key}`), { unit, step: scale[unit] });
    if (typeof count === "number") return count;
    complain(values, at, count);
    return 0;
  };
  const bounds = {
    quantityMin: read("quantity_min", "lot"),
    quantityMax: read("quantity_max", "lot"),
    priceMin: read("price_min", "tick"),
    priceMax: read("price_max", "tick"),
  };
  const { quantityMin, quantityMax, priceMin, priceMax } = bounds;
  if (quantityMin * quantityMax * priceMin * priceMax === 0) return null;
  refuseInverted(values, at, { what: "quantity", low: quantityMin, high: quantityMax });
  refuseInverted(values, at, { what: "price", low: priceMin, high: priceMax });
  const amount = BigInt(priceMax) * BigInt(quantityMin) * BigInt(scale.tickValue);
  if (amount > BigInt(Number.MAX_SAFE_INTEGER)) {
    const problem = "an order of quantity_min at this price is beyond 2^53-1 units of quote";
    values.complain(`${at}.price_max`, problem, "a lower price_max or quantity_min");
  }
  if (BigInt(quantityMin) * BigInt(scale.lotUnits) > BigInt(Number.MAX_SAFE_INTEGER)) {
    const problem = "this quantity is beyond 2^53-1 units of base";
    values.complain(`${at}.quantity_min`, problem, "a lower quantity_min");
  }
  return bounds;
}

type Bound = { readonly what: string; readonly low: number; readonly high: number };

function refuseInverted(values: ConfigValues, at: string, bound: Bound): void {
  if (bound.low <= bound.high) return;
  const [low, high] = [`${at}.${bound.what}_min`, `${at}.${bound.what}_max`];
  const problem = `"${values.text(low)}" is above ${bound.what}_max "${values.text(high)}"`;
  values.complain(low, problem, `at most "${values.text(high)}"`);
}

function findAsset(values: ConfigValues, path: string, assets: readonly AssetConfig[]) {
  const symbol = values.text(path);
  const found = assets.find((asset) => asset.symbol === symbol);
  if (found !== undefined) return found;
  // Where an [[asset]] itself is wrong, its symbol is not missed a second time.
  if (assets.length < values.count("asset")) return null;
  const symbols = assets.map((asset) => asset.symbol);
  const problem = `there is no asset "${symbol}"${didYouMean(symbol, symbols)}`;
  const allowed = symbols.length === 0 ? "the symbol of an [[asset]]" : symbols.join(", ");
  values.complain(path, problem, allowed);
  return null;
}

function complain(values: ConfigValues, at: string, fault: MarketFault): void {
  values.complain(`${at}.${fault.key}`, fault.problem, fault.allowed);
}
