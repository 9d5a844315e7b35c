/**
 * Commands: the things one can ask for, each a few aligned bytes inside a frame.
 *
 * Byte tables are in messages.ts (the machine-readable form) and docs/PROTOCOL.md. The offsets below
 * are those of the tables; a test holds them together. Encoders here are for clients; the engine
 * reads the fields where they lie, after `checkFrame` has accepted the frame.
 */
import { assert } from "../base/assert.ts";
import { writeU64 } from "../base/bytes.ts";
import * as codes from "./codes.ts";

/** NewOrder, 48 bytes. */
export const ORDER_SIDE = 1;
export const ORDER_TYPE = 2;
export const ORDER_TIF = 3;
export const COMMAND_MARKET = 4;
export const COMMAND_CLIENT_ID = 8;
export const ORDER_PRICE = 16;
export const ORDER_QUANTITY = 20;
export const ORDER_STP = 24;
export const ORDER_POST_ONLY = 25;
/** Replace, 24 bytes, has price and quantity where NewOrder has them; Reduce its quantity at 16. */
export const REDUCE_QUANTITY = 16;
/** MassCancel, 8 bytes. */
export const MASS_SIDE = 1;
/** Withdraw, 48 bytes. */
export const WITHDRAW_ASSET = 4;
export const WITHDRAW_AMOUNT = 8;
export const WITHDRAW_DESTINATION = 16;
/** Logon, 48 bytes. */
export const LOGON_NEXT_REPORT = 8;
export const LOGON_CHALLENGE = 16;
/** AccountOpen and KeyAdd, 48 bytes; KeyRevoke, 8 bytes. */
export const KEY_SCOPES = 4;
export const KEY_EXPIRY = 8;
export const KEY_PUBLIC = 16;
export const REVOKE_KEY = 4;
/** AssetOpen, 32 bytes. */
export const ASSET_DECIMALS = 1;
export const ASSET_ID = 4;
export const ASSET_SYMBOL = 8;
/** MarketOpen, 88 bytes. */
export const MARKET_STATE_AT = 1;
export const MARKET_ID = 4;
export const MARKET_BASE = 8;
export const MARKET_QUOTE = 12;
export const MARKET_LOT_UNITS = 16;
export const MARKET_TICK_VALUE = 24;
export const MARKET_OPEN_ORDERS_MAX = 28;
export const MARKET_PRICE_MIN = 32;
export const MARKET_PRICE_MAX = 36;
export const MARKET_QUANTITY_MIN = 40;
export const MARKET_QUANTITY_MAX = 44;
export const MARKET_MAKER_PPM = 48;
export const MARKET_TAKER_PPM = 52;
export const MARKET_SYMBOL = 56;
export const MARKET_COUNT = 72;
export const MARKET_PRICE_STEP = 76;
export const MARKET_QUANTITY_STEP = 80;
/** MarketState and AccountState, 8 bytes; the state is byte 1. */
export const STATE_VALUE = 1;
export const STATE_TARGET = 4;
/** Deposit, 32 bytes. */
export const DEPOSIT_ASSET = 4;
export const DEPOSIT_ACCOUNT = 8;
export const DEPOSIT_AMOUNT = 16;
export const DEPOSIT_REFERENCE = 24;

export const SYMBOL_SIZE = 16;
export const NEW_ORDER_SIZE = 48;
export const ASSET_OPEN_SIZE = 32;
export const MARKET_OPEN_SIZE = 88;

