/**
 * NaiveState: all that the rules speak of (RULES.md section 1), as plain objects.
 *
 *   state --> accounts[id] --> free, held by asset; open orders by client order id; timer
 *         --> keys[id - 1] --> used nonces
 *         --> assets by id --> deposits, withdrawals, fees, net
 *         --> markets by id --> bids, asks: sorted arrays of resting orders, the best one last
 *                           --> waiting: the stops that were not triggered yet, in no order
 *         --> timed: the open orders that have a good till
 *         --> links by shard --> numbers of the last credit written to it and applied from it
 *
 * Nothing here is fast and everything is where a reader would look for it. Maps are for look-up;
 * whoever walks one sorts what comes out. Money is a bigint, so no sum can be rounded.
 */
import { firstGoverning, type Governing } from "../protocol/governing.ts";
import { HASH_SIZE } from "../base/hash.ts";
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
  /** Dead-man: the log time past which all its orders are canceled; 0 none. */
  timer: number;
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
  /** Transfers in less transfers out; may be below zero. */
  net: bigint;
}

/** Another shard that is known. */
export interface NaiveLink {
  readonly shard: number;
  /** Number of the last credit written to it, and of the last one applied from it. */
  out: number;
  in: number;
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
  /** Price of the last trade, 0 before the first. */
  last: number;
  /** The window: prices whose stops are being triggered; 0 and 0 if there are none. */
  low: number;
  high: number;
  readonly bids: NaiveOrder[];
  readonly asks: NaiveOrder[];
  readonly waiting: NaiveOrder[];
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
  /** As it was placed: a stop that was triggered is a stop still. */
  readonly type: number;
  readonly postOnly: number;
  /** What does not trade at once lies down in the book. */
  readonly rests: boolean;
  /** Of a stop, else 0. */
  readonly stopPrice: number;
  /** Log time past which it is expired; 0 never. */
  readonly goodTill: number;
  /** A stop that was not triggered yet: it is open, but not in the book. */
  waits: boolean;
  /** What a market order may still trade of the quote asset; null without a budget. */
  budget: bigint | null;
  price: number;
  leaves: number;
  cumulative: number;
  arrival: number;
}

export interface NaiveState {
  readonly genesis: Genesis;
  governing: Governing;
  position: number;
  logTime: number;
  arrivals: number;
  readonly accounts: NaiveAccount[];
  readonly keys: NaiveKey[];
  readonly assets: Map<number, NaiveAsset>;
  readonly markets: Map<number, NaiveMarket>;
  readonly timed: Set<NaiveOrder>;
  /** Entries of the directory: written, on the shard that leads it, or applied, elsewhere. */
  directory: number;
  readonly links: Map<number, NaiveLink>;
  /** After the last record, on loan from whoever follows it. */
  reportChain: Uint8Array;
}

/** This shard assigns the ids of accounts and keys. */
export function leadsDirectory({ genesis }: NaiveState): boolean {
  return genesis.shard === genesis.directoryOrigin;
}

/** A shard before its first record: account 0 only; it knows the one that leads the directory. */
export function emptyState(genesis: Genesis): NaiveState {
  const origin = genesis.directoryOrigin;
  const leader: NaiveLink = { shard: origin, out: 0, in: 0 };
  return {
    genesis,
    governing: firstGoverning(genesis.rulesVersion),
    position: 0,
    logTime: 0,
    arrivals: 0,
    accounts: [newAccount(0)],
    keys: [],
    assets: new Map(),
    markets: new Map(),
    timed: new Set(),
    directory: 0,
    links: new Map(genesis.shard === origin ? [] : [[origin, leader]]),
    reportChain: new Uint8Array(HASH_SIZE),
  };
}

export function newAccount(id: number): NaiveAccount {
  return {
    id,
    suspended: false,
    number: 0,
    timer: 0,
    free: new Map(),
    held: new Map(),
    orders: new Map(),
  };
}

/** All open orders of the shard, waiting ones too, oldest first. */
export function allOrders(state: NaiveState): NaiveOrder[] {
  return state.accounts.flatMap(ordersOf).sort((a, b) => a.arrival - b.arrival);
}

/** The open orders of an account, oldest first. */
export function ordersOf(account: NaiveAccount): NaiveOrder[] {
  return [...account.orders.values()].sort((a, b) => a.arrival - b.arrival);
}

export function countOrders(state: NaiveState): number {
  let count = 0;
  for (const account of state.accounts) count += account.orders.size;
  return count;
}
