/** The genesis of a test's venue: two assets, one market, limits that a test may set. */
import { signerFromSeed } from "../../src/edges/keys.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Genesis, GenesisLimits } from "../../src/protocol/genesis.ts";

export type Setting = Partial<GenesisLimits>;

const LIMITS: GenesisLimits = {
  accountsMax: 10,
  keysMax: 20,
  ordersMax: 100_000,
  marketsMax: 10,
  assetsMax: 10,
  reportsPerRecordMax: 10_000,
};

/** Settlement's, where a test has one: the key that `signerOf(9)` makes. */
const CHECKPOINT_SEED = new Uint8Array(32).fill(9);

const MARKET: encode.MarketRules = {
  market: 1,
  state: codes.STATE_OPEN,
  base: 1,
  quote: 2,
  lotUnits: 10,
  tickValue: 1,
  openOrdersMax: 100_000,
  priceMin: 1,
  priceMax: 10_000,
  quantityMin: 1,
  quantityMax: 1_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  symbol: "BASE-QUOTE",
  count: 1,
  priceStep: 1,
  quantityStep: 1,
};

export function standGenesis(operator: Uint8Array, limits: Setting): Genesis {
  return {
    shard: 1,
    directoryOrigin: 1,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16),
    checkpointIntervalUs: 1_000_000,
    checkpointCommands: 100_000,
    dayStartS: 0,
    limits: { ...LIMITS, ...limits },
    checkpointKey: signerFromSeed(CHECKPOINT_SEED).publicKey,
    operators: [{ publicKey: operator, scopes: codes.SCOPES_OPERATOR }],
    assets: [encode.encodeAssetOpen(1, 2, "BASE"), encode.encodeAssetOpen(2, 2, "QUOTE")],
    markets: [encode.encodeMarketOpen(MARKET)],
    venueField: new Uint8Array(32),
  };
}
