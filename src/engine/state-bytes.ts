/**
 * StateBytes: the state of accounts, markets, orders and totals as bytes, by meaning (RULES 8).
 *
 *   account   32 bytes, then 208 per key, then 24 per asset held
 *   market    88 bytes as it would be opened now, then trades, last price and window; 112 bytes
 *   order     key u32 market, u8 side, u32 price, u64 arrival, big-endian; 56 bytes
 *   totals    64 bytes per asset
 *   links     24 bytes per known other shard
 *
 * Nothing of how the engine keeps it (slots, chains, tables) is in them. Writers fill a place given
 * to them and return what is behind it.
 */
import { writeU64 } from "../base/bytes.ts";
import { DEPOSITS, FEES, NET, WITHDRAWALS } from "../ledger/assets.ts";
import { NONCE_WINDOW, SIDE_BUY, SIDE_SELL } from "../protocol/codes.ts";
import { ASSET_OPEN_SIZE, MARKET_OPEN_SIZE } from "../protocol/command-layout.ts";
import { CLIENT_HIGH, CLIENT_LOW, ORDER_SHIFT } from "./order-slab.ts";
import { SEAT_ACCOUNT, SEAT_MARKET, SEAT_SHIFT } from "./seats.ts";
import type { State } from "./state.ts";

export const ACCOUNT_HEAD_SIZE = 32;
export const KEY_STATE_SIZE = 208;
export const BALANCE_STATE_SIZE = 24;
export const MARKET_STATE_SIZE = MARKET_OPEN_SIZE + 24;
export const ORDER_KEY_SIZE = 17;
export const ORDER_STATE_SIZE = 56;
export const TOTALS_SIZE = ASSET_OPEN_SIZE + 32;
export const LINK_SIZE = 24;

const PUBLIC_KEY_SIZE = 32;
export const WINDOW_SIZE = NONCE_WINDOW / 8;

/** The account's balances with something in them, by rising asset id: slots in `into`, counted. */
export function heldAssets(state: State, account: number, into: number[]): number {
  const { first, next, asset } = state.balances;
  let count = 0;
  for (let slot = first[account]!; slot !== 0; slot = next[slot]!) {
    if (state.balances.free(slot) === 0 && state.balances.held(slot) === 0) continue;
    let at = count++;
    for (; at > 0 && asset[into[at - 1]!]! > asset[slot]!; at--) into[at] = into[at - 1]!;
    into[at] = slot;
  }
  return count;
}

export function keyCount(state: State, account: number): number {
  let count = 0;
  for (let key = state.accounts.firstKey[account]!; key !== 0; key = state.keys.next[key]!) count++;
  return count;
}

const scratch: number[] = [];

export function accountSize(state: State, account: number): number {
  const keys = keyCount(state, account) * KEY_STATE_SIZE;
  return ACCOUNT_HEAD_SIZE + keys + heldAssets(state, account, scratch) * BALANCE_STATE_SIZE;
}

export function writeAccount(state: State, account: number, view: DataView, at: number): number {
  const { accounts, keys, balances } = state;
  const held = heldAssets(state, account, scratch);
  view.setUint32(at, account, true);
  view.setUint32(at + 4, accounts.suspended[account]!, true);
  writeU64(view, at + 8, accounts.number[account]!);
  writeU64(view, at + 16, state.timers.at[account]!);
  view.setUint32(at + 24, keyCount(state, account), true);
  view.setUint32(at + 28, held, true);
  let end = at + ACCOUNT_HEAD_SIZE;
  for (let key = accounts.firstKey[account]!; key !== 0; key = keys.next[key]!) {
    writeKey(state, key, view, end);
    end += KEY_STATE_SIZE;
  }
  for (let i = 0; i < held; i++) {
    const slot = scratch[i]!;
    view.setUint32(end, balances.asset[slot]!, true);
    view.setUint32(end + 4, 0, true);
    writeU64(view, end + 8, balances.free(slot));
    writeU64(view, end + 16, balances.held(slot));
    end += BALANCE_STATE_SIZE;
  }
  return end;
}

