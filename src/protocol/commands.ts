/**
 * Commands: the things one can ask for, each a few aligned bytes inside a frame. The encoders.
 *
 * Byte tables: docs/PROTOCOL.md; offsets and sizes: command-layout.ts.
 */
import { assert } from "../base/assert.ts";
import { bytesOf, writeU64 } from "../base/bytes.ts";
import * as codes from "./codes.ts";
import * as at from "./command-layout.ts";

export interface NewOrder {
  readonly market: number;
  readonly side: number;
  readonly type: number;
  readonly tif: number;
  readonly clientOrderId: bigint;
  /** Ticks; of a market order or stop the protection price, 0 for none with a budget. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly stp: number;
  readonly postOnly: number;
  /** Ticks, of a stop. */
  readonly stopPrice?: number;
  /** Log time past which it is expired, of GTD. */
  readonly goodTill?: number;
  /** Units of the quote asset that a market order may trade. */
  readonly budget?: number;
}

export interface MarketRules {
  readonly market: number;
  readonly state: number;
  readonly base: number;
  readonly quote: number;
  /** Smallest units of the base asset in one lot. */
  readonly lotUnits: number;
  /** Smallest units of the quote asset in one tick times one lot. */
  readonly tickValue: number;
  readonly openOrdersMax: number;
  readonly priceMin: number;
  readonly priceMax: number;
  readonly quantityMin: number;
  readonly quantityMax: number;
  readonly makerFeePpm: number;
  readonly takerFeePpm: number;
  /** 1 to 16 of A-Z 0-9 - ; `#` stands for the market id in a range. */
  readonly symbol: string;
  /** Markets of this kind from `market` on; 1 for a single one. */
  readonly count: number;
  readonly priceStep: number;
  readonly quantityStep: number;
}

function command(type: number): DataView<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(at.COMMAND_SIZE[type]!));
  view.setUint8(0, type);
  return view;
}

export function encodeNewOrder(order: NewOrder): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_NEW_ORDER);
  view.setUint8(at.ORDER_SIDE, order.side);
  view.setUint8(at.ORDER_TYPE, order.type);
  view.setUint8(at.ORDER_TIF, order.tif);
  view.setUint32(at.COMMAND_MARKET, order.market, true);
  view.setBigUint64(at.COMMAND_CLIENT_ID, order.clientOrderId, true);
  view.setUint32(at.ORDER_PRICE, order.price, true);
  view.setUint32(at.ORDER_QUANTITY, order.quantity, true);
  view.setUint8(at.ORDER_STP, order.stp);
  view.setUint8(at.ORDER_POST_ONLY, order.postOnly);
  view.setUint32(at.ORDER_STOP_PRICE, order.stopPrice ?? 0, true);
  writeU64(view, at.ORDER_GOOD_TILL, order.goodTill ?? 0);
  writeU64(view, at.ORDER_BUDGET, order.budget ?? 0);
  return bytesOf(view);
}

export function encodeCancel(market: number, clientOrderId: bigint): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_CANCEL);
  view.setUint32(at.COMMAND_MARKET, market, true);
  view.setBigUint64(at.COMMAND_CLIENT_ID, clientOrderId, true);
  return bytesOf(view);
}

/** The order's new price and its new open quantity; it goes to the tail. */
export function encodeReplace(
  market: number,
  clientOrderId: bigint,
  price: number,
  quantity: number,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_REPLACE);
  view.setUint32(at.COMMAND_MARKET, market, true);
  view.setBigUint64(at.COMMAND_CLIENT_ID, clientOrderId, true);
  view.setUint32(at.ORDER_PRICE, price, true);
  view.setUint32(at.ORDER_QUANTITY, quantity, true);
  return bytesOf(view);
}

/** Takes `quantity` lots off an open order, which keeps its place. */
export function encodeReduce(
  market: number,
  clientOrderId: bigint,
  quantity: number,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_REDUCE);
  view.setUint32(at.COMMAND_MARKET, market, true);
  view.setBigUint64(at.COMMAND_CLIENT_ID, clientOrderId, true);
  view.setUint32(at.REDUCE_QUANTITY, quantity, true);
  return bytesOf(view);
}

