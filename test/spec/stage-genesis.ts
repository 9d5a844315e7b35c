/**
 * Stage genesis: what a shard for plays begins with. Operator key 1 holds every scope, key 2
 * custody alone; market 1 is as the play wants it, market 2 plain.
 */
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import { SIGNATURE_SIZE } from "../../src/protocol/frame.ts";
import { encodeGenesis, type GenesisLimits } from "../../src/protocol/genesis.ts";

export const USD = 1;
export const BTC = 2;
export const ASSETS: Readonly<Record<string, number>> = { USD, BTC };
/** Keys that genesis makes. */
export const OPERATOR_KEYS = 2;

export interface StageOptions {
  /** Of market 1, over the plain rules. */
  readonly market?: Partial<command.MarketRules>;
  readonly limits?: Partial<GenesisLimits>;
  /** What an account has of each asset when it is first named; 1,000,000 if not said. */
  readonly funds?: number;
  /** Seconds after midnight at which a trading day begins. */
  readonly dayStartS?: number;
  /** Whether each line about an order says the book behind it. */
  readonly books?: boolean;
  /** Number of the shard, 1 if not said. */
  readonly shard?: number;
  /** The shard that leads the directory, 1 if not said. */
  readonly origin?: number;
  /** The venue, which is not this shard's to make if another leads the directory. */
  readonly venue?: Uint8Array;
}

const LIMITS: GenesisLimits = {
  accountsMax: 20,
  keysMax: 40,
  ordersMax: 40,
  marketsMax: 4,
  assetsMax: 3,
  reportsPerRecordMax: 1000,
};

export const PLAIN_MARKET: command.MarketRules = {
  market: 1,
  state: codes.STATE_OPEN,
  base: BTC,
  quote: USD,
  lotUnits: 1,
  tickValue: 1,
  openOrdersMax: 100,
  priceMin: 1,
  priceMax: 100_000,
  quantityMin: 1,
  quantityMax: 100_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
  symbol: "M#",
  count: 1,
  priceStep: 1,
  quantityStep: 1,
};

/** The venue of a shard that stands alone and does not lead the directory. */
export const SOME_VENUE = new Uint8Array(32).fill(7);

/** The public key that key `key` has in plays. */
export function publicKeyOf(key: number): Uint8Array {
  return new Uint8Array(32).fill(key);
}

export function stageGenesis(options: StageOptions): Uint8Array {
  const { shard = 1, origin = 1 } = options;
  const rules = { ...PLAIN_MARKET, ...options.market };
  const genesis = {
    shard,
    directoryOrigin: origin,
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16),
    checkpointIntervalUs: 1,
    checkpointCommands: 1,
    dayStartS: options.dayStartS ?? 0,
    limits: { ...LIMITS, ...options.limits },
    checkpointKey: new Uint8Array(32),
    operators: [
      { publicKey: publicKeyOf(1), scopes: codes.SCOPES_OPERATOR },
      { publicKey: publicKeyOf(2), scopes: codes.SCOPE_CUSTODY },
    ],
    assets: [command.encodeAssetOpen(USD, 2, "USD"), command.encodeAssetOpen(BTC, 8, "BTC")],
    markets: [
      command.encodeMarketOpen(rules),
      command.encodeMarketOpen({ ...PLAIN_MARKET, market: 2 }),
    ],
    venueField: shard === origin ? new Uint8Array(32) : (options.venue ?? SOME_VENUE),
  };
  return encodeGenesis(genesis, () => new Uint8Array(SIGNATURE_SIZE));
}
