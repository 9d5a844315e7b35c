/**
 * Views: reading the state, for settlement, HTTP and tests. It copies out and changes nothing.
 *
 * Nothing here is on the way of a command; what a view costs follows what it is asked for.
 */
import { viewOf } from "../base/bytes.ts";
import { DEPOSITS, FEES, NET, WITHDRAWALS } from "../ledger/assets.ts";
import * as codes from "../protocol/codes.ts";
import * as layout from "../protocol/command-layout.ts";
import type { MarketRules } from "../protocol/commands.ts";
import { readMarketRules } from "./market-rules.ts";
import { type OpenOrder, openOrder } from "./open-order.ts";
import { NEXT, ORDER_SHIFT } from "./order-slab.ts";
import { OwnOrders } from "./own-orders.ts";
import type { State } from "./state.ts";
import { heldAssets } from "./state-bytes.ts";

export interface Level {
  readonly price: number;
  readonly lots: number;
  readonly orders: number;
}

export interface Balance {
  readonly asset: number;
  readonly free: number;
  readonly held: number;
}

export interface KeyView {
  readonly key: number;
  readonly account: number;
  readonly publicKey: Uint8Array;
  readonly scopes: number;
  /** Log time in microseconds, 0 never. */
  readonly expiry: number;
  readonly revoked: boolean;
  /** Highest nonce used. */
  readonly high: number;
  readonly reference: number;
  readonly logon: number;
}

export interface AssetView {
  readonly asset: number;
  readonly decimals: number;
  readonly symbol: string;
  readonly deposits: number;
  readonly withdrawals: number;
  readonly fees: number;
  /** Transfers in less transfers out; may be below zero. */
  readonly net: number;
}

/** Another shard that this one knows. */
export interface LinkView {
  readonly shard: number;
  /** Number of the last credit written for it. */
  readonly out: number;
  /** Number of its last credit that was applied here. */
  readonly in: number;
}

export class Views {
  private readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  /** The best price of a side (1 buy, 2 sell), 0 if there is none or no such market. */
  best(market: number, side: number): number {
    const { levels } = this.state.book;
    const level = this.bestLevel(market, side);
    return level === 0 ? 0 : levels.price[level]!;
  }

  private bestLevel(market: number, side: number): number {
    const slot = this.state.markets.find(market);
    return slot === 0 ? 0 : this.state.book.levels.best[2 * slot + side - codes.SIDE_BUY]!;
  }

  /** The best levels of a side, the best first. */
  depth(market: number, side: number, levelsMax: number): Level[] {
    const { book } = this.state;
    const found: Level[] = [];
    let level = this.bestLevel(market, side);
    for (; level !== 0 && found.length < levelsMax; level = book.levels.worse[level]!) {
      const price = book.levels.price[level]!;
      found.push({ price, lots: book.lots(level), orders: book.orders(level) });
    }
    return found;
  }

  /** Lots open at a price. */
  lotsAt(market: number, side: number, price: number): number {
    const level = this.levelAt(market, side, price);
    return level === 0 ? 0 : this.state.book.lots(level);
  }

  private levelAt(market: number, side: number, price: number): number {
    const slot = this.state.markets.find(market);
    if (slot === 0 || price < 1) return 0;
    return this.state.book.levels.find(2 * slot + side - codes.SIDE_BUY, price);
  }

  /** The orders of a level, the oldest first: the queue. */
  queue(market: number, side: number, price: number): OpenOrder[] {
    const { state } = this;
    const level = this.levelAt(market, side, price);
    const found: OpenOrder[] = [];
    for (let order = level === 0 ? 0 : state.book.oldest(level); order !== 0; ) {
      found.push(openOrder(state, order));
      order = state.slab.words[(order << ORDER_SHIFT) + NEXT]!;
    }
    return found;
  }

  /** Open orders of an account in all markets, by arrival. */
  ordersOf(account: number): OpenOrder[] {
    const { state } = this;
    const found: OpenOrder[] = [];
    if (!state.accounts.has(account)) return found;
    const own = new OwnOrders(state);
    own.gatherAll(account, 0, true);
    for (let slot = own.next(); slot !== 0; slot = own.next()) found.push(openOrder(state, slot));
    return found;
  }

  /** The open order that this key, nonce and index placed, or null. Walks the key's account. */
  orderById(key: number, nonce: number, index: number): OpenOrder | null {
    if (!this.state.keys.has(key)) return null;
    const own = this.ordersOf(this.state.keys.account[key]!);
    return own.find((order) => isNamed(order, key, nonce, index)) ?? null;
  }

