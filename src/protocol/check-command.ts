/**
 * checkCommand: the field rules of each command, from its bytes alone. See check-frame.ts.
 *
 * A rule is a row (offset, what it must be, code) where it can be; rows run in field order.
 */
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import * as codes from "./codes.ts";
import { amount, position, shard, time, zero } from "./check-fields.ts";
import * as at from "./command-layout.ts";

/** ACCEPTED, or the code of the first field that is wrong. `start`: offset of the command. */
export function checkCommand(view: DataView, start: number, type: number): number {
  switch (type) {
    case codes.COMMAND_NEW_ORDER:
      return checkNewOrder(view, start);
    case codes.COMMAND_CANCEL:
      return zero(view, start, 1, 4);
    case codes.COMMAND_REPLACE:
      return zero(view, start, 1, 4) || checkPriceAndQuantity(view, start);
    case codes.COMMAND_REDUCE:
      return checkReduce(view, start);
    case codes.COMMAND_MASS_CANCEL:
      return checkMassCancel(view, start);
    case codes.COMMAND_WITHDRAW:
      return zero(view, start, 1, 4) || amount(view, start + at.WITHDRAW_AMOUNT);
    case codes.COMMAND_DEAD_MAN:
      return checkDeadMan(view, start);
    case codes.COMMAND_TRANSFER:
      return checkTransfer(view, start);
    case codes.COMMAND_LOGON:
      return zero(view, start, 1, 8) || time(view, start + at.LOGON_NEXT_REPORT);
    case codes.COMMAND_ACCOUNT_OPEN:
    case codes.COMMAND_KEY_ADD:
      return checkKey(view, start);
    case codes.COMMAND_KEY_REVOKE:
      return zero(view, start, 1, 4);
    case codes.COMMAND_ASSET_OPEN:
      return checkAssetOpen(view, start);
    case codes.COMMAND_MARKET_OPEN:
      return checkMarketOpen(view, start);
    case codes.COMMAND_MARKET_STATE:
      return checkState(view, start, codes.STATE_OPEN, codes.STATE_CLOSED);
    case codes.COMMAND_ACCOUNT_STATE:
      return checkState(view, start, 0, 1);
    case codes.COMMAND_DEPOSIT:
      return checkDeposit(view, start);
    case codes.COMMAND_SHARD_OPEN:
      return zero(view, start, 1, 4) || shard(view.getUint32(start + at.SHARD_OPEN_SHARD, true));
    case codes.COMMAND_CARRY:
      return checkCarry(view, start);
    case codes.COMMAND_UPGRADE:
      return checkUpgrade(view, start);
    case codes.COMMAND_CLEAR:
      return zero(view, start, 1, 8) || position(view, start + at.CLEAR_POSITION);
    default:
      return codes.REJECT_COMMAND_TYPE;
  }
}

function checkPriceAndQuantity(view: DataView, start: number): number {
  if (view.getUint32(start + at.ORDER_PRICE, true) === 0) return codes.REJECT_PRICE;
  if (view.getUint32(start + at.ORDER_QUANTITY, true) === 0) return codes.REJECT_QUANTITY;
  return codes.ACCEPTED;
}

function checkNewOrder(view: DataView, start: number): number {
  const side = view.getUint8(start + at.ORDER_SIDE);
  if (side !== codes.SIDE_BUY && side !== codes.SIDE_SELL) return codes.REJECT_SIDE;
  const type = view.getUint8(start + at.ORDER_TYPE);
  if (type < codes.TYPE_LIMIT || type > codes.TYPE_STOP_LIMIT) return codes.REJECT_ORDER_TYPE;
  const tif = view.getUint8(start + at.ORDER_TIF);
  if (tif < codes.TIF_GTC || tif > codes.TIF_DAY) return codes.REJECT_TIF;
  if (view.getUint32(start + at.ORDER_QUANTITY, true) === 0) return codes.REJECT_QUANTITY;
  if (view.getUint8(start + at.ORDER_STP) > codes.STP_DECREMENT) return codes.REJECT_STP;
  const postOnly = view.getUint8(start + at.ORDER_POST_ONLY);
  if (postOnly > codes.POST_ONLY_SLIDE) return codes.REJECT_POST_ONLY;
  const zeros = zero(view, start, at.ORDER_POST_ONLY + 1, at.ORDER_STOP_PRICE);
  if (zeros !== codes.ACCEPTED) return zeros;
  if (readU64(view, start + at.ORDER_GOOD_TILL) >= SAFE_LIMIT) return codes.REJECT_TIME;
  if (readU64(view, start + at.ORDER_BUDGET) >= SAFE_LIMIT) return codes.REJECT_AMOUNT;
  return checkOrderAsWhole(view, start);
}

