/**
 * SnapshotOrders: the open orders of a snapshot into a state that has its accounts and markets.
 *
 * They come by rising arrival, so that putting each at the tail of its level and of its seat's list
 * gives both their order. What they hold must be what the accounts have held.
 */
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as order from "./order-slab.ts";
import type { Resting } from "./resting.ts";
import { type Cursor, has } from "./snapshot-cursor.ts";
import { SNAPSHOT_ORDER_SIZE } from "./snapshot.ts";
import type { State } from "./state.ts";

const INDEX_MAX = codes.BATCH_COUNT_MAX - 1;

/** "" or what is wrong. `state.arrivals` is that of the snapshot, before and after. */
export function readOrders(cursor: Cursor, count: number, state: State, resting: Resting): string {
  if (count > state.limits.ordersMax) return "snapshot has more orders than genesis allows";
  if (!has(cursor, count * SNAPSHOT_ORDER_SIZE)) return "snapshot's orders are cut";
  const { view } = cursor;
  const arrivals = state.arrivals;
  const held = new Map<number, number>();
  let before = 0;
  for (let i = 0; i < count; i++, cursor.at += SNAPSHOT_ORDER_SIZE) {
    const at = cursor.at;
    const arrival = readU64(view, at);
    if (arrival <= before || arrival > arrivals || !isOrder(view, at, state)) {
      return `order ${i + 1} of the snapshot is not one`;
    }
    before = arrival;
    const slot = putOrder(view, at, state);
    state.arrivals = arrival - 1;
    const type = view.getUint8(at + 15);
    if (type === codes.TYPE_LIMIT) resting.rest(slot);
    else resting.wait(slot, type, view.getUint32(at + 64, true));
    resting.register(slot);
    const holds = resting.hold(slot, state.slab.leaves(slot));
    const balance = resting.balance(slot);
    held.set(balance, (held.get(balance) ?? 0) + holds);
  }
  state.arrivals = arrivals;
  return checkHeld(held, state);
}

function isOrder(view: DataView, at: number, state: State): boolean {
  const u32 = (more: number): number => view.getUint32(at + more, true);
  const side = view.getUint8(at + 12);
  const nonce = readU64(view, at + 40);
  const account = u32(28);
  const market = state.markets.find(u32(8));
  const fields =
    (side === codes.SIDE_BUY || side === codes.SIDE_SELL) &&
    view.getUint8(at + 13) <= codes.STP_DECREMENT &&
    view.getUint8(at + 14) <= codes.POST_ONLY_SLIDE &&
    isTyped(view, at) &&
    readU64(view, at + 56) < SAFE_LIMIT &&
    u32(68) === 0 &&
    u32(16) >= 1 &&
    u32(20) >= 1 &&
    u32(20) + u32(24) <= codes.U32_MAX &&
    view.getUint16(at + 36, true) <= INDEX_MAX &&
    view.getUint16(at + 38, true) === 0 &&
    nonce >= 1 &&
    nonce < SAFE_LIMIT;
  const names =
    market !== 0 &&
    state.accounts.has(account) &&
    state.keys.has(u32(32)) &&
    state.keys.account[u32(32)] === account &&
    state.index.find(account, view.getInt32(at + 48, true), view.getInt32(at + 52, true)) === 0;
  if (!fields || !names) return false;
  const units = u32(20) * state.markets.lotUnits(market);
  return units < SAFE_LIMIT && state.markets.holdOfBuy(market, u32(16), u32(20)) < SAFE_LIMIT;
}

/** A limit order has no stop price; a stop has one and is not post-only. */
function isTyped(view: DataView, at: number): boolean {
  const type = view.getUint8(at + 15);
  const stopPrice = view.getUint32(at + 64, true);
  if (type === codes.TYPE_LIMIT) return stopPrice === 0;
  const isStop = type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
  return isStop && stopPrice !== 0 && view.getUint8(at + 14) === codes.POST_ONLY_OFF;
}

/** Fills a slot with the order's fields. */
function putOrder(view: DataView, at: number, state: State): number {
  const { slab } = state;
  const market = state.markets.find(view.getUint32(at + 8, true));
  const account = view.getUint32(at + 28, true);
  const seat = state.seats.find(account, market) || state.openSeat(account, market);
  const slot = slab.take();
  const words = slab.words;
  const base = slot << order.ORDER_SHIFT;
  const selfTrade = view.getUint8(at + 13);
  const postOnly = view.getUint8(at + 14);
  const index = view.getUint16(at + 36, true);
  const goodTill = readU64(view, at + 56);
  words[base + order.LEAVES] = view.getUint32(at + 20, true);
  words[base + order.CUMULATIVE] = view.getUint32(at + 24, true);
  words[base + order.PRICE] = view.getUint32(at + 16, true);
  words[base + order.SEAT_SIDE] = 2 * seat + view.getUint8(at + 12) - codes.SIDE_BUY;
  words[base + order.INDEX_KEY] = order.packKey(index, view.getUint32(at + 32, true));
  words[base + order.NONCE_LOW] = view.getUint32(at + 40, true);
  words[base + order.PACKED] = order.pack(view.getUint32(at + 44, true), selfTrade, postOnly);
  if (goodTill !== 0) state.setGoodTill(slot, goodTill);
  words[base + order.CLIENT_LOW] = view.getInt32(at + 48, true);
  words[base + order.CLIENT_HIGH] = view.getInt32(at + 52, true);
  return slot;
}

/** What orders hold is what balances have held. */
function checkHeld(held: ReadonlyMap<number, number>, state: State): string {
  const { balances } = state;
  for (let account = 0; account <= state.accounts.count; account++) {
    for (let slot = balances.first[account]!; slot !== 0; slot = balances.next[slot]!) {
      if (balances.held(slot) !== (held.get(slot) ?? 0)) {
        return `account ${account} of the snapshot holds other funds than its orders need`;
      }
    }
  }
  return "";
}
