/**
 * NaiveRoots: the state as bytes, and the hash of it (RULES.md section 8).
 *
 * Each value is written field after field by a small writer, in the order of the rules; sizes are
 * asserted. Keys are big-endian, so that bytes sort as numbers do.
 */
import { assert } from "../base/assert.ts";
import * as codes from "../protocol/codes.ts";
import { MARKET_OPEN_SIZE, MARKET_STATE_AT } from "../protocol/command-layout.ts";
import { freeOf, heldOf } from "./naive-ledger.ts";
import type { Governing } from "../protocol/governing.ts";
import type { NaiveAccount, NaiveKey, NaiveMarket, NaiveOrder, NaiveState } from "./naive-state.ts";
import { allOrders } from "./naive-state.ts";
import { type TrieEntry, trieRoot } from "./naive-trie.ts";

export interface NaiveRootSet {
  readonly governing: Governing;
  readonly accounts: Uint8Array;
  readonly markets: Uint8Array;
  readonly books: Uint8Array;
  readonly arrivals: number;
  /** Entries of the directory, written or applied. */
  readonly directory: number;
  /** 64 bytes per asset, by id. */
  readonly totals: Uint8Array;
  /** 24 bytes per known other shard, by number. */
  readonly links: Uint8Array;
}

const ACCOUNT_SIZE = 32;
const KEY_SIZE = 208;
const BALANCE_SIZE = 24;
const BOOK_KEY_SIZE = 17;
const BOOK_VALUE_SIZE = 56;
const MARKET_SIZE = MARKET_OPEN_SIZE + 24;
/** What a waiting order's side is counted up by in its key: 3 a buy, 4 a sell. */
const WAITS = 2;
const TOTAL_SIZE = 64;
const LINK_SIZE = 24;

/** Writes little-endian fields one after the other. */
class Writer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private at = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  u8(value: number): this {
    this.view.setUint8(this.at, value);
    return this.skip(1);
  }

  u16(value: number): this {
    this.view.setUint16(this.at, value, true);
    return this.skip(2);
  }

  u32(value: number): this {
    this.view.setUint32(this.at, value, true);
    return this.skip(4);
  }

  u64(value: number | bigint): this {
    this.view.setBigUint64(this.at, BigInt(value), true);
    return this.skip(8);
  }

  i64(value: bigint): this {
    this.view.setBigInt64(this.at, value, true);
    return this.skip(8);
  }

  put(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.at);
    return this.skip(bytes.length);
  }

  skip(zeros: number): this {
    this.at += zeros;
    return this;
  }

  end(): Uint8Array {
    assert(this.at === this.bytes.length, "the fields written fill their size");
    return this.bytes;
  }
}

export function rootsOf(state: NaiveState): NaiveRootSet {
  const keys = Map.groupBy(state.keys, (key) => key.account);
  const accounts = state.accounts.map((account) => ({
    key: bigEndian(account.id),
    value: accountBytes(account, keys.get(account.id) ?? []),
  }));
  const markets = [...state.markets.values()].map((market) => ({
    key: bigEndian(market.id),
    value: marketBytes(market),
  }));
  return {
    governing: state.governing,
    accounts: trieRoot(accounts),
    markets: trieRoot(markets),
    books: trieRoot(allOrders(state).map(bookEntry)),
    arrivals: state.arrivals,
    directory: state.directory,
    totals: totalsOf(state),
    links: linksOf(state),
  };
}

function bigEndian(id: number): Uint8Array {
  const key = new Uint8Array(4);
  new DataView(key.buffer).setUint32(0, id);
  return key;
}

/** The account, then its keys by id, then what it has by asset. */
function accountBytes(account: NaiveAccount, keys: readonly NaiveKey[]): Uint8Array {
  const assets = [...new Set([...account.free.keys(), ...account.held.keys()])]
    .filter((asset) => freeOf(account, asset) !== 0n || heldOf(account, asset) !== 0n)
    .sort((a, b) => a - b);
  const out = new Writer(ACCOUNT_SIZE + keys.length * KEY_SIZE + assets.length * BALANCE_SIZE);
  out.u32(account.id);
  out.u8(account.suspended ? 1 : 0).skip(3);
  out.u64(account.number).u64(account.timer).u32(keys.length).u32(assets.length);
  for (const key of keys) writeKey(out, key);
  for (const asset of assets) {
    out.u32(asset).skip(4).u64(freeOf(account, asset)).u64(heldOf(account, asset));
  }
  return out.end();
}

function writeKey(out: Writer, key: NaiveKey): void {
  out.u32(key.id).u32(key.scopes).u64(key.expiry).put(key.publicKey);
  out.u64(key.high).u64(key.reference).u64(key.logon);
  out.u8(key.revoked ? 1 : 0).skip(7);
  const window = new Uint8Array(codes.NONCE_WINDOW / 8);
  for (const nonce of key.used) {
    const bit = nonce % codes.NONCE_WINDOW;
    window[bit >>> 3]! |= 1 << (bit & 7);
  }
  out.put(window);
}

function marketBytes(market: NaiveMarket): Uint8Array {
  const out = new Writer(MARKET_SIZE).put(market.opened).u64(market.trades);
  out.u32(market.last).u32(market.low).u32(market.high).skip(4);
  out.bytes[MARKET_STATE_AT] = market.state;
  return out.end();
}

/** One that waits has its stop price in the key and its limit price in the value. */
function bookEntry(order: NaiveOrder): TrieEntry {
  const { waits } = order;
  const key = new Uint8Array(BOOK_KEY_SIZE);
  const view = new DataView(key.buffer);
  view.setUint32(0, order.market.id);
  view.setUint8(4, waits ? order.side + WAITS : order.side);
  view.setUint32(5, waits ? order.stopPrice : order.price);
  view.setBigUint64(9, BigInt(order.arrival));
  const out = new Writer(BOOK_VALUE_SIZE).u32(order.account.id);
  out.u32(order.orderKey).u64(order.orderNonce).u16(order.orderIndex);
  out.u8(order.stp).u8(order.postOnly);
  out.u32(order.leaves).u64(order.clientOrderId).u32(order.cumulative);
  out.u32(waits ? order.price : 0).u64(order.goodTill);
  out.u8(waits ? order.type : codes.TYPE_LIMIT).skip(7);
  return { key, value: out.end() };
}

function totalsOf(state: NaiveState): Uint8Array {
  const assets = [...state.assets.values()].sort((a, b) => a.id - b.id);
  const out = new Writer(assets.length * TOTAL_SIZE);
  for (const asset of assets) {
    out.put(asset.opened).u64(asset.deposits).u64(asset.withdrawals).u64(asset.fees);
    out.i64(asset.net);
  }
  return out.end();
}

function linksOf(state: NaiveState): Uint8Array {
  const links = [...state.links.values()].sort((a, b) => a.shard - b.shard);
  const out = new Writer(links.length * LINK_SIZE);
  for (const link of links) out.u16(link.shard).skip(6).u64(link.out).u64(link.in);
  return out.end();
}
