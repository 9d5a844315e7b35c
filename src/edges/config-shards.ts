/**
 * Config shards: the assets and the shards, each checked against its own kind.
 *
 *   [[shard]] id 1, markets "1-11"    owns those ids, of markets that exist or are opened later
 *
 * No id is in two shards. The lowest shard leads the directory.
 */
import type { AssetConfig, ShardConfig } from "./config.ts";
import { parseRanges, type Range } from "./config-ranges.ts";
import { MARKET_ID_MAX } from "./config-schema-shard.ts";
import type { ConfigValues } from "./config-values.ts";

/** By rising id. */
export function readShards(values: ConfigValues): ShardConfig[] {
  const shards: ShardConfig[] = [];
  if (values.count("shard") === 0) values.complain("shard", "missing", "at least one [[shard]]");
  for (let index = 1; index <= values.count("shard"); index++) {
    const at = `shard[${index}]`;
    if (!values.isWhole("shard", index)) continue;
    const id = values.integer(`${at}.id`);
    if (shards.some((other) => other.id === id)) {
      values.complain(`${at}.id`, `${id} is already the id of another shard`, "an unused id");
    }
    const ranges = parseRanges(values.text(`${at}.markets`), MARKET_ID_MAX);
    if (typeof ranges === "string") continue;
    for (const other of shards) refuseOverlap(values, `${at}.markets`, { ranges, other });
    shards.push({ id, ranges });
  }
  return shards.sort((a, b) => a.id - b.id);
}

/** By rising id. */
export function readAssets(values: ConfigValues): AssetConfig[] {
  const assets: AssetConfig[] = [];
  for (let index = 1; index <= values.count("asset"); index++) {
    const at = `asset[${index}]`;
    if (!values.isWhole("asset", index)) continue;
    const asset = {
      id: values.integer(`${at}.id`),
      symbol: values.text(`${at}.symbol`),
      decimals: values.integer(`${at}.decimals`),
    };
    if (assets.some((other) => other.id === asset.id)) {
      const problem = `${asset.id} is already the id of another asset`;
      values.complain(`${at}.id`, problem, "an unused id");
    }
    if (assets.some((other) => other.symbol === asset.symbol)) {
      const problem = `"${asset.symbol}" is already the symbol of another asset`;
      values.complain(`${at}.symbol`, problem, "an unused symbol");
    }
    assets.push(asset);
  }
  checkCount(values, "assets", assets.length);
  return assets.sort((a, b) => a.id - b.id);
}

/** A count against its limit. */
export function checkCount(values: ConfigValues, what: "assets" | "markets", count: number): void {
  const path = `limits.${what}_max`;
  if (!values.has(path) || count <= values.integer(path)) return;
  const problem = `${values.integer(path)} is less than the ${count} ${what} of this file`;
  values.complain(path, problem, `${count} or more`);
}

type Overlap = { readonly ranges: readonly Range[]; readonly other: ShardConfig };

function refuseOverlap(values: ConfigValues, path: string, overlap: Overlap): void {
  for (const mine of overlap.ranges) {
    for (const theirs of overlap.other.ranges) {
      const first = Math.max(mine.first, theirs.first);
      const last = Math.min(mine.last, theirs.last);
      if (first > last) continue;
      const which = first === last ? `market ${first} is` : `markets ${first}-${last} are`;
      const problem = `${which} already in shard ${overlap.other.id}`;
      values.complain(path, problem, "each market in one shard");
    }
  }
}
