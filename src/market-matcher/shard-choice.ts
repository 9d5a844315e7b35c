/**
 * ShardChoice: which shards a matcher owns, said by their markets.
 *
 * A matcher owns exactly the shards whose markets it was given, or refuses and lists the legal
 * sets: a market without a matcher, or half a shard, must not happen by a typing error.
 */
import type { Config } from "../edges/config.ts";
import { formatRanges, type Range } from "../edges/config-ranges.ts";
import { EXIT_USAGE, ServiceEnd } from "../service/start.ts";

/** Shard ids, rising. `texts`: market ids and ranges "a-b"; none means all shards. */
export function shardsOfMarkets(config: Config, texts: readonly string[]): number[] {
  if (texts.length === 0) return config.shards.map((shard) => shard.id);
  const asked = new Set(texts.flatMap(parseMarkets));
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

function parseMarkets(text: string): number[] {
  const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text);
  const low = Number(match?.[1] ?? 0);
  const high = Number(match?.[2] ?? low);
  if (match === null || low < 1 || high < low || high - low > 1_000_000) {
    throw new ServiceEnd(EXIT_USAGE, `"${text}" is not a market id or a range such as 1-2100`);
  }
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}
