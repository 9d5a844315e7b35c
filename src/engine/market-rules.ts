/**
 * MarketRules: the bytes of a MarketOpen command as an object, for those who read the state.
 */
import { readU64 } from "../base/bytes.ts";
import * as layout from "../protocol/command-layout.ts";
import type { MarketRules } from "../protocol/commands.ts";

/** The rules in the 88 bytes of `view`. */
export function readMarketRules(view: DataView): MarketRules {
  const u32 = (at: number): number => view.getUint32(at, true);
  return {
    market: u32(layout.MARKET_ID),
    state: view.getUint8(layout.MARKET_STATE_AT),
    base: u32(layout.MARKET_BASE),
    quote: u32(layout.MARKET_QUOTE),
    lotUnits: readU64(view, layout.MARKET_LOT_UNITS),
    tickValue: u32(layout.MARKET_TICK_VALUE),
    openOrdersMax: u32(layout.MARKET_OPEN_ORDERS_MAX),
    priceMin: u32(layout.MARKET_PRICE_MIN),
    priceMax: u32(layout.MARKET_PRICE_MAX),
    quantityMin: u32(layout.MARKET_QUANTITY_MIN),
    quantityMax: u32(layout.MARKET_QUANTITY_MAX),
    makerFeePpm: u32(layout.MARKET_MAKER_PPM),
    takerFeePpm: u32(layout.MARKET_TAKER_PPM),
    symbol: layout.readSymbol(view, layout.MARKET_SYMBOL),
    count: u32(layout.MARKET_COUNT),
    priceStep: u32(layout.MARKET_PRICE_STEP),
    quantityStep: u32(layout.MARKET_QUANTITY_STEP),
  };
}
