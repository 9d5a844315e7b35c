/**
 * ShardChoice: which shards a matcher owns, said by their markets.
 *
 * A matcher owns exactly the shards whose markets it was given, or refuses and lists the legal sets: a
 * market without a matcher, or half a shard, must not happen by a typing error.
 */
import type { Config } from "../edges/config.ts";
import { EXIT_USAGE, ServiceEnd } from "../edges/service.ts";

/** Shard ids, rising. `texts`: market ids and ranges "a-b"; none means all shards. */
export function shardsOfMarkets(config: Config, texts: readonly string[]): number[] {
  const all = config.shards.map((shard) => shard.id);
  if (texts.length === 0) return all;
  const asked = new Set(texts.flatMap(parseMarkets));
  const chosen = config.shards.filter((shard) => shard.markets.some((id) => asked.has(id)));
  const owned = new Set(chosen.flatMap((shard) => [...shard.markets]));
  const isExact = owned.size === asked.size && [...asked].every((id) => owned.has(id));
  if (isExact) return chosen.map((shard) => shard.id);
  const legal = config.shards.map((shard) => `  shard ${shard.id}: ${rangesText(shard.markets)}`);
  throw new ServiceEnd(
    EXIT_USAGE,
    `these markets are not those of whole shards; the legal sets are, alone or together:\n${legal.join("\n")}`,
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

/** `1-4, 7` for rising ids. */
function rangesText(ids: readonly number[]): string {
  const parts: string[] = [];
  for (let i = 0; i < ids.length; ) {
    let end = i;
    while (end + 1 < ids.length && ids[end + 1] === ids[end]! + 1) end++;
    parts.push(end === i ? `${ids[i]}` : `${ids[i]}-${ids[end]}`);
    i = end + 1;
  }
  return parts.join(", ");
}
