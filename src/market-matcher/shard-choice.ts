/**
 * ShardChoice: which shards a matcher owns, said by their markets or by their ids.
 *
 * A matcher owns exactly the shards whose markets it was given, or refuses and lists the legal
 * sets: a market without a matcher, or half a shard, must not happen by a typing error.
 */
import type { Config } from "../edges/config.ts";
import { formatRanges, type Range } from "../edges/config-ranges.ts";
import { EXIT_USAGE, ServiceEnd } from "../service/start.ts";

/**
 * Shard ids, rising. `markets`: market ids and ranges "a-b"; `shards`: shard ids and ranges, with
 * commas between them; neither means all shards, both is refused.
 */
export function chosenShards(
  config: Config,
  markets: readonly string[],
  shards: string | undefined,
): number[] {
  if (shards === undefined) return shardsOfMarkets(config, markets);
  if (markets.length === 0) return shardsOfIds(config, shards);
  throw new ServiceEnd(EXIT_USAGE, "say which shards by --shard or by markets, not by both");
}

/** What `--list-markets` prints: the ids of all markets of these shards, rising. */
export function marketsOf(config: Config, shards: readonly number[]): number[] {
  const chosen = config.shards.filter(({ id }) => shards.includes(id));
  return chosen.flatMap(({ ranges }) => idsOf(ranges)).sort((a, b) => a - b);
}

function shardsOfIds(config: Config, text: string): number[] {
  const known = config.shards.map(({ id }) => id);
  const asked = new Set(text.split(",").flatMap((part) => parseIds(part, "a shard id")));
  const absent = [...asked].filter((id) => !known.includes(id));
  if (absent.length === 0) return known.filter((id) => asked.has(id)).sort((a, b) => a - b);
  const sentence = `there is no shard ${formatRanges(absent)}; config.toml has`;
  throw new ServiceEnd(EXIT_USAGE, `${sentence} ${formatRanges(known)}`);
}

function shardsOfMarkets(config: Config, texts: readonly string[]): number[] {
  if (texts.length === 0) return config.shards.map((shard) => shard.id);
  const asked = new Set(texts.flatMap((text) => parseIds(text, "a market id")));
  const markets = config.shards.map((shard) => ({ id: shard.id, ids: idsOf(shard.ranges) }));
  const chosen = markets.filter((shard) => shard.ids.some((id) => asked.has(id)));
  const owned = new Set(chosen.flatMap((shard) => shard.ids));
  const isExact = owned.size === asked.size && [...asked].every((id) => owned.has(id));
  if (isExact) return chosen.map((shard) => shard.id);
  const legal = markets.map((shard) => `  shard ${shard.id}: ${formatRanges(shard.ids)}`);
  const sentence =
    "these markets are not those of whole shards; the legal sets, alone or together:";
  throw new ServiceEnd(EXIT_USAGE, `${sentence}\n${legal.join("\n")}`);
}

function idsOf(ranges: readonly Range[]): number[] {
  return ranges.flatMap(({ first, last }) =>
    Array.from({ length: last - first + 1 }, (_, i) => first + i),
  );
}

function parseIds(text: string, what: string): number[] {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  const low = Number(match?.[1] ?? 0);
  const high = Number(match?.[2] ?? low);
  if (match === null || low < 1 || high < low || high - low > 1_000_000) {
    throw new ServiceEnd(EXIT_USAGE, `"${text}" is not ${what} or a range such as 1-2100`);
  }
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
