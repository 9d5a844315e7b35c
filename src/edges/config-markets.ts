/**
 * Config markets: each [[market]] with its integers, its ids and its shard.
 *
 *   id 10, count 3, symbol "M#-USD"   ->   markets 10, 11, 12: M10-USD, M11-USD, M12-USD
 *
 * Ids and symbols are unique, and every market is in a shard.
 */
import type { AssetConfig, MarketConfig, ShardConfig } from "./config.ts";
import { formatRanges } from "./config-ranges.ts";
import { countSteps, deriveScale, type MarketFault, type MarketScale } from "./config-scale.ts";
import { MARKET_ID_MAX, MARKET_STATES } from "./config-schema-shard.ts";
import { checkCount } from "./config-shards.ts";
import { didYouMean } from "./config-suggest.ts";
import type { ConfigValues } from "./config-values.ts";

const SYMBOL_SIZE_MAX = 16;

/** What all markets of one table share. */
type Block = Omit<MarketConfig, "id" | "symbol" | "shard">;

/** Assets and shards that the markets refer to. */
interface Known {
  readonly assets: readonly AssetConfig[];
  readonly shards: readonly ShardConfig[];
}

/** By rising id. Complete only if no error was found. */
export function readMarkets(values: ConfigValues, known: Known): MarketConfig[] {
  const markets = new Map<number, MarketConfig>();
  const symbols = new Set<string>();
  for (let index = 1; index <= values.count("market"); index++) {
    if (!values.isWhole("market", index)) continue;
    const at = `market[${index}]`;
    const block = readBlock(values, at, known);
    for (const market of expand(values, at, { block, known })) {
      if (!isNew(values, at, { market, markets, symbols })) break;
      markets.set(market.id, market);
      symbols.add(market.symbol);
    }
  }
  const sorted = [...markets.values()].sort((a, b) => a.id - b.id);
  for (const shard of known.shards) {
    const count = sorted.filter((market) => market.shard === shard.id).length;
    checkCount(values, "markets", count);
  }
  return sorted;
}

/** Null if something about it was wrong. */
function readBlock(values: ConfigValues, at: string, known: Known): Block | null {
  const base = findAsset(values, `${at}.base`, known.assets);
  const quote = findAsset(values, `${at}.quote`, known.assets);
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
    makerFeePpm: values.integer(`${at}.maker_fee_ppm`),
    takerFeePpm: values.integer(`${at}.taker_fee_ppm`),
    openOrdersMax: values.integer(`${at}.open_orders_max`),
    state: MARKET_STATES.find((known) => known === state) ?? "open",
  };
}

type Bounds = Pick<MarketConfig, "quantityMin" | "quantityMax" | "priceMin" | "priceMax">;

function readBounds(values: ConfigValues, at: string, scale: MarketScale): Bounds | null {
  const read = (key: string, unit: "lot" | "tick") => {
    const count = countSteps(key, values.text(`${at}.${key}`), { unit, step: scale[unit] });
    if (typeof count === "number") return count;
    complain(values, at, count);
    return null;
  };
  const quantityMin = read("quantity_min", "lot");
  const quantityMax = read("quantity_max", "lot");
  const priceMin = read("price_min", "tick");
  const priceMax = read("price_max", "tick");
  if (quantityMin === null || quantityMax === null) return null;
  if (priceMin === null || priceMax === null) return null;
  refuseInverted(values, at, { what: "quantity", low: quantityMin, high: quantityMax });
  refuseInverted(values, at, { what: "price", low: priceMin, high: priceMax });
  const amount = BigInt(priceMax) * BigInt(quantityMin) * BigInt(scale.tickValue);
  if (amount > BigInt(Number.MAX_SAFE_INTEGER)) {
    const problem = "an order of quantity_min at this price is beyond 2^53-1 units of quote";
    values.complain(`${at}.price_max`, problem, "a lower price_max or quantity_min");
  }
  return { quantityMin, quantityMax, priceMin, priceMax };
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

type Expansion = { readonly block: Block | null; readonly known: Known };

/** The markets of one table; none if something about it was or is wrong. */
function expand(values: ConfigValues, at: string, expansion: Expansion): MarketConfig[] {
  const first = values.integer(`${at}.id`);
  const count = values.integer(`${at}.count`);
  const pattern = values.text(`${at}.symbol`);
  if (first + count - 1 > MARKET_ID_MAX) {
    const problem = `${count} ids from ${first} go beyond ${MARKET_ID_MAX}`;
    values.complain(`${at}.count`, problem, `at most ${MARKET_ID_MAX - first + 1}`);
    return [];
  }
  if (count > 1 && !pattern.includes("#")) {
    const problem = `"${pattern}" would be the symbol of ${count} markets`;
    values.complain(`${at}.symbol`, problem, 'a "#" where the id goes, such as "M#-USD"');
    return [];
  }
  const longest = pattern.replaceAll("#", `${first + count - 1}`);
  if (longest.length > SYMBOL_SIZE_MAX) {
    const problem = `"${longest}" has ${longest.length} characters`;
    values.complain(`${at}.symbol`, problem, `at most ${SYMBOL_SIZE_MAX}`);
    return [];
  }
  const shards = shardsOf(values, at, { first, count, shards: expansion.known.shards });
  const { block } = expansion;
  if (block === null) return [];
  return shards.map((shard, nth) => {
    const id = first + nth;
    return { id, symbol: pattern.replaceAll("#", `${id}`), shard, ...block };
  });
}

type Span = { first: number; count: number; shards: readonly ShardConfig[] };

/** The shard of each id, in order; ids without one are told. */
function shardsOf(values: ConfigValues, at: string, span: Span): number[] {
  const owners: number[] = [];
  const homeless: number[] = [];
  for (let id = span.first; id < span.first + span.count; id++) {
    const holds = (shard: ShardConfig) => shard.ranges.some((r) => r.first <= id && id <= r.last);
    const owner = span.shards.find(holds);
    if (owner === undefined) homeless.push(id);
    owners.push(owner?.id ?? 0);
  }
  // Where a [[shard]] itself is wrong, its markets are not missed a second time.
  const isComplete = span.shards.length === values.count("shard") && span.shards.length > 0;
  if (homeless.length > 0 && isComplete) {
    const ids = formatRanges(homeless);
    const problem = `${homeless.length === 1 ? "market" : "markets"} ${ids} in no shard`;
    values.complain(`${at}.id`, problem, "ids within the markets of a [[shard]]");
  }
  return owners;
}

interface Arrival {
  readonly market: MarketConfig;
  readonly markets: ReadonlyMap<number, MarketConfig>;
  readonly symbols: ReadonlySet<string>;
}

function isNew(values: ConfigValues, at: string, arrival: Arrival): boolean {
  const { id, symbol } = arrival.market;
  const taken = arrival.markets.get(id);
  if (taken !== undefined) {
    const problem = `${id} is already the id of ${taken.symbol}`;
    values.complain(`${at}.id`, problem, "an unused id");
  } else if (arrival.symbols.has(symbol)) {
    const problem = `"${symbol}" is already the symbol of another market`;
    values.complain(`${at}.symbol`, problem, "an unused symbol");
  }
  return taken === undefined && !arrival.symbols.has(symbol);
}

function complain(values: ConfigValues, at: string, fault: MarketFault): void {
  values.complain(`${at}.${fault.key}`, fault.problem, fault.allowed);
}