/** `side` 0 for both, `market` 0 for all. */
export function encodeMassCancel(market: number, side: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MASS_CANCEL);
  view.setUint8(at.MASS_SIDE, side);
  view.setUint32(at.COMMAND_MARKET, market, true);
  return bytesOf(view);
}

/** `destination`: 32 bytes that the custodian understands. */
export function encodeWithdraw(
  asset: number,
  amount: number,
  destination: Uint8Array,
): Uint8Array<ArrayBuffer> {
  assert(destination.length === 32, "a destination has 32 bytes");
  const view = command(codes.COMMAND_WITHDRAW);
  view.setUint32(at.WITHDRAW_ASSET, asset, true);
  writeU64(view, at.WITHDRAW_AMOUNT, amount);
  const bytes = bytesOf(view);
  bytes.set(destination, at.WITHDRAW_DESTINATION);
  return bytes;
}

/** Free funds go to the account's balance on another shard. */
export function encodeTransfer(
  shard: number,
  asset: number,
  amount: number,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_TRANSFER);
  view.setUint16(at.TRANSFER_SHARD, shard, true);
  view.setUint32(at.TRANSFER_ASSET, asset, true);
  writeU64(view, at.TRANSFER_AMOUNT, amount);
  return bytesOf(view);
}

/** All the account's orders are canceled this many microseconds later; 0 disarms. */
export function encodeDeadMan(timeout: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_DEAD_MAN);
  writeU64(view, at.DEAD_MAN_TIMEOUT, timeout);
  return bytesOf(view);
}

/** `nextReport`: the first report number wanted, 0 for only new ones. */
export function encodeLogon(nextReport: number, challenge: Uint8Array): Uint8Array<ArrayBuffer> {
  assert(challenge.length === 32, "a challenge has 32 bytes");
  const view = command(codes.COMMAND_LOGON);
  writeU64(view, at.LOGON_NEXT_REPORT, nextReport);
  const bytes = bytesOf(view);
  bytes.set(challenge, at.LOGON_CHALLENGE);
  return bytes;
}

/** `type` is COMMAND_ACCOUNT_OPEN or COMMAND_KEY_ADD; `expiry` in log time, 0 never. */
export function encodeKey(
  type: number,
  publicKey: Uint8Array,
  scopes: number,
  expiry: number,
): Uint8Array<ArrayBuffer> {
  assert(publicKey.length === 32, "a public key has 32 bytes");
  const view = command(type);
  view.setUint32(at.KEY_SCOPES, scopes, true);
  writeU64(view, at.KEY_EXPIRY, expiry);
  const bytes = bytesOf(view);
  bytes.set(publicKey, at.KEY_PUBLIC);
  return bytes;
}

export function encodeKeyRevoke(key: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_KEY_REVOKE);
  view.setUint32(at.REVOKE_KEY, key, true);
  return bytesOf(view);
}

export function encodeAssetOpen(
  asset: number,
  decimals: number,
  symbol: string,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_ASSET_OPEN);
  view.setUint8(at.ASSET_DECIMALS, decimals);
  view.setUint32(at.ASSET_ID, asset, true);
  writeSymbol(view, at.ASSET_SYMBOL, symbol);
  return bytesOf(view);
}

