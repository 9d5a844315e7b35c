/**
 * SnapshotRead: the bytes of snapshot.ts into an empty state.
 *
 * Their hash holds against accidents. What they say is checked as far as the engine's own promises
 * need it: ids in order and within limits, names that exist, and held funds that are those of the
 * orders.
 */
import { readU64, SAFE_LIMIT, viewOf } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { DEPOSITS, FEES, NET, WITHDRAWALS } from "../ledger/assets.ts";
import { checkCommand } from "../protocol/check-command.ts";
import * as codes from "../protocol/codes.ts";
import * as command from "../protocol/command-layout.ts";
import type { Resting } from "./resting.ts";
import { readAccounts } from "./snapshot-accounts.ts";
import { type Cursor, has } from "./snapshot-cursor.ts";
import { readOrders } from "./snapshot-orders.ts";
import * as layout from "./snapshot.ts";
import type { SnapshotHeader } from "./snapshot.ts";
import type { State } from "./state.ts";
import { LINK_SIZE, MARKET_STATE_SIZE, TOTALS_SIZE } from "./state-bytes.ts";

/** Fills the state from a snapshot whose header is that of its shard; "" or what is wrong. */
export function fillState(
  bytes: Uint8Array,
  header: SnapshotHeader,
  state: State,
  resting: Resting,
): string {
  const end = bytes.length - HASH_SIZE;
  const cursor = { bytes, view: viewOf(bytes), end, at: layout.SNAPSHOT_HEADER_SIZE };
  const { current, next } = header.governing;
  const isPossible = current.from <= Math.max(1, header.position);
  const isAhead = next === null || next.from > header.position;
  if (!isPossible || !isAhead) return "snapshot's rules versions are not those of its position";
  state.governing = header.governing;
  state.position = header.position;
  state.logTime = header.logTime;
  state.arrivals = header.arrivals;
  state.directory = header.directory;
  const wrong =
    readAssets(cursor, header.assets, state) ||
    readLinks(cursor, header.links, state) ||
    readMarkets(cursor, header.markets, state) ||
    readAccounts(cursor, header.accounts, state) ||
    readOrders(cursor, header.orders, state, resting);
  if (wrong !== "") return wrong;
  return cursor.at === cursor.end ? "" : "snapshot has bytes that belong to nothing";
}

function readAssets(cursor: Cursor, count: number, state: State): string {
  const { view } = cursor;
  const { assets } = state;
  if (count > state.limits.assetsMax) return "snapshot has more assets than genesis allows";
  if (!has(cursor, count * TOTALS_SIZE)) return "snapshot's assets are cut";
  let before = 0;
  for (let slot = 1; slot <= count; slot++, cursor.at += TOTALS_SIZE) {
    const at = cursor.at;
    const isLegal =
      view.getUint8(at) === codes.COMMAND_ASSET_OPEN &&
      checkCommand(view, at, codes.COMMAND_ASSET_OPEN) === codes.ACCEPTED;
    const id = view.getUint32(at + command.ASSET_ID, true);
    if (!isLegal || id <= before) return `asset ${slot} of the snapshot is not one`;
    before = id;
    assets.open(view, at);
    if (!readTotals(view, at + command.ASSET_OPEN_SIZE, slot, state)) {
      return "a total is not possible";
    }
  }
  return "";
}

/** False when they are not possible: what was there is not what left, and what is left. */
function readTotals(view: DataView, at: number, slot: number, state: State): boolean {
  const { assets, leadsDirectory } = state;
  const [deposits = 0, withdrawals = 0, fees = 0] = [0, 8, 16].map((more) =>
    readU64(view, at + more),
  );
  const net = Number(view.getBigInt64(at + 24, true));
  // Deposits enter at the shard that leads the directory, so that nothing more can come back.
  const isOfShard = leadsDirectory ? net <= 0 : net >= 0 && deposits === 0;
  const all = deposits + net;
  if (!isOfShard || deposits >= SAFE_LIMIT || net >= SAFE_LIMIT || all < 0) return false;
  if (withdrawals + fees > all) return false;
  assets.add(slot, DEPOSITS, deposits);
  assets.add(slot, WITHDRAWALS, withdrawals);
  assets.add(slot, FEES, fees);
  assets.add(slot, NET, net);
  return true;
}

function readLinks(cursor: Cursor, count: number, state: State): string {
  const { view } = cursor;
  const { links } = state;
  if (!has(cursor, count * LINK_SIZE)) return "snapshot's links are cut";
  let before = 0;
  for (let i = 1; i <= count; i++, cursor.at += LINK_SIZE) {
    const at = cursor.at;
    const shard = view.getUint16(at, true);
    const [out = 0, inward = 0] = [8, 16].map((more) => readU64(view, at + more));
    const isLegal =
      shard > before &&
      shard !== state.shard &&
      shard <= codes.SHARD_MAX &&
      view.getUint16(at + 2, true) === 0 &&
      view.getUint32(at + 4, true) === 0 &&
      out < SAFE_LIMIT &&
      inward < SAFE_LIMIT;
    if (!isLegal) return `link ${i} of the snapshot is not one`;
    before = shard;
    links.open(shard);
    links.out[shard] = out;
    links.in[shard] = inward;
  }
  const isMissing = state.position !== 0 && !state.leadsDirectory;
  return isMissing && !links.has(state.directoryOrigin) ? "snapshot knows no directory" : "";
}

function readMarkets(cursor: Cursor, count: number, state: State): string {
  const { view } = cursor;
  const { markets, assets } = state;
  if (count > state.limits.marketsMax) return "snapshot has more markets than genesis allows";
  if (!has(cursor, count * MARKET_STATE_SIZE)) return "snapshot's markets are cut";
  let before = 0;
  for (let i = 1; i <= count; i++, cursor.at += MARKET_STATE_SIZE) {
    const at = cursor.at;
    const id = view.getUint32(at + command.MARKET_ID, true);
    const isLegal =
      view.getUint8(at) === codes.COMMAND_MARKET_OPEN &&
      checkCommand(view, at, codes.COMMAND_MARKET_OPEN) === codes.ACCEPTED &&
      view.getUint32(at + command.MARKET_COUNT, true) === 1 &&
      assets.find(view.getUint32(at + command.MARKET_BASE, true)) !== 0 &&
      assets.find(view.getUint32(at + command.MARKET_QUOTE, true)) !== 0;
    if (!isLegal || id <= before) return `market ${i} is not one`;
    before = id;
    const slot = markets.open(view, at, id, assets);
    state.changes.market(slot);
    const wrong = readTrading(view, at + command.MARKET_OPEN_SIZE, state, slot);
    if (wrong !== "") return `market ${i} ${wrong}`;
  }
  return "";
}

/** What a market has behind its rules: trades, the last price, the window. */
function readTrading(view: DataView, at: number, state: State, slot: number): string {
  const trades = readU64(view, at);
  const last = view.getUint32(at + 8, true);
  const low = view.getUint32(at + 12, true);
  const high = view.getUint32(at + 16, true);
  if (trades >= SAFE_LIMIT || view.getUint32(at + 20, true) !== 0) return "is not one";
  if ((trades === 0) !== (last === 0)) return "has a last price without trades, or none";
  const isWindow = low === 0 ? high === 0 : low <= high && trades > 0;
  if (!isWindow) return "has a window that no trades open";
  state.markets.setTrades(slot, trades);
  state.markets.setLastPrice(slot, last);
  state.trades += trades;
  if (high !== 0) state.windows.widen(slot, low, high);
  return "";
}
