/** What the configuration puts into genesis is a genesis that the protocol takes. */
import { expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { genesisTerms } from "../../src/edges/config-genesis.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as at from "../../src/protocol/command-layout.ts";
import { decodeGenesis, encodeGenesis } from "../../src/protocol/genesis.ts";
import { configOf, SMALL } from "./config-text.ts";

const TEXT = `${SMALL.replace('"BTC-USD"', '"M#-USD"\ncount = 20\nstate = "post_only"')}
[[shard]]
id = 3
markets = "10-99"
[settlement]
checkpoint_interval_ms = 2500
[limits]
orders_max = 77
`;

test("is decoded as it was configured, for a shard that does not lead", () => {
  const terms = genesisTerms(configOf(TEXT), 3);
  const rest = {
    rulesVersion: codes.RULES_VERSION,
    random: new Uint8Array(16).fill(7),
    checkpointKey: new Uint8Array(32).fill(8),
    operators: [{ publicKey: new Uint8Array(32).fill(9), scopes: codes.SCOPES_OPERATOR }],
    venueField: new Uint8Array(32).fill(5),
  };
  const frame = encodeGenesis({ ...terms, ...rest }, () => new Uint8Array(64));
  expect(decodeGenesis(frame)).toEqual({ ...terms, ...rest });
  expect({ ...terms, assets: terms.assets.length, markets: terms.markets.length }).toEqual({
    shard: 3,
    directoryOrigin: 1,
    checkpointIntervalUs: 2_500_000,
    checkpointCommands: 100_000,
    dayStartS: 0,
    limits: {
      accountsMax: 65_536,
      keysMax: 65_536,
      ordersMax: 77,
      marketsMax: 32_768,
      assetsMax: 64,
      reportsPerRecordMax: 65_536,
    },
    assets: 2,
    markets: 1,
  });
});

test("a shard has its own part of a range only", () => {
  const config = configOf(TEXT);
  const parts = [1, 3].flatMap((shard) =>
    genesisTerms(config, shard).markets.map((bytes) => {
      const view = viewOf(bytes);
      return {
        shard,
        id: view.getUint32(at.MARKET_ID, true),
        count: view.getUint32(at.MARKET_COUNT, true),
        symbol: at.readSymbol(view, at.MARKET_SYMBOL),
        state: view.getUint8(at.MARKET_STATE_AT),
        lotUnits: view.getUint32(at.MARKET_LOT_UNITS, true),
        tickValue: view.getUint32(at.MARKET_TICK_VALUE, true),
        priceMax: view.getUint32(at.MARKET_PRICE_MAX, true),
      };
    }),
  );
  const alike = { symbol: "M#-USD", state: 2, lotUnits: 10_000, tickValue: 1, priceMax: 1e8 };
  expect(parts).toEqual([
    { shard: 1, id: 1, count: 9, ...alike },
    { shard: 3, id: 10, count: 11, ...alike },
  ]);
});
