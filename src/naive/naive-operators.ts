/**
 * NaiveOperators: assets, markets, states, deposits, clear (RULES.md section 7).
 *
 * Genesis opens its assets and markets by the same two functions, so it can be refused as they are.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import * as codes from "../protocol/codes.ts";
import * as fields from "../protocol/command-layout.ts";
import { AMOUNT_LAST, freeOf, move } from "./naive-ledger.ts";
import { checkScope } from "./naive-order-checks.ts";
import {
  leadsDirectory,
  type NaiveAccount,
  type NaiveMarket,
  type NaiveState,
} from "./naive-state.ts";
import { type Answer, type NaiveTurn, refuse } from "./naive-turn.ts";

/** From a state to the states it may become. */
const LEGAL_MOVES = new Map<number, readonly number[]>([
  [codes.STATE_OPEN, [codes.STATE_POST_ONLY, codes.STATE_CANCEL_ONLY, codes.STATE_HALTED]],
  [codes.STATE_POST_ONLY, [codes.STATE_OPEN, codes.STATE_CANCEL_ONLY, codes.STATE_HALTED]],
  [
    codes.STATE_CANCEL_ONLY,
    [codes.STATE_OPEN, codes.STATE_POST_ONLY, codes.STATE_HALTED, codes.STATE_CLOSED],
  ],
  [
    codes.STATE_HALTED,
    [codes.STATE_OPEN, codes.STATE_POST_ONLY, codes.STATE_CANCEL_ONLY, codes.STATE_CLOSED],
  ],
  [codes.STATE_CLOSED, []],
]);

/** `opened`: the 32 bytes of an AssetOpen. */
export function openAsset(state: NaiveState, opened: Uint8Array): Answer {
  const id = viewOf(opened).getUint32(fields.ASSET_ID, true);
  const { assetsMax } = state.genesis.limits;
  if (state.assets.has(id)) return refuse(codes.REJECT_ASSET_EXISTS, id);
  if (state.assets.size >= assetsMax) {
    return refuse(codes.REJECT_ASSETS_FULL, state.assets.size, assetsMax);
  }
  state.assets.set(id, { id, opened, deposits: 0n, withdrawals: 0n, fees: 0n, net: 0n });
  return null;
}

/** `opened`: the 88 bytes of a MarketOpen, of one market or a range. */
export function openMarkets(state: NaiveState, opened: Uint8Array): Answer {
  const view = viewOf(opened);
  const id = view.getUint32(fields.MARKET_ID, true);
  const count = view.getUint32(fields.MARKET_COUNT, true);
  for (const at of [fields.MARKET_BASE, fields.MARKET_QUOTE]) {
    const asset = view.getUint32(at, true);
    if (!state.assets.has(asset)) return refuse(codes.REJECT_UNKNOWN_ASSET, asset);
  }
  const taken = [...state.markets.keys()].filter((other) => other >= id && other < id + count);
  if (taken.length > 0) return refuse(codes.REJECT_MARKET_EXISTS, Math.min(...taken));
  const { marketsMax } = state.genesis.limits;
  const size = state.markets.size + count;
  if (size > marketsMax) return refuse(codes.REJECT_MARKETS_FULL, size, marketsMax);

  for (let own = id; own < id + count; own++) {
    state.markets.set(own, readMarket(ownBytes(opened, own)));
  }
  return null;
}

/** The MarketOpen of one market of the range. */
function ownBytes(opened: Uint8Array, id: number): Uint8Array {
  const bytes = opened.slice();
  const view = viewOf(bytes);
  const symbol = fields.marketSymbol(fields.readSymbol(view, fields.MARKET_SYMBOL), id);
  view.setUint32(fields.MARKET_ID, id, true);
  view.setUint32(fields.MARKET_COUNT, 1, true);
  bytes.fill(0, fields.MARKET_SYMBOL, fields.MARKET_SYMBOL + fields.SYMBOL_SIZE);
  bytes.set(new TextEncoder().encode(symbol), fields.MARKET_SYMBOL);
  return bytes;
}

function readMarket(opened: Uint8Array): NaiveMarket {
  const view = viewOf(opened);
  const u32 = (offset: number): number => view.getUint32(offset, true);
  return {
    id: u32(fields.MARKET_ID),
    opened,
    base: u32(fields.MARKET_BASE),
    quote: u32(fields.MARKET_QUOTE),
    lotUnits: view.getBigUint64(fields.MARKET_LOT_UNITS, true),
    tickValue: BigInt(u32(fields.MARKET_TICK_VALUE)),
    openOrdersMax: u32(fields.MARKET_OPEN_ORDERS_MAX),
    priceMin: u32(fields.MARKET_PRICE_MIN),
    priceMax: u32(fields.MARKET_PRICE_MAX),
    priceStep: u32(fields.MARKET_PRICE_STEP),
    quantityMin: u32(fields.MARKET_QUANTITY_MIN),
    quantityMax: u32(fields.MARKET_QUANTITY_MAX),
    quantityStep: u32(fields.MARKET_QUANTITY_STEP),
    makerPpm: u32(fields.MARKET_MAKER_PPM),
    takerPpm: u32(fields.MARKET_TAKER_PPM),
    state: view.getUint8(fields.MARKET_STATE_AT),
    trades: 0,
    last: 0,
    low: 0,
    high: 0,
    bids: [],
    asks: [],
    waiting: [],
  };
}

