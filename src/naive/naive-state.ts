/**
 * NaiveState: all that the rules speak of (RULES.md section 1), as plain objects.
 *
 *   state --> accounts[id] --> free, held by asset; open orders by client order id
 *         --> keys[id - 1] --> used nonces
 *         --> assets by id --> deposits, withdrawals, fees
 *         --> markets by id --> bids, asks: sorted arrays of orders, the best one last
 *
 * Nothing here is fast and everything is where a reader would look for it. Maps are for look-up;
 * whoever walks one sorts what comes out. Money is a bigint, so no sum can be rounded.
 */
import type { Genesis } from "../protocol/genesis.ts";

/** Thrown by `apply`: this record has no successor state, the shard stops before it. */
export class NaiveHalt extends Error {
  override readonly name = "NaiveHalt";
}

export interface NaiveKey {
  readonly id: number;
  readonly account: number;
  readonly publicKey: Uint8Array;
  readonly scopes: number;
  readonly expiry: number;
  revoked: boolean;
  /** The highest nonce used, and those used among it and the 1,023 below. */
  high: number;
  readonly used: Set<number>;
  reference: number;
  logon: number;
}

export interface NaiveAccount {
  readonly id: number;
  suspended: boolean;
  /** Reports so far. */
  number: number;
  readonly free: Map<number, bigint>;
  readonly held: Map<number, bigint>;
  readonly orders: Map<bigint, NaiveOrder>;
}

export interface NaiveAsset {
  readonly id: number;
  /** The 32 bytes of its AssetOpen. */
  readonly opened: Uint8Array;
  deposits: bigint;
  withdrawals: bigint;
  fees: bigint;
}

export interface NaiveMarket {
  readonly id: number;
  /** The 88 bytes of its MarketOpen: count 1, own symbol, the state it was opened in. */
  readonly opened: Uint8Array;
  readonly base: number;
  readonly quote: number;
  readonly lotUnits: bigint;
  readonly tickValue: bigint;
  readonly openOrdersMax: number;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly priceStep: number;
  readonly quantityMin: number;
  readonly quantityMax: number;
  readonly quantityStep: number;
  readonly makerPpm: number;
  readonly takerPpm: number;
  state: number;
  trades: number;
  readonly bids: NaiveOrder[];
  readonly asks: NaiveOrder[];
}

export interface NaiveOrder {
  readonly market: NaiveMarket;
  readonly account: NaiveAccount;
  readonly side: number;
  readonly clientOrderId: bigint;
  readonly orderKey: number;
  readonly orderNonce: number;
  readonly orderIndex: number;
  readonly stp: number;
  readonly postOnly: boolean;
  price: number;
  leaves: number;
  cumulative: number;
  arrival: number;
}

export interface NaiveState {
  readonly genesis: Genesis;
  position: number;
  logTime: number;
  arrivals: number;
  readonly accounts: NaiveAccount[];
  readonly keys: NaiveKey[];
  readonly assets: Map<number, NaiveAsset>;
  readonly markets: Map<number, NaiveMarket>;
}

/** A shard before its first record: account 0 only. */
export function emptyState(genesis: Genesis): NaiveState {
  return {
    genesis,
    position: 0,
    logTime: 0,
    arrivals: 0,
    accounts: [newAccount(0)],
    keys: [],
    assets: new Map(),
    markets: new Map(),
  };
}

export function newAccount(id: number): NaiveAccount {
  return {
    id,
    suspended: false,
    number: 0,
    free: new Map(),
    held: new Map(),
    orders: new Map(),
  };
}

/** All open orders of the shard, oldest first. */
export function allOrders(state: NaiveState): NaiveOrder[] {
  const orders = state.accounts.flatMap((account) => [...account.orders.values()]);
  return orders.sort((a, b) => a.arrival - b.arrival);
}

export function countOrders(state: NaiveState): number {
  let count = 0;
  for (const account of state.accounts) count += account.orders.size;
  return count;
}
