/**
 * State: all that a shard is at a position. The parts, and the sums that no part has for itself.
 *
 *   who    accounts, keys            what   assets, balances
 *   where  markets, book             orders slab (the orders), seats (whose), index (by client id)
 *   beyond links (other shards), directory (how far it has come here)
 *   when   expiries (of orders), timers (of accounts), windows (stops of a market to trigger)
 */
import { HASH_SIZE } from "../base/hash.ts";
import { Assets } from "../ledger/assets.ts";
import { Balances } from "../ledger/balances.ts";
import { firstGoverning, type Governing } from "../protocol/governing.ts";
import { type Genesis, type GenesisLimits, venueOf } from "../protocol/genesis.ts";
import { Accounts } from "./accounts.ts";
import { Book } from "./book.ts";
import { Changes } from "./changes.ts";
import { Deadlines } from "./deadlines.ts";
import { Keys } from "./keys.ts";
import type { LevelLimits, PriceLevels } from "./levels.ts";
import { Links } from "./links.ts";
import { Markets, RULE_BASE, RULE_QUOTE } from "./markets.ts";
import { OrderIndex } from "./order-index.ts";
import { OrderSlab } from "./order-slab.ts";
import { SEAT_BASE, SEAT_MARKET, SEAT_QUOTE, SEAT_SHIFT, Seats } from "./seats.ts";
import { Windows } from "./windows.ts";

const MICROSECONDS = 1_000_000;

export interface StateOptions {
  readonly levels: (limits: LevelLimits) => PriceLevels;
  /** Whether `roots` will be asked: only then what changes is tracked. */
  readonly roots: boolean;
  /**
   * Where things lie in the hash tables; no result depends on it. A service passes a secret one, so
   * that nobody can choose ids that all fall on the same place.
   */
  readonly seed?: number;
}

export class State {
  readonly venue: Uint8Array;
  readonly shard: number;
  readonly directoryOrigin: number;
  /** Deposits enter here, and account and key ids are given out. */
  readonly leadsDirectory: boolean;
  /** Changed by upgrades alone, and where one begins to govern. */
  governing: Governing;
  readonly limits: GenesisLimits;
  /** Records applied. */
  position = 0;
  logTime = 0;
  /** Orders put to rest or to wait so far, in all markets. */
  arrivals = 0;
  /** Entries of the directory: written, on the shard that leads it, or applied, elsewhere. */
  directory = 0;
  /** Trades so far, in all markets: the sum of the markets' counters. */
  trades = 0;
  /** Orders that rest or wait now. */
  openOrders = 0;
  /**
   * Report chain after the last record, on loan from whoever follows it: what a Clear must state.
   * It is no part of the state's bytes, for it follows from the records.
   */
  reportChain: Uint8Array = new Uint8Array(HASH_SIZE);
  /** Whether `isLate` was true when the record's frame began; nothing becomes due after that. */
  wasLate = false;

  readonly accounts: Accounts;
  readonly keys: Keys;
  readonly assets: Assets;
  readonly balances: Balances;
  readonly markets: Markets;
  readonly links = new Links();
  readonly slab: OrderSlab;
  readonly seats: Seats;
  readonly index: OrderIndex;
  readonly book: Book;
  readonly changes: Changes;
  /** By slot: good till, then arrival. */
  readonly expiries: Deadlines;
  /** By account: dead-man timer, then id. */
  readonly timers: Deadlines;
  readonly windows: Windows;
  /** Microseconds after 00:00 UTC at which a trading day begins. */
  readonly dayStart: number;

  constructor(genesisFrame: Uint8Array, genesis: Genesis, options: StateOptions) {
    const limits = genesis.limits;
    const seed = options.seed ?? 0;
    this.venue = venueOf(genesisFrame, genesis);
    this.shard = genesis.shard;
    this.directoryOrigin = genesis.directoryOrigin;
    this.leadsDirectory = this.shard === this.directoryOrigin;
    this.governing = firstGoverning(genesis.rulesVersion);
    this.limits = limits;
    this.accounts = new Accounts(limits.accountsMax);
    this.keys = new Keys(limits.keysMax, seed);
    this.assets = new Assets(limits.assetsMax);
    this.balances = new Balances(limits.accountsMax, limits.assetsMax, seed);
    this.markets = new Markets(limits.marketsMax);
    this.slab = new OrderSlab(limits.ordersMax);
    this.seats = new Seats(this.slab, limits.ordersMax, limits.accountsMax, seed);
    this.index = new OrderIndex(this.slab, this.seats, limits.ordersMax, seed);
    const sides = { sideCount: 4 * (limits.marketsMax + 1), levelCount: limits.ordersMax };
    this.book = new Book(options.levels(sides), this.slab, this.seats);
    this.changes = new Changes(options.roots, limits, this.slab);
    this.expiries = new Deadlines(limits.ordersMax + 2);
    this.timers = new Deadlines(limits.accountsMax + 1);
    this.windows = new Windows(this.markets, this.changes);
    this.dayStart = genesis.dayStartS * MICROSECONDS;
  }

  /** An expiry or a timer is due at this log time. */
  get isLate(): boolean {
    return this.expiries.earliest < this.logTime || this.timers.earliest < this.logTime;
  }

  /** The order's, 0 never. */
  goodTill(slot: number): number {
    return this.slab.isTimed(slot) ? this.expiries.at[slot]! : 0;
  }

  /** An order that is in no queue yet has a good till. */
  setGoodTill(slot: number, goodTill: number): void {
    this.slab.setTimed(slot);
    this.expiries.at[slot] = goodTill;
  }

  /** The slot of the account's open order in that market with the client id at `at`, or 0. */
  findOrder(account: number, market: number, view: DataView, at: number): number {
    const slot = this.index.find(account, view.getInt32(at, true), view.getInt32(at + 4, true));
    if (slot === 0) return 0;
    const seat = this.slab.seatSide(slot) >> 1;
    return this.seats.words[(seat << SEAT_SHIFT) + SEAT_MARKET] === market ? slot : 0;
  }

  /** A new seat that knows its balances. */
  openSeat(account: number, market: number): number {
    const { seats, balances, markets } = this;
    const seat = seats.open(account, market);
    const at = seat << SEAT_SHIFT;
    seats.words[at + SEAT_BASE] = balances.open(account, markets.rule(market, RULE_BASE));
    seats.words[at + SEAT_QUOTE] = balances.open(account, markets.rule(market, RULE_QUOTE));
    return seat;
  }
}