/** What the fields of a NewOrder say together. */
function checkOrderAsWhole(view: DataView, start: number): number {
  const type = view.getUint8(start + at.ORDER_TYPE);
  const tif = view.getUint8(start + at.ORDER_TIF);
  const isStop = type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
  const isImmediate = tif === codes.TIF_IOC || tif === codes.TIF_FOK;
  const hasBudget = isSet(view, start + at.ORDER_BUDGET);
  if (view.getUint32(start + at.ORDER_PRICE, true) === 0 && !hasBudget) return codes.REJECT_PRICE;
  const hasStopPrice = view.getUint32(start + at.ORDER_STOP_PRICE, true) !== 0;
  if (isStop && !hasStopPrice) return codes.REJECT_STOP_PRICE;
  const hasGoodTill = isSet(view, start + at.ORDER_GOOD_TILL);
  const isPostOnly = view.getUint8(start + at.ORDER_POST_ONLY) !== codes.POST_ONLY_OFF;
  const fits =
    hasStopPrice === isStop &&
    hasGoodTill === (tif === codes.TIF_GTD) &&
    // A market order never rests, a stop may wait; a budget is a market order's, and cuts it.
    (type === codes.TYPE_LIMIT || isImmediate === (type === codes.TYPE_MARKET)) &&
    (!hasBudget || (type === codes.TYPE_MARKET && tif === codes.TIF_IOC)) &&
    (!isPostOnly || (type === codes.TYPE_LIMIT && !isImmediate));
  return fits ? codes.ACCEPTED : codes.REJECT_COMBINATION;
}

/** A u64 is not zero. */
function isSet(view: DataView, offset: number): boolean {
  return (view.getInt32(offset, true) | view.getInt32(offset + 4, true)) !== 0;
}

function checkDeadMan(view: DataView, start: number): number {
  const zeros = zero(view, start, 1, 8);
  if (zeros !== codes.ACCEPTED) return zeros;
  const timeout = readU64(view, start + at.DEAD_MAN_TIMEOUT);
  return timeout > codes.DAY_US ? codes.REJECT_TIME : codes.ACCEPTED;
}

function checkReduce(view: DataView, start: number): number {
  const zeros = zero(view, start, 1, 4);
  if (zeros !== codes.ACCEPTED) return zeros;
  if (view.getUint32(start + at.REDUCE_QUANTITY, true) === 0) return codes.REJECT_QUANTITY;
  return zero(view, start, 20, 24);
}

function checkMassCancel(view: DataView, start: number): number {
  if (view.getUint8(start + at.MASS_SIDE) > codes.SIDE_SELL) return codes.REJECT_SIDE;
  return zero(view, start, 2, 4);
}

function checkTransfer(view: DataView, start: number): number {
  const code = zero(view, start, 1, 2) || shard(view.getUint16(start + at.TRANSFER_SHARD, true));
  if (code !== codes.ACCEPTED) return code;
  if (view.getUint32(start + at.TRANSFER_ASSET, true) === 0) return codes.REJECT_ASSET_NUMBER;
  return amount(view, start + at.TRANSFER_AMOUNT);
}

function checkKey(view: DataView, start: number): number {
  return zero(view, start, 1, 4) || checkKeyTerms(view, start + at.KEY_SCOPES);
}

/** Scopes, and right behind them the expiry. */
function checkKeyTerms(view: DataView, offset: number): number {
  const scopes = view.getUint32(offset, true);
  if (scopes === 0 || (scopes & ~codes.SCOPES_TRADER) !== 0) return codes.REJECT_SCOPES;
  return time(view, offset + 4);
}

function checkCarry(view: DataView, start: number): number {
  const entry = view.getUint8(start + at.CARRY_ENTRY);
  if (entry < codes.ENTRY_ACCOUNT_OPEN || entry > codes.ENTRY_CREDIT) return codes.REJECT_ENTRY;
  const code =
    shard(view.getUint16(start + at.CARRY_SHARD, true)) || amount(view, start + at.CARRY_NUMBER);
  if (code !== codes.ACCEPTED) return code;
  switch (entry) {
    case codes.ENTRY_KEY_REVOKE:
      return zero(view, start, at.CARRY_SCOPES, at.CARRY_SIZE);
    case codes.ENTRY_CREDIT:
      return (
        zero(view, start, at.CARRY_SCOPES, at.CARRY_EXPIRY) ||
        amount(view, start + at.CARRY_EXPIRY) ||
        time(view, start + at.CARRY_DIRECTORY) ||
        zero(view, start, at.CARRY_PUBLIC, at.CARRY_SIZE)
      );
    default:
      return (
        checkKeyTerms(view, start + at.CARRY_SCOPES) ||
        zero(view, start, at.CARRY_DIRECTORY, at.CARRY_PUBLIC)
      );
  }
}

function checkUpgrade(view: DataView, start: number): number {
  const hasVersion = view.getUint16(start + at.UPGRADE_VERSION, true) !== 0;
  return (
    zero(view, start, 1, 4) ||
    (hasVersion ? codes.ACCEPTED : codes.REJECT_RULES_VERSION) ||
    zero(view, start, at.UPGRADE_VERSION + 2, at.UPGRADE_FROM) ||
    position(view, start + at.UPGRADE_FROM)
  );
}

function checkState(view: DataView, start: number, low: number, high: number): number {
  const state = view.getUint8(start + at.STATE_VALUE);
  if (state < low || state > high) return codes.REJECT_STATE;
  return zero(view, start, 2, 4);
}

