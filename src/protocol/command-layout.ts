/**
 * Command layout: where the fields of each command lie, how long it is, and how a symbol is read.
 *
 * The byte tables are in docs/PROTOCOL.md; message-table.ts describes the same for machines, and a
 * test holds the two together. Engine, ledger and checks read fields where they lie, by these
 * offsets, after `checkFrame` has accepted the frame; encoders for clients are in commands.ts.
 */
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
export const ORDER_STOP_PRICE = 28;
export const ORDER_GOOD_TILL = 32;
export const ORDER_BUDGET = 40;
/** Replace, 24 bytes, has price and quantity where NewOrder has them; Reduce its quantity at 16. */
export const REDUCE_QUANTITY = 16;
/** MassCancel, 8 bytes. */
export const MASS_SIDE = 1;
/** Withdraw, 48 bytes. */
export const WITHDRAW_ASSET = 4;
export const WITHDRAW_AMOUNT = 8;
export const WITHDRAW_DESTINATION = 16;
/** DeadMan, 16 bytes. */
export const DEAD_MAN_TIMEOUT = 8;
/** Transfer, 16 bytes. */
export const TRANSFER_SHARD = 2;
export const TRANSFER_ASSET = 4;
export const TRANSFER_AMOUNT = 8;
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
/** ShardOpen, 8 bytes. */
export const SHARD_OPEN_SHARD = 4;
/** Carry, 72 bytes. */
export const CARRY_ENTRY = 1;
export const CARRY_SHARD = 2;
export const CARRY_ACCOUNT = 4;
export const CARRY_NUMBER = 8;
/** Key id, or asset id of a credit. */
export const CARRY_KEY = 16;
export const CARRY_SCOPES = 20;
/** Expiry of the key, or amount of a credit. */
export const CARRY_EXPIRY = 24;
export const CARRY_DIRECTORY = 32;
export const CARRY_PUBLIC = 40;
/** Upgrade, 16 bytes. */
export const UPGRADE_VERSION = 4;
export const UPGRADE_FROM = 8;
/** Clear, 80 bytes. */
export const CLEAR_POSITION = 8;
export const CLEAR_CHAIN = 16;
export const CLEAR_REASON = 48;

export const SYMBOL_SIZE = 16;
export const NEW_ORDER_SIZE = 48;
export const ASSET_OPEN_SIZE = 32;
export const MARKET_OPEN_SIZE = 88;
export const CARRY_SIZE = 72;
export const CLEAR_SIZE = 80;

/** Size in bytes by command type; 0 for types that have none here. */
export const COMMAND_SIZE: Readonly<Uint8Array> = sizes([
  [codes.COMMAND_NEW_ORDER, NEW_ORDER_SIZE],
  [codes.COMMAND_CANCEL, 16],
  [codes.COMMAND_REPLACE, 24],
  [codes.COMMAND_REDUCE, 24],
  [codes.COMMAND_MASS_CANCEL, 8],
  [codes.COMMAND_WITHDRAW, 48],
  [codes.COMMAND_DEAD_MAN, 16],
  [codes.COMMAND_TRANSFER, 16],
  [codes.COMMAND_LOGON, 48],
  [codes.COMMAND_ACCOUNT_OPEN, 48],
  [codes.COMMAND_KEY_ADD, 48],
  [codes.COMMAND_KEY_REVOKE, 8],
  [codes.COMMAND_ASSET_OPEN, ASSET_OPEN_SIZE],
  [codes.COMMAND_MARKET_OPEN, MARKET_OPEN_SIZE],
  [codes.COMMAND_MARKET_STATE, 8],
  [codes.COMMAND_ACCOUNT_STATE, 8],
  [codes.COMMAND_DEPOSIT, 32],
  [codes.COMMAND_SHARD_OPEN, 8],
  [codes.COMMAND_CARRY, CARRY_SIZE],
  [codes.COMMAND_UPGRADE, 16],
  [codes.COMMAND_CLEAR, CLEAR_SIZE],
]);

function sizes(rows: readonly (readonly [number, number])[]): Uint8Array {
  const table = new Uint8Array(256);
  for (const [type, size] of rows) table[type] = size;
  return table;
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
