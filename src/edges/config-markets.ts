/**
 * Config markets: each [[market]] with its integers, and the shard it belongs to.
 *
 *   id 10, count 3, symbol "M#-USD"   is markets 10, 11, 12: M10-USD, M11-USD, M12-USD
 *   shard 1 "1-11", shard 2 "12-20"   cut it into 10, count 2 and 12, count 1
 *
 * Ids and symbols are unique, and every market is in a shard.
 */
import {
  ASSET_OPEN_SIZE,
  MARKET_OPEN_SIZE,
  marketSymbol,
  SYMBOL_SIZE,
} from "../protocol/command-layout.ts";
import { FRAME_SIZE_MAX } from "../protocol/record.ts";
import type { AssetConfig, MarketConfig, ShardConfig } from "./config.ts";
import { type MarketTerms, readTerms } from "./config-market-terms.ts";
import { MARKET_ID_MAX } from "./config-schema-shard.ts";
import { checkCount } from "./config-shards.ts";
import type { ConfigValues } from "./config-values.ts";

/** Assets and shards that the markets refer to. */
export interface Known {
  readonly assets: readonly AssetConfig[];
  readonly shards: readonly ShardConfig[];
}

/** Room in a genesis for its header, its signature, its limits and 32 operator keys. */
const GENESIS_SIZE_REST = 2048;

interface Tables {
  readonly assets: number;
  readonly markets: number;
}

/** Ids first .. last under one symbol, from the table at `at`. */
interface Block {
  readonly at: string;
  readonly first: number;
  readonly last: number;
  readonly symbol: string;
}

/** By rising id. Complete only if no error was found. */
export function readMarkets(values: ConfigValues, known: Known): MarketConfig[] {
  const markets: MarketConfig[] = [];
  const blocks: Block[] = [];
  const symbols = new Map<string, number>();
  for (let index = 1; index <= values.count("market"); index++) {
    if (!values.isWhole("market", index)) continue;
    const at = `market[${index}]`;
    const terms = readTerms(values, at, known.assets);
    const block = readBlock(values, at);
    if (block === null) continue;
    refuseTaken(values, block, { blocks, symbols });
    blocks.push(block);
    const parts = cutByShard(values, block, known.shards);
    if (terms !== null) for (const part of parts) markets.push({ ...part, ...terms });
  }
  for (const shard of known.shards) {
    const own = markets.filter((market) => market.shard === shard.id);
    const count = own.reduce((sum, market) => sum + market.count, 0);
    checkCount(values, "markets", count);
    checkGenesisSize(values, shard.id, { assets: known.assets.length, markets: own.length });
  }
  return markets.sort((a, b) => a.id - b.id);
}

/** Genesis is one frame, so ranges are not only shorter to write. */
function checkGenesisSize(values: ConfigValues, shard: number, tables: Tables): void {
  const room = FRAME_SIZE_MAX - GENESIS_SIZE_REST;
  const size = tables.assets * ASSET_OPEN_SIZE + tables.markets * MARKET_OPEN_SIZE;
  if (size <= room) return;
  const what = `${tables.assets} assets and ${tables.markets} tables of markets`;
  const problem = `${what} are more than the genesis of shard ${shard} can hold`;
  values.complain("market", problem, `${room} bytes; use count for markets that are alike`);
}

/** Null if the ids or the symbol cannot be. */
function readBlock(values: ConfigValues, at: string): Block | null {
  const first = values.integer(`${at}.id`);
  const count = values.integer(`${at}.count`);
  const symbol = values.text(`${at}.symbol`);
  const last = first + count - 1;
  if (last > MARKET_ID_MAX) {
    const problem = `${count} ids from ${first} go beyond ${MARKET_ID_MAX}`;
    values.complain(`${at}.count`, problem, `at most ${MARKET_ID_MAX - first + 1}`);
    return null;
  }
  if (count > 1 && !symbol.includes("#")) {
    const problem = `"${symbol}" would be the symbol of ${count} markets`;
    values.complain(`${at}.symbol`, problem, 'a # where the id goes, such as "M#-USD"');
    return null;
  }
  const longest = marketSymbol(symbol, last);
  if (longest.length > SYMBOL_SIZE) {
    const problem = `"${longest}" has ${longest.length} characters`;
    values.complain(`${at}.symbol`, problem, `at most ${SYMBOL_SIZE}`);
    return null;
  }
  return { at, first, last, symbol };
}

interface Taken {
  readonly blocks: readonly Block[];
  /** Symbol to market id. */
  readonly symbols: Map<string, number>;
}

/** One error for a table whose ids, and one for a table whose symbols, are another's. */
function refuseTaken(values: ConfigValues, block: Block, taken: Taken): void {
  const other = taken.blocks.find((one) => one.first <= block.last && block.first <= one.last);
  if (other !== undefined) {
    const id = Math.max(other.first, block.first);
    const problem = `${id} is already the id of "${marketSymbol(other.symbol, id)}"`;
    values.complain(`${block.at}.id`, problem, "unused ids");
  }
  let clash = "";
  for (let id = block.first; id <= block.last; id++) {
    const symbol = marketSymbol(block.symbol, id);
    if (clash === "" && taken.symbols.has(symbol)) clash = symbol;
    taken.symbols.set(symbol, id);
  }
  if (clash === "" || other !== undefined) return;
  const problem = `"${clash}" is already the symbol of another market`;
  values.complain(`${block.at}.symbol`, problem, "an unused symbol");
}

type Part = Omit<MarketConfig, keyof MarketTerms>;

/** The block, cut where shards begin and end; ids without a shard are told. */
function cutByShard(values: ConfigValues, block: Block, shards: readonly ShardConfig[]): Part[] {
  const ranges = shards.flatMap((shard) => shard.ranges.map((range) => ({ ...range, shard })));
  ranges.sort((a, b) => a.first - b.first);
  const parts: Part[] = [];
  const homeless: string[] = [];
  let next = block.first;
  for (const { first, last, shard } of ranges) {
    const from = Math.max(first, next);
    const to = Math.min(last, block.last);
    if (from > to) continue;
    if (from > next) homeless.push(rangeText(next, from - 1));
    parts.push({ id: from, count: to - from + 1, symbol: block.symbol, shard: shard.id });
    next = to + 1;
  }
  if (next <= block.last) homeless.push(rangeText(next, block.last));
  // Where a [[shard]] itself is wrong, its markets are not missed a second time.
  if (homeless.length > 0 && shards.length > 0 && shards.length === values.count("shard")) {
    const problem = `in no shard: ${homeless.join(",")}`;
    values.complain(`${block.at}.id`, problem, "ids within the markets of a [[shard]]");
  }
  return parts;
}

function rangeText(first: number, last: number): string {
  return first === last ? `${first}` : `${first}-${last}`;
}