function checkDeposit(view: DataView, start: number): number {
  return (
    zero(view, start, 1, 4) ||
    zero(view, start, 12, 16) ||
    amount(view, start + at.DEPOSIT_AMOUNT) ||
    amount(view, start + at.DEPOSIT_REFERENCE)
  );
}

const DECIMALS_MAX = 15;

function checkAssetOpen(view: DataView, start: number): number {
  if (view.getUint8(start + at.ASSET_DECIMALS) > DECIMALS_MAX) return codes.REJECT_RULES;
  const zeros = zero(view, start, 2, 4);
  if (zeros !== codes.ACCEPTED) return zeros;
  if (view.getUint32(start + at.ASSET_ID, true) === 0) return codes.REJECT_RULES;
  return checkSymbol(view, start + at.ASSET_SYMBOL) || zero(view, start, 24, 32);
}

/** 1 to 16 of A-Z 0-9 - #, then zeros. */
function checkSymbol(view: DataView, offset: number): number {
  let ended = false;
  for (let i = 0; i < at.SYMBOL_SIZE; i++) {
    const char = view.getUint8(offset + i);
    if (char === 0) ended = true;
    else if (ended || !isSymbolChar(char)) return codes.REJECT_SYMBOL;
    if (i === 0 && ended) return codes.REJECT_SYMBOL;
  }
  return codes.ACCEPTED;
}

function isSymbolChar(char: number): boolean {
  const letter = char >= 65 && char <= 90;
  const digit = char >= 48 && char <= 57;
  return letter || digit || char === 45 || char === 35;
}

function checkMarketOpen(view: DataView, start: number): number {
  const u32 = (offset: number): number => view.getUint32(start + offset, true);
  const state = view.getUint8(start + at.MARKET_STATE_AT);
  if (state < codes.STATE_OPEN || state > codes.STATE_CLOSED) return codes.REJECT_STATE;
  const zeros = zero(view, start, 2, 4);
  if (zeros !== codes.ACCEPTED) return zeros;
  const lotUnits = readU64(view, start + at.MARKET_LOT_UNITS);
  const inRange =
    u32(at.MARKET_ID) >= 1 &&
    u32(at.MARKET_BASE) >= 1 &&
    u32(at.MARKET_QUOTE) >= 1 &&
    lotUnits >= 1 &&
    lotUnits < SAFE_LIMIT &&
    u32(at.MARKET_TICK_VALUE) >= 1 &&
    u32(at.MARKET_OPEN_ORDERS_MAX) >= 1 &&
    u32(at.MARKET_PRICE_MIN) >= 1 &&
    u32(at.MARKET_PRICE_MAX) >= 1 &&
    u32(at.MARKET_QUANTITY_MIN) >= 1 &&
    u32(at.MARKET_QUANTITY_MAX) >= 1 &&
    u32(at.MARKET_MAKER_PPM) <= codes.PPM &&
    u32(at.MARKET_TAKER_PPM) <= codes.PPM;
  if (!inRange) return codes.REJECT_RULES;
  const symbol = checkSymbol(view, start + at.MARKET_SYMBOL);
  if (symbol !== codes.ACCEPTED) return symbol;
  const hasSteps =
    u32(at.MARKET_COUNT) >= 1 &&
    u32(at.MARKET_PRICE_STEP) >= 1 &&
    u32(at.MARKET_QUANTITY_STEP) >= 1;
  if (!hasSteps) return codes.REJECT_RULES;
  return zero(view, start, 84, 88) || checkMarketAsWhole(view, start);
}

/** What the fields of a MarketOpen say together. */
function checkMarketAsWhole(view: DataView, start: number): number {
  const u32 = (offset: number): number => view.getUint32(start + offset, true);
  const fits =
    u32(at.MARKET_BASE) !== u32(at.MARKET_QUOTE) &&
    u32(at.MARKET_PRICE_MIN) <= u32(at.MARKET_PRICE_MAX) &&
    u32(at.MARKET_QUANTITY_MIN) <= u32(at.MARKET_QUANTITY_MAX) &&
    u32(at.MARKET_ID) + u32(at.MARKET_COUNT) - 1 <= codes.U32_MAX;
  return fits ? checkRangeSymbol(view, start) : codes.REJECT_RULES;
}

/** A range of markets needs one `#`, and the symbol with its last id put there must still fit. */
function checkRangeSymbol(view: DataView, start: number): number {
  const symbol = at.readSymbol(view, start + at.MARKET_SYMBOL);
  const count = view.getUint32(start + at.MARKET_COUNT, true);
  const marks = symbol.split("#").length - 1;
  if (marks > 1 || (count > 1 && marks === 0)) return codes.REJECT_SYMBOL;
  const last = view.getUint32(start + at.MARKET_ID, true) + count - 1;
  const longest = at.marketSymbol(symbol, last).length;
  return longest > at.SYMBOL_SIZE ? codes.REJECT_SYMBOL : codes.ACCEPTED;
}