export function encodeMarketOpen(rules: MarketRules): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MARKET_OPEN);
  view.setUint8(at.MARKET_STATE_AT, rules.state);
  view.setUint32(at.MARKET_ID, rules.market, true);
  view.setUint32(at.MARKET_BASE, rules.base, true);
  view.setUint32(at.MARKET_QUOTE, rules.quote, true);
  writeU64(view, at.MARKET_LOT_UNITS, rules.lotUnits);
  view.setUint32(at.MARKET_TICK_VALUE, rules.tickValue, true);
  view.setUint32(at.MARKET_OPEN_ORDERS_MAX, rules.openOrdersMax, true);
  view.setUint32(at.MARKET_PRICE_MIN, rules.priceMin, true);
  view.setUint32(at.MARKET_PRICE_MAX, rules.priceMax, true);
  view.setUint32(at.MARKET_QUANTITY_MIN, rules.quantityMin, true);
  view.setUint32(at.MARKET_QUANTITY_MAX, rules.quantityMax, true);
  view.setUint32(at.MARKET_MAKER_PPM, rules.makerFeePpm, true);
  view.setUint32(at.MARKET_TAKER_PPM, rules.takerFeePpm, true);
  writeSymbol(view, at.MARKET_SYMBOL, rules.symbol);
  view.setUint32(at.MARKET_COUNT, rules.count, true);
  view.setUint32(at.MARKET_PRICE_STEP, rules.priceStep, true);
  view.setUint32(at.MARKET_QUANTITY_STEP, rules.quantityStep, true);
  return bytesOf(view);
}

export function encodeMarketState(market: number, state: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MARKET_STATE);
  view.setUint8(at.STATE_VALUE, state);
  view.setUint32(at.STATE_TARGET, market, true);
  return bytesOf(view);
}

/** `suspended`: 1 takes only cancels from the account, 0 lifts it. */
export function encodeAccountState(account: number, suspended: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_ACCOUNT_STATE);
  view.setUint8(at.STATE_VALUE, suspended);
  view.setUint32(at.STATE_TARGET, account, true);
  return bytesOf(view);
}

/** `reference` must rise for each deposit signed by the same key. */
export function encodeDeposit(
  asset: number,
  account: number,
  amount: number,
  reference: number,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_DEPOSIT);
  view.setUint32(at.DEPOSIT_ASSET, asset, true);
  view.setUint32(at.DEPOSIT_ACCOUNT, account, true);
  writeU64(view, at.DEPOSIT_AMOUNT, amount);
  writeU64(view, at.DEPOSIT_REFERENCE, reference);
  return bytesOf(view);
}

/** From now on funds may go to this shard and come from it. */
export function encodeShardOpen(shard: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_SHARD_OPEN);
  view.setUint32(at.SHARD_OPEN_SHARD, shard, true);
  return bytesOf(view);
}

/** What another shard owes this one, as its outbox report says it. */
export interface Carry {
  readonly entry: number;
  /** The shard that wrote it. */
  readonly source: number;
  readonly account: number;
  readonly number: number;
  /** Key id; of a credit the asset id. */
  readonly key: number;
  readonly scopes: number;
  /** Of the key; of a credit the amount. */
  readonly expiry: number;
  /** Of a credit: entries of the directory that its shard had applied. */
  readonly directory: number;
  /** 32 bytes, zero where there is none. */
  readonly publicKey: Uint8Array;
}

export function encodeCarry(carry: Carry): Uint8Array<ArrayBuffer> {
  assert(carry.publicKey.length === 32, "a public key has 32 bytes");
  const view = command(codes.COMMAND_CARRY);
  view.setUint8(at.CARRY_ENTRY, carry.entry);
  view.setUint16(at.CARRY_SHARD, carry.source, true);
  view.setUint32(at.CARRY_ACCOUNT, carry.account, true);
  writeU64(view, at.CARRY_NUMBER, carry.number);
  view.setUint32(at.CARRY_KEY, carry.key, true);
  view.setUint32(at.CARRY_SCOPES, carry.scopes, true);
  writeU64(view, at.CARRY_EXPIRY, carry.expiry);
  writeU64(view, at.CARRY_DIRECTORY, carry.directory);
  const bytes = bytesOf(view);
  bytes.set(carry.publicKey, at.CARRY_PUBLIC);
  return bytes;
}

function writeSymbol(view: DataView, start: number, symbol: string): void {
  assert(symbol.length >= 1 && symbol.length <= at.SYMBOL_SIZE, "a symbol has 1 to 16 characters");
  for (let i = 0; i < symbol.length; i++) view.setUint8(start + i, symbol.charCodeAt(i));
}