  /** Balances with something in them, by asset id. */
  balancesOf(account: number): Balance[] {
    const { balances, accounts } = this.state;
    if (account < 0 || account > accounts.count) return [];
    const slots: number[] = [];
    const count = heldAssets(this.state, account, slots);
    return slots.slice(0, count).map((slot) => ({
      asset: balances.asset[slot]!,
      free: balances.free(slot),
      held: balances.held(slot),
    }));
  }

  /** An account's keys by id, revoked ones too. */
  keysOf(account: number): KeyView[] {
    const { keys, accounts } = this.state;
    const found: KeyView[] = [];
    if (account < 0 || account > accounts.count) return found;
    for (let key = accounts.firstKey[account]!; key !== 0; key = keys.next[key]!) {
      found.push(this.keyView(key));
    }
    return found;
  }

  /** The key with this id, or null. */
  key(key: number): KeyView | null {
    return this.state.keys.has(key) ? this.keyView(key) : null;
  }

  /** The id of the key with these 32 bytes, 0 if there is none. */
  keyByPublicKey(publicKey: Uint8Array): number {
    return this.state.keys.find(publicKey);
  }

  private keyView(key: number): KeyView {
    const { keys } = this.state;
    return {
      key,
      account: keys.account[key]!,
      publicKey: keys.publicKey(key).slice(),
      scopes: keys.scopes[key]!,
      expiry: keys.expiry[key]!,
      revoked: keys.revoked[key] === 1,
      high: keys.high[key]!,
      reference: keys.reference[key]!,
      logon: keys.logon[key]!,
    };
  }

  /** Whether a nonce of this key was used, as far back as is remembered. */
  isNonceUsed(key: number, nonce: number): boolean {
    const { keys } = this.state;
    const high = keys.has(key) ? keys.high[key]! : 0;
    return nonce <= high && nonce > high - codes.NONCE_WINDOW && keys.isUsed(key, nonce);
  }

  /** Traders' accounts: 1 .. this. */
  get accountCount(): number {
    return this.state.accounts.count;
  }

  isSuspended(account: number): boolean {
    return this.state.accounts.suspended[account] === 1;
  }

  /** Log time past which the account's dead-man timer fires, 0 none. */
  timer(account: number): number {
    return this.state.timers.at[account] ?? 0;
  }

  /** Reports of this account so far. */
  reportNumber(account: number): number {
    return this.state.accounts.number[account] ?? 0;
  }

  /** Ids of all markets, rising. */
  marketIds(): number[] {
    return this.state.markets.slotsById().map((slot) => this.state.markets.id(slot));
  }

  /** The market as it would be opened now, its state included, or null. */
  market(id: number): MarketRules | null {
    const slot = this.state.markets.find(id);
    if (slot === 0) return null;
    const view = new DataView(new ArrayBuffer(layout.MARKET_OPEN_SIZE));
    this.state.markets.write(slot, view, 0);
    return readMarketRules(view);
  }

  /** Trades of a market so far. */
  trades(id: number): number {
    const slot = this.state.markets.find(id);
    return slot === 0 ? 0 : this.state.markets.trades(slot);
  }

  /** Price of the market's last trade, 0 none. */
  lastPrice(id: number): number {
    const slot = this.state.markets.find(id);
    return slot === 0 ? 0 : this.state.markets.lastPrice(slot);
  }

  /** All assets by id, with their totals. */
  assets(): AssetView[] {
    const { assets } = this.state;
    return assets.slotsById().map((slot) => {
      const view = viewOf(assets.rulesOf(slot));
      return {
        asset: assets.id[slot]!,
        decimals: view.getUint8(layout.ASSET_DECIMALS),
        symbol: layout.readSymbol(view, layout.ASSET_SYMBOL),
        deposits: assets.total(slot, DEPOSITS),
        withdrawals: assets.total(slot, WITHDRAWALS),
        fees: assets.total(slot, FEES),
        net: assets.total(slot, NET),
      };
    });
  }

  /** The other shards known here, by number. */
  links(): LinkView[] {
    const { links } = this.state;
    return links.known.map((shard) => ({
      shard,
      out: links.out[shard]!,
      in: links.in[shard]!,
    }));
  }

  /** Entries of the directory: written, on the shard that leads it, or applied, elsewhere. */
  get directory(): number {
    return this.state.directory;
  }

  /** How full the tables are, for metrics. */
  counters(): Record<string, number> {
    const { state } = this;
    return {
      open_orders: state.openOrders,
      price_levels: state.book.levels.count,
      accounts: state.accounts.count,
      keys: state.keys.count,
      markets: state.markets.count,
      assets: state.assets.count,
      arrivals: state.arrivals,
    };
  }
}

function isNamed(order: OpenOrder, key: number, nonce: number, index: number): boolean {
  return order.key === key && order.nonce === nonce && order.index === index;
}
