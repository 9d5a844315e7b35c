/**
 * Config genesis: what `clob init` puts into the genesis of one shard, as the protocol wants it.
 *
 * Random bytes, keys and the venue field are the caller's. Every shard knows all assets and only
 * its own markets; the lowest shard leads the directory.
 */
import { assert } from "../base/assert.ts";
import * as codes from "../protocol/codes.ts";
import { encodeAssetOpen, encodeMarketOpen, type MarketRules } from "../protocol/commands.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { Config, MarketConfig, MarketState } from "./config.ts";

export type GenesisTerms = Omit<
  Genesis,
  "random" | "checkpointKey" | "operators" | "venueField" | "rulesVersion"
>;

const STATES: Readonly<Record<MarketState, number>> = {
  open: codes.STATE_OPEN,
  post_only: codes.STATE_POST_ONLY,
  cancel_only: codes.STATE_CANCEL_ONLY,
  halted: codes.STATE_HALTED,
  closed: codes.STATE_CLOSED,
};

export function genesisTerms(config: Config, shard: number): GenesisTerms {
  const origin = config.shards[0];
  assert(origin !== undefined, "a Config has one shard or more");
  const { limits, settlement } = config;
  return {
    shard,
    directoryOrigin: origin.id,
    checkpointIntervalUs: settlement.checkpointIntervalMs * 1000,
    checkpointCommands: settlement.checkpointCommands,
    dayStartS: config.venue.dayStartS,
    limits: {
      accountsMax: limits.accountsMax,
      keysMax: limits.keysMax,
      ordersMax: limits.ordersMax,
      marketsMax: limits.marketsMax,
      assetsMax: limits.assetsMax,
      reportsPerRecordMax: limits.reportsPerRecordMax,
    },
    assets: config.assets.map((one) => encodeAssetOpen(one.id, one.decimals, one.symbol)),
    markets: config.markets
      .filter((market) => market.shard === shard)
      .map((market) => encodeMarketOpen(marketRules(market))),
  };
}

export function marketRules(market: MarketConfig): MarketRules {
  const { id, state, ...terms } = market;
  return { ...terms, market: id, state: STATES[state] };
}
