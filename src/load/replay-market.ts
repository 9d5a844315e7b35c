/**
 * ReplayMarket: the rules under which a public flow means what its authors meant: no fees, no
 * bands, every tick and lot, as many open orders as a flow may have.
 *
 * One lot is one unit of base, one tick times one lot one unit of quote.
 */
import { STATE_OPEN, U32_MAX } from "../protocol/codes.ts";
import type { MarketRules } from "../protocol/commands.ts";

const OPEN_ORDERS_MAX = 1 << 20;

export interface ReplayMarketTerms {
  readonly market: number;
  readonly base: number;
  readonly quote: number;
  readonly symbol: string;
}

export function replayMarket(terms: ReplayMarketTerms): MarketRules {
  return {
    ...terms,
    state: STATE_OPEN,
    lotUnits: 1,
    tickValue: 1,
    openOrdersMax: OPEN_ORDERS_MAX,
    priceMin: 1,
    priceMax: U32_MAX,
    quantityMin: 1,
    quantityMax: U32_MAX,
    makerFeePpm: 0,
    takerFeePpm: 0,
    count: 1,
    priceStep: 1,
    quantityStep: 1,
  };
}