function writeKey(state: State, key: number, view: DataView, at: number): void {
  const keys = state.keys;
  view.setUint32(at, key, true);
  view.setUint32(at + 4, keys.scopes[key]!, true);
  writeU64(view, at + 8, keys.expiry[key]!);
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at + 16, PUBLIC_KEY_SIZE);
  bytes.set(keys.publicKey(key));
  writeU64(view, at + 48, keys.high[key]!);
  writeU64(view, at + 56, keys.reference[key]!);
  writeU64(view, at + 64, keys.logon[key]!);
  view.setUint32(at + 72, keys.revoked[key]!, true);
  view.setUint32(at + 76, 0, true);
  const words = WINDOW_SIZE / 4;
  for (let i = 0; i < words; i++) {
    view.setUint32(at + 80 + 4 * i, keys.window[key * words + i]!, true);
  }
}

export function writeMarket(state: State, slot: number, view: DataView, at: number): void {
  const { markets, windows } = state;
  const more = at + MARKET_OPEN_SIZE;
  markets.write(slot, view, at);
  writeU64(view, more, markets.trades(slot));
  view.setUint32(more + 8, markets.lastPrice(slot), true);
  view.setUint32(more + 12, windows.low[slot]!, true);
  view.setUint32(more + 16, windows.high[slot]!, true);
  view.setUint32(more + 20, 0, true);
}

/** The key of an open order in the trie of books. */
export function writeOrderKey(state: State, slot: number, view: DataView): void {
  const seatSide = state.slab.seatSide(slot);
  const market = state.seats.words[((seatSide >> 1) << SEAT_SHIFT) + SEAT_MARKET]!;
  const arrival = state.slab.arrival(slot);
  view.setUint32(0, state.markets.id(market));
  const side = (seatSide & 1) + SIDE_BUY;
  view.setUint8(4, state.slab.waits(slot) ? side + SIDE_SELL : side);
  view.setUint32(5, state.book.priceNow(slot));
  view.setUint32(9, Math.floor(arrival / 0x1_0000_0000));
  view.setUint32(13, arrival >>> 0);
}

export function writeOrder(state: State, slot: number, view: DataView, at: number): void {
  const { slab, seats } = state;
  const seat = (slab.seatSide(slot) >> 1) << SEAT_SHIFT;
  const order = slot << ORDER_SHIFT;
  view.setUint32(at, seats.words[seat + SEAT_ACCOUNT]!, true);
  view.setUint32(at + 4, slab.key(slot), true);
  writeU64(view, at + 8, slab.nonce(slot));
  view.setUint16(at + 16, slab.index(slot), true);
  view.setUint8(at + 18, slab.selfTrade(slot));
  view.setUint8(at + 19, slab.postOnly(slot));
  view.setUint32(at + 20, slab.leaves(slot), true);
  view.setInt32(at + 24, slab.words[order + CLIENT_LOW]!, true);
  view.setInt32(at + 28, slab.words[order + CLIENT_HIGH]!, true);
  view.setUint32(at + 32, slab.cumulative(slot), true);
  view.setUint32(at + 36, slab.waits(slot) ? slab.price(slot) : 0, true);
  writeU64(view, at + 40, state.goodTill(slot));
  view.setUint32(at + 48, slab.type(slot), true);
  view.setUint32(at + 52, 0, true);
}

/** The totals of all assets, by rising id. */
export function totalsBytes(state: State): Uint8Array<ArrayBuffer> {
  const { assets } = state;
  const bytes = new Uint8Array(assets.count * TOTALS_SIZE);
  const view = new DataView(bytes.buffer);
  for (const [i, slot] of assets.slotsById().entries()) {
    const at = i * TOTALS_SIZE;
    bytes.set(assets.rulesOf(slot), at);
    writeU64(view, at + ASSET_OPEN_SIZE, assets.total(slot, DEPOSITS));
    writeU64(view, at + ASSET_OPEN_SIZE + 8, assets.total(slot, WITHDRAWALS));
    writeU64(view, at + ASSET_OPEN_SIZE + 16, assets.total(slot, FEES));
    view.setBigInt64(at + ASSET_OPEN_SIZE + 24, BigInt(assets.total(slot, NET)), true);
  }
  return bytes;
}

/** The links to all known other shards, by rising number. */
export function linksBytes({ links }: State): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(links.known.length * LINK_SIZE);
  const view = new DataView(bytes.buffer);
  for (const [i, shard] of links.known.entries()) {
    const at = i * LINK_SIZE;
    view.setUint16(at, shard, true);
    writeU64(view, at + 8, links.out[shard]!);
    writeU64(view, at + 16, links.in[shard]!);
  }
  return bytes;
}