export function assetOpen(turn: NaiveTurn): Answer {
  const refusal =
    checkScope(turn, codes.SCOPE_MARKETS) ??
    openAsset(turn.state, turn.bytes(0, fields.ASSET_OPEN_SIZE));
  if (refusal !== null) return refusal;
  turn.say(turn.account, codes.REPORT_ASSET_OPENED, { subject: turn.u32(fields.ASSET_ID) });
  return null;
}

export function marketOpen(turn: NaiveTurn): Answer {
  const refusal =
    checkScope(turn, codes.SCOPE_MARKETS) ??
    openMarkets(turn.state, turn.bytes(0, fields.MARKET_OPEN_SIZE));
  if (refusal !== null) return refusal;
  const said = { subject: turn.u32(fields.MARKET_ID), last: turn.u32(fields.MARKET_COUNT) };
  turn.say(turn.account, codes.REPORT_MARKET_OPENED, said);
  return null;
}

export function marketState(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_HALT);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.STATE_TARGET);
  const market = turn.state.markets.get(subject);
  if (market === undefined) return refuse(codes.REJECT_UNKNOWN_MARKET, subject);
  const from = market.state;
  const to = turn.u8(fields.STATE_VALUE);
  if (!LEGAL_MOVES.get(from)?.includes(to)) return refuse(codes.REJECT_STATE_MOVE, from, to);

  market.state = to;
  const said = { subject, reason: to, first: from, second: to };
  turn.say(turn.account, codes.REPORT_MARKET_STATE, said);
  return null;
}

/** The trader's account of this id; account 0 is nobody's. */
export function traderOf(state: NaiveState, id: number): NaiveAccount | undefined {
  return id === 0 ? undefined : state.accounts[id];
}

export function accountState(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_ACCOUNTS);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.STATE_TARGET);
  const account = traderOf(turn.state, subject);
  if (account === undefined) return refuse(codes.REJECT_UNKNOWN_ACCOUNT, subject);

  const reason = turn.u8(fields.STATE_VALUE);
  account.suspended = reason === 1;
  turn.say(account, codes.REPORT_ACCOUNT_STATE, { subject, reason });
  turn.say(turn.account, codes.REPORT_ACCOUNT_STATE, { subject, reason });
  return null;
}

/** All deposits enter where the directory is led. */
function checkDepositShard(state: NaiveState): Answer {
  const { shard, directoryOrigin } = state.genesis;
  return leadsDirectory(state) ? null : refuse(codes.REJECT_DEPOSIT_SHARD, shard, directoryOrigin);
}

export function deposit(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_CUSTODY) ?? checkDepositShard(turn.state);
  if (refusal !== null) return refusal;
  const subject = turn.u32(fields.DEPOSIT_ASSET);
  const asset = turn.state.assets.get(subject);
  if (asset === undefined) return refuse(codes.REJECT_UNKNOWN_ASSET, subject);
  const to = turn.u32(fields.DEPOSIT_ACCOUNT);
  const account = traderOf(turn.state, to);
  if (account === undefined) return refuse(codes.REJECT_UNKNOWN_ACCOUNT, to);
  const reference = Number(turn.u64(fields.DEPOSIT_REFERENCE));
  const last = turn.key.reference;
  if (reference <= last) return refuse(codes.REJECT_REFERENCE, reference, last);
  const amount = turn.u64(fields.DEPOSIT_AMOUNT);
  if (asset.deposits + amount > AMOUNT_LAST) {
    return refuse(codes.REJECT_DEPOSITS_MAX, amount, asset.deposits);
  }

  turn.key.reference = reference;
  asset.deposits += amount;
  move(account, subject, { free: amount });
  const first = Number(amount);
  const second = Number(freeOf(account, subject));
  turn.say(account, codes.REPORT_DEPOSITED, { subject, first, second });
  turn.say(turn.account, codes.REPORT_DEPOSITED, { subject, first, second: reference });
  return null;
}

/** A record's turn has its own position already: what a Clear names is the one before. */
export function clear(turn: NaiveTurn): Answer {
  const refusal = checkScope(turn, codes.SCOPE_HALT);
  if (refusal !== null) return refusal;
  const stated = Number(turn.u64(fields.CLEAR_POSITION));
  const before = turn.state.position - 1;
  if (stated !== before) return refuse(codes.REJECT_CLEAR_POSITION, stated, before);
  if (!equalBytes(turn.bytes(fields.CLEAR_CHAIN, HASH_SIZE), turn.state.reportChain)) {
    return refuse(codes.REJECT_CLEAR_CHAIN);
  }
  turn.say(turn.account, codes.REPORT_CLEARED, { first: stated });
  return null;
}