/** Size in bytes by command type; 0 for types that have none here. */
export const COMMAND_SIZE: Readonly<Uint8Array> = sizes([
  [codes.COMMAND_NEW_ORDER, NEW_ORDER_SIZE],
  [codes.COMMAND_CANCEL, 16],
  [codes.COMMAND_REPLACE, 24],
  [codes.COMMAND_REDUCE, 24],
  [codes.COMMAND_MASS_CANCEL, 8],
  [codes.COMMAND_WITHDRAW, 48],
  [codes.COMMAND_LOGON, 48],
  [codes.COMMAND_ACCOUNT_OPEN, 48],
  [codes.COMMAND_KEY_ADD, 48],
  [codes.COMMAND_KEY_REVOKE, 8],
  [codes.COMMAND_ASSET_OPEN, ASSET_OPEN_SIZE],
  [codes.COMMAND_MARKET_OPEN, MARKET_OPEN_SIZE],
  [codes.COMMAND_MARKET_STATE, 8],
  [codes.COMMAND_ACCOUNT_STATE, 8],
  [codes.COMMAND_DEPOSIT, 32],
]);

function sizes(rows: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [type, size] of rows) table[type] = size;
  return table;
}

export interface NewOrder {
  readonly market: number;
  readonly side: number;
  readonly type: number;
  readonly tif: number;
  readonly clientOrderId: bigint;
  /** Ticks; of a market order the protection price. */
  readonly price: number;
  /** Lots. */
  readonly quantity: number;
  readonly stp: number;
  readonly postOnly: number;
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
  const view = new DataView(new ArrayBuffer(COMMAND_SIZE[type]!));
  view.setUint8(0, type);
  return view;
}

function bytesOf(view: DataView<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer);
}

export function encodeNewOrder(order: NewOrder): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_NEW_ORDER);
  view.setUint8(ORDER_SIDE, order.side);
  view.setUint8(ORDER_TYPE, order.type);
  view.setUint8(ORDER_TIF, order.tif);
  view.setUint32(COMMAND_MARKET, order.market, true);
  view.setBigUint64(COMMAND_CLIENT_ID, order.clientOrderId, true);
  view.setUint32(ORDER_PRICE, order.price, true);
  view.setUint32(ORDER_QUANTITY, order.quantity, true);
  view.setUint8(ORDER_STP, order.stp);
  view.setUint8(ORDER_POST_ONLY, order.postOnly);
  return bytesOf(view);
}

export function encodeCancel(market: number, clientOrderId: bigint): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_CANCEL);
  view.setUint32(COMMAND_MARKET, market, true);
  view.setBigUint64(COMMAND_CLIENT_ID, clientOrderId, true);
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
  view.setUint32(COMMAND_MARKET, market, true);
  view.setBigUint64(COMMAND_CLIENT_ID, clientOrderId, true);
  view.setUint32(ORDER_PRICE, price, true);
  view.setUint32(ORDER_QUANTITY, quantity, true);
  return bytesOf(view);
}

/** Takes `quantity` lots off an open order, which keeps its place. */
export function encodeReduce(
  market: number,
  clientOrderId: bigint,
  quantity: number,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_REDUCE);
  view.setUint32(COMMAND_MARKET, market, true);
  view.setBigUint64(COMMAND_CLIENT_ID, clientOrderId, true);
  view.setUint32(REDUCE_QUANTITY, quantity, true);
  return bytesOf(view);
}

/** `side` 0 for both, `market` 0 for all. */
export function encodeMassCancel(market: number, side: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MASS_CANCEL);
  view.setUint8(MASS_SIDE, side);
  view.setUint32(COMMAND_MARKET, market, true);
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
  view.setUint32(WITHDRAW_ASSET, asset, true);
  writeU64(view, WITHDRAW_AMOUNT, amount);
  const bytes = bytesOf(view);
  bytes.set(destination, WITHDRAW_DESTINATION);
  return bytes;
}

/** `nextReport`: the first report number wanted, 0 for only new ones. */
export function encodeLogon(nextReport: number, challenge: Uint8Array): Uint8Array<ArrayBuffer> {
  assert(challenge.length === 32, "a challenge has 32 bytes");
  const view = command(codes.COMMAND_LOGON);
  writeU64(view, LOGON_NEXT_REPORT, nextReport);
  const bytes = bytesOf(view);
  bytes.set(challenge, LOGON_CHALLENGE);
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
  view.setUint32(KEY_SCOPES, scopes, true);
  writeU64(view, KEY_EXPIRY, expiry);
  const bytes = bytesOf(view);
  bytes.set(publicKey, KEY_PUBLIC);
  return bytes;
}

