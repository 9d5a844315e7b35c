/**
 * Code names: the words for numbers that cross a border, as documents, dissectors and JSON use
 * them.
 */
import * as codes from "./codes.ts";
import type { Names } from "./message-form.ts";

export const FRAME_KINDS: Names = [
  [codes.FRAME_GENESIS, "genesis"],
  [codes.FRAME_DIRECTORY, "directory"],
  [codes.FRAME_OPERATOR, "operator"],
  [codes.FRAME_TRADER, "trader"],
  [codes.FRAME_LOGON, "logon"],
  [codes.FRAME_DISCONNECT, "disconnect"],
];

export const SIDES: Names = [
  [codes.SIDE_BUY, "buy"],
  [codes.SIDE_SELL, "sell"],
];

export const ORDER_TYPES: Names = [
  [codes.TYPE_LIMIT, "limit"],
  [codes.TYPE_MARKET, "market"],
  [codes.TYPE_STOP, "stop"],
  [codes.TYPE_STOP_LIMIT, "stop_limit"],
];

export const TIMES_IN_FORCE: Names = [
  [codes.TIF_GTC, "gtc"],
  [codes.TIF_IOC, "ioc"],
  [codes.TIF_FOK, "fok"],
  [codes.TIF_GTD, "gtd"],
  [codes.TIF_DAY, "day"],
];

export const SELF_TRADE_PREVENTIONS: Names = [
  [codes.STP_NONE, "none"],
  [codes.STP_CANCEL_TAKER, "cancel_taker"],
  [codes.STP_CANCEL_MAKER, "cancel_maker"],
  [codes.STP_CANCEL_BOTH, "cancel_both"],
  [codes.STP_DECREMENT, "decrement"],
];

export const POST_ONLY_MODES: Names = [
  [codes.POST_ONLY_OFF, "off"],
  [codes.POST_ONLY_REJECT, "reject"],
  [codes.POST_ONLY_SLIDE, "slide"],
];

export const MARKET_STATES: Names = [
  [codes.STATE_OPEN, "open"],
  [codes.STATE_POST_ONLY, "post_only"],
  [codes.STATE_CANCEL_ONLY, "cancel_only"],
  [codes.STATE_HALTED, "halted"],
  [codes.STATE_CLOSED, "closed"],
];

export const TRADER_SCOPES: Names = [
  [codes.SCOPE_TRADE, "trade"],
  [codes.SCOPE_CANCEL, "cancel"],
  [codes.SCOPE_WITHDRAW, "withdraw"],
  [codes.SCOPE_READ, "read"],
  [codes.SCOPE_KEYS, "keys"],
];

export const OPERATOR_SCOPES: Names = [
  [codes.SCOPE_CUSTODY, "custody"],
  [codes.SCOPE_ACCOUNTS, "accounts"],
  [codes.SCOPE_MARKETS, "markets"],
  [codes.SCOPE_HALT, "halt"],
  [codes.SCOPE_CARRY, "carry"],
  [codes.SCOPE_RULES, "rules"],
];

/** What a key may do, traders' scopes first. */
export function scopeNames(bits: number): string[] {
  const held = [...TRADER_SCOPES, ...OPERATOR_SCOPES].filter(([bit]) => (bits & bit) !== 0);
  return held.map(([, name]) => name);
}

export const REPORT_KINDS: Names = [
  [codes.REPORT_ACCEPTED, "accepted"],
  [codes.REPORT_FILL, "fill"],
  [codes.REPORT_CANCELED, "canceled"],
  [codes.REPORT_REPLACED, "replaced"],
  [codes.REPORT_REDUCED, "reduced"],
  [codes.REPORT_REJECTED, "rejected"],
  [codes.REPORT_MASS_CANCELED, "mass_canceled"],
  [codes.REPORT_LOGGED_ON, "logged_on"],
  [codes.REPORT_ACCOUNT_OPENED, "account_opened"],
  [codes.REPORT_KEY_ADDED, "key_added"],
  [codes.REPORT_KEY_REVOKED, "key_revoked"],
  [codes.REPORT_DEPOSITED, "deposited"],
  [codes.REPORT_WITHDRAWN, "withdrawn"],
  [codes.REPORT_ASSET_OPENED, "asset_opened"],
  [codes.REPORT_MARKET_OPENED, "market_opened"],
  [codes.REPORT_MARKET_STATE, "market_state"],
  [codes.REPORT_ACCOUNT_STATE, "account_state"],
  [codes.REPORT_TRIGGERED, "triggered"],
  [codes.REPORT_TIMER_SET, "timer_set"],
  [codes.REPORT_TIMER_FIRED, "timer_fired"],
  [codes.REPORT_OUTBOX, "outbox"],
  [codes.REPORT_TRANSFERRED, "transferred"],
  [codes.REPORT_CREDITED, "credited"],
  [codes.REPORT_SHARD_KNOWN, "shard_known"],
  [codes.REPORT_UPGRADE_SET, "upgrade_set"],
  [codes.REPORT_CLEARED, "cleared"],
];

export const ENTRIES: Names = [
  [codes.ENTRY_ACCOUNT_OPEN, "account_open"],
  [codes.ENTRY_KEY_ADD, "key_add"],
  [codes.ENTRY_KEY_REVOKE, "key_revoke"],
  [codes.ENTRY_CREDIT, "credit"],
];

export const LIQUIDITIES: Names = [
  [codes.LIQUIDITY_MAKER, "maker"],
  [codes.LIQUIDITY_TAKER, "taker"],
];

export const CANCEL_REASONS: Names = [
  [codes.CANCEL_REQUESTED, "requested"],
  [codes.CANCEL_MASS, "mass"],
  [codes.CANCEL_IMMEDIATE, "immediate"],
  [codes.CANCEL_SELF_TRADE, "self_trade"],
  [codes.CANCEL_RECORD_FULL, "record_full"],
  [codes.CANCEL_EXPIRED, "expired"],
  [codes.CANCEL_DEAD_MAN, "dead_man"],
  [codes.CANCEL_BUDGET, "budget"],
];
