/**
 * Limits: how large a shard this engine can hold. Genesis states limits; all memory follows from
 * them.
 *
 * Tables are sized for the limits at once; the system backs their pages when they are first
 * touched.
 */
import type { GenesisLimits } from "../protocol/genesis.ts";
import { KEY_MASK } from "./order-slab.ts";
import { LEVEL_COUNT_MAX, SIDE_COUNT_MAX } from "./levels.ts";

/** Each open order may have a level of its own. */
const ORDERS_CEILING = LEVEL_COUNT_MAX - 2;
/** Four sides each; slots count from 1. */
const MARKETS_CEILING = SIDE_COUNT_MAX / 4 - 2;
const ACCOUNTS_CEILING = 2 ** 24;
/** Orders keep key ids in 24 bits. */
const KEYS_CEILING = KEY_MASK;
const ASSETS_CEILING = 2 ** 20;
/** 104 bytes each: a record's reports stay below 2 GiB. */
const REPORTS_CEILING = 2 ** 24;

/** "", or which limit of genesis is above what this engine holds. */
export function checkLimits(limits: GenesisLimits): string {
  const rows: readonly (readonly [string, number, number])[] = [
    ["accounts_max", limits.accountsMax, ACCOUNTS_CEILING],
    ["keys_max", limits.keysMax, KEYS_CEILING],
    ["orders_max", limits.ordersMax, ORDERS_CEILING],
    ["markets_max", limits.marketsMax, MARKETS_CEILING],
    ["assets_max", limits.assetsMax, ASSETS_CEILING],
    ["reports_per_record_max", limits.reportsPerRecordMax, REPORTS_CEILING],
  ];
  const over = rows.find(([, value, ceiling]) => value > ceiling);
  return over === undefined ? "" : `${over[0]} of genesis is ${over[1]}, above ${over[2]}`;
}