export function encodeKeyRevoke(key: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_KEY_REVOKE);
  view.setUint32(REVOKE_KEY, key, true);
  return bytesOf(view);
}

export function encodeAssetOpen(
  asset: number,
  decimals: number,
  symbol: string,
): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_ASSET_OPEN);
  view.setUint8(ASSET_DECIMALS, decimals);
  view.setUint32(ASSET_ID, asset, true);
  writeSymbol(view, ASSET_SYMBOL, symbol);
  return bytesOf(view);
}

export function encodeMarketOpen(rules: MarketRules): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MARKET_OPEN);
  view.setUint8(MARKET_STATE_AT, rules.state);
  view.setUint32(MARKET_ID, rules.market, true);
  view.setUint32(MARKET_BASE, rules.base, true);
  view.setUint32(MARKET_QUOTE, rules.quote, true);
  writeU64(view, MARKET_LOT_UNITS, rules.lotUnits);
  view.setUint32(MARKET_TICK_VALUE, rules.tickValue, true);
  view.setUint32(MARKET_OPEN_ORDERS_MAX, rules.openOrdersMax, true);
  view.setUint32(MARKET_PRICE_MIN, rules.priceMin, true);
  view.setUint32(MARKET_PRICE_MAX, rules.priceMax, true);
  view.setUint32(MARKET_QUANTITY_MIN, rules.quantityMin, true);
  view.setUint32(MARKET_QUANTITY_MAX, rules.quantityMax, true);
  view.setUint32(MARKET_MAKER_PPM, rules.makerFeePpm, true);
  view.setUint32(MARKET_TAKER_PPM, rules.takerFeePpm, true);
  writeSymbol(view, MARKET_SYMBOL, rules.symbol);
  view.setUint32(MARKET_COUNT, rules.count, true);
  view.setUint32(MARKET_PRICE_STEP, rules.priceStep, true);
  view.setUint32(MARKET_QUANTITY_STEP, rules.quantityStep, true);
  return bytesOf(view);
}

export function encodeMarketState(market: number, state: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_MARKET_STATE);
  view.setUint8(STATE_VALUE, state);
  view.setUint32(STATE_TARGET, market, true);
  return bytesOf(view);
}

/** `suspended`: 1 takes only cancels from the account, 0 lifts it. */
export function encodeAccountState(account: number, suspended: number): Uint8Array<ArrayBuffer> {
  const view = command(codes.COMMAND_ACCOUNT_STATE);
  view.setUint8(STATE_VALUE, suspended);
  view.setUint32(STATE_TARGET, account, true);
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
  view.setUint32(DEPOSIT_ASSET, asset, true);
  view.setUint32(DEPOSIT_ACCOUNT, account, true);
  writeU64(view, DEPOSIT_AMOUNT, amount);
  writeU64(view, DEPOSIT_REFERENCE, reference);
  return bytesOf(view);
}

function writeSymbol(view: DataView, at: number, symbol: string): void {
  assert(symbol.length >= 1 && symbol.length <= SYMBOL_SIZE, "a symbol has 1 to 16 characters");
  for (let i = 0; i < symbol.length; i++) view.setUint8(at + i, symbol.charCodeAt(i));
}

/** The text of 16 zero-padded bytes. */
export function readSymbol(view: DataView, at: number): string {
  let text = "";
  for (let i = 0; i < SYMBOL_SIZE; i++) {
    const char = view.getUint8(at + i);
    if (char === 0) break;
    text += String.fromCharCode(char);
  }
  return text;
}

/** The symbol of one market of a range: `#` becomes its id. */
export function marketSymbol(symbol: string, market: number): string {
  return symbol.replace("#", String(market));
}
