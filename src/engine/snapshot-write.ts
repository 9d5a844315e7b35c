/**
 * SnapshotWrite: the state into the bytes of snapshot.ts.
 */
import { assert } from "../base/assert.ts";
import { viewOf, writeU64 } from "../base/bytes.ts";
import { HASH_SIZE, sha256 } from "../base/hash.ts";
import { SIDE_BUY } from "../protocol/codes.ts";
import { writeGoverning } from "../protocol/governing.ts";
import { ArrivalHeap } from "./arrival-heap.ts";
import { CLIENT_HIGH, CLIENT_LOW, ORDER_SHIFT, OWN_NEXT } from "./order-slab.ts";
import { SEAT_ACCOUNT, SEAT_AFTER, SEAT_MARKET, SEAT_OLDEST, SEAT_SHIFT } from "./seats.ts";
import * as layout from "./snapshot.ts";
import type { State } from "./state.ts";
import * as bytes from "./state-bytes.ts";

export function writeSnapshot(
  state: State,
  genesisHash: Uint8Array,
  reportChain: Uint8Array,
): Uint8Array<ArrayBuffer> {
  assert(reportChain.length === HASH_SIZE, "a report chain value has 32 bytes");
  // Before record 1 there is not even account 0.
  const accounts = state.position === 0 ? 0 : state.accounts.count + 1;
  const totals = bytes.totalsBytes(state);
  const links = bytes.linksBytes(state);
  const into = new Uint8Array(sizeOf(state, accounts) + totals.length + links.length);
  const view = viewOf(into);
  writeHeader(view, state, accounts);
  into.set(state.venue, layout.VENUE_AT);
  into.set(genesisHash, layout.GENESIS_AT);
  into.set(reportChain, layout.REPORT_CHAIN_AT);
  let at = layout.SNAPSHOT_HEADER_SIZE;
  into.set(totals, at);
  at += totals.length;
  into.set(links, at);
  at += links.length;
  for (const slot of state.markets.slotsById()) {
    bytes.writeMarket(state, slot, view, at);
    at += bytes.MARKET_STATE_SIZE;
  }
  for (let account = 0; account < accounts; account++) {
    at = bytes.writeAccount(state, account, view, at);
  }
  at = writeOrders(state, view, at);
  assert(at === into.length - HASH_SIZE, "a snapshot has the size that its parts add up to");
  into.set(sha256(into.subarray(0, at)), at);
  return into;
}

/** All but totals and links. */
function sizeOf(state: State, accounts: number): number {
  let size = layout.SNAPSHOT_HEADER_SIZE + HASH_SIZE;
  size += state.markets.count * bytes.MARKET_STATE_SIZE;
  size += state.openOrders * layout.SNAPSHOT_ORDER_SIZE;
  for (let account = 0; account < accounts; account++) size += bytes.accountSize(state, account);
  return size;
}

function writeHeader(view: DataView, state: State, accounts: number): void {
  view.setUint8(0, layout.SNAPSHOT_VERSION);
  view.setUint16(layout.SHARD_AT, state.shard, true);
  view.setUint16(layout.RULES_VERSION_AT, state.governing.current.version, true);
  view.setUint16(layout.DIRECTORY_ORIGIN_AT, state.directoryOrigin, true);
  writeGoverning(view, layout.GOVERNING_AT, state.governing);
  writeU64(view, layout.POSITION_AT, state.position);
  writeU64(view, layout.LOG_TIME_AT, state.logTime);
  writeU64(view, layout.ARRIVALS_AT, state.arrivals);
  view.setUint32(layout.ASSETS_AT, state.assets.count, true);
  view.setUint32(layout.MARKETS_AT, state.markets.count, true);
  view.setUint32(layout.ACCOUNTS_AT, accounts, true);
  view.setUint32(layout.ORDERS_AT, state.openOrders, true);
  writeU64(view, layout.DIRECTORY_AT, state.directory);
  view.setUint32(layout.LINKS_AT, state.links.known.length, true);
}

/** All orders by rising arrival: the lists of all seats, merged. */
function writeOrders(state: State, view: DataView, start: number): number {
  const { slab, seats, accounts } = state;
  const heap = new ArrivalHeap(slab);
  for (let account = 1; account <= accounts.count; account++) {
    for (let seat = seats.first[account]!; seat !== 0; ) {
      const from = seat << SEAT_SHIFT;
      heap.push(seats.words[from + SEAT_OLDEST]!);
      heap.push(seats.words[from + SEAT_OLDEST + 2]!);
      seat = seats.words[from + SEAT_AFTER]!;
    }
  }
  let at = start;
  for (let slot = heap.pop(); slot !== 0; slot = heap.pop()) {
    writeOrder(state, slot, view, at);
    at += layout.SNAPSHOT_ORDER_SIZE;
    heap.push(slab.words[(slot << ORDER_SHIFT) + OWN_NEXT]!);
  }
  return at;
}

function writeOrder(state: State, slot: number, view: DataView, at: number): void {
  const { slab, seats, markets } = state;
  const words = slab.words;
  const order = slot << ORDER_SHIFT;
  const seatSide = slab.seatSide(slot);
  const seat = (seatSide >> 1) << SEAT_SHIFT;
  writeU64(view, at, slab.arrival(slot));
  view.setUint32(at + 8, markets.id(seats.words[seat + SEAT_MARKET]!), true);
  view.setUint8(at + 12, (seatSide & 1) + SIDE_BUY);
  view.setUint8(at + 13, slab.selfTrade(slot));
  view.setUint8(at + 14, slab.postOnly(slot));
  view.setUint8(at + 15, slab.type(slot));
  view.setUint32(at + 16, slab.price(slot), true);
  view.setUint32(at + 20, slab.leaves(slot), true);
  view.setUint32(at + 24, slab.cumulative(slot), true);
  view.setUint32(at + 28, seats.words[seat + SEAT_ACCOUNT]!, true);
  view.setUint32(at + 32, slab.key(slot), true);
  view.setUint16(at + 36, slab.index(slot), true);
  writeU64(view, at + 40, slab.nonce(slot));
  view.setInt32(at + 48, words[order + CLIENT_LOW]!, true);
  view.setInt32(at + 52, words[order + CLIENT_HIGH]!, true);
  writeU64(view, at + 56, state.goodTill(slot));
  view.setUint32(at + 64, slab.waits(slot) ? state.book.priceNow(slot) : 0, true);
}
