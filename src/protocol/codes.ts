/**
 * Codes: every number that crosses a border, once; those of refusals stand in reject-codes.ts.
 * Append-only: a number never changes its meaning. The same names are used on TCP, over HTTP and in
 * the CLI.
 */
export * from "./reject-codes.ts";

export const PROTOCOL_VERSION = 1;
/** The newest that is released: what `clob init` writes into a genesis. */
export const RULES_VERSION = 1;

/** Frame kinds. */
export const FRAME_GENESIS = 1;
export const FRAME_DIRECTORY = 2;
export const FRAME_OPERATOR = 3;
export const FRAME_TRADER = 4;
export const FRAME_LOGON = 5;
/** A mass cancel signed in advance; its nonce is that of the logon it goes with. */
export const FRAME_DISCONNECT = 6;

/** Shard number of frames for the directory, whichever shard leads it. */
export const SHARD_DIRECTORY = 0xffff;
export const SHARD_MAX = 0xfffe;

/** Command types. */
export const COMMAND_GENESIS = 1;
export const COMMAND_NEW_ORDER = 16;
export const COMMAND_CANCEL = 17;
export const COMMAND_REPLACE = 18;
export const COMMAND_REDUCE = 19;
export const COMMAND_MASS_CANCEL = 20;
export const COMMAND_WITHDRAW = 21;
export const COMMAND_DEAD_MAN = 22;
export const COMMAND_TRANSFER = 23;
export const COMMAND_LOGON = 32;
export const COMMAND_ACCOUNT_OPEN = 48;
export const COMMAND_KEY_ADD = 49;
export const COMMAND_KEY_REVOKE = 50;
export const COMMAND_ASSET_OPEN = 64;
export const COMMAND_MARKET_OPEN = 65;
export const COMMAND_MARKET_STATE = 66;
export const COMMAND_ACCOUNT_STATE = 67;
export const COMMAND_DEPOSIT = 68;
export const COMMAND_SHARD_OPEN = 70;
export const COMMAND_CARRY = 71;
export const COMMAND_UPGRADE = 72;
export const COMMAND_CLEAR = 73;

export const SIDE_BUY = 1;
export const SIDE_SELL = 2;

export const TYPE_LIMIT = 1;
/** Immediate or cancel at the protection price in `price`. */
export const TYPE_MARKET = 2;
/** Waits until its stop price is reached, then immediate or cancel at `price`. */
export const TYPE_STOP = 3;
/** Waits until its stop price is reached, then a limit order at `price`. */
export const TYPE_STOP_LIMIT = 4;

export const TIF_GTC = 1;
export const TIF_IOC = 2;
export const TIF_FOK = 3;
/** Good till the log time in `good_till`. */
export const TIF_GTD = 4;
/** Good till the end of the trading day. */
export const TIF_DAY = 5;

export const STP_NONE = 0;
export const STP_CANCEL_TAKER = 1;
export const STP_CANCEL_MAKER = 2;
export const STP_CANCEL_BOTH = 3;
/** Both lose the smaller one's lots, without a trade. */
export const STP_DECREMENT = 4;

export const POST_ONLY_OFF = 0;
/** Refused when it would trade. */
export const POST_ONLY_REJECT = 1;
/** Moved to one price step from the best opposite price when it would trade. */
export const POST_ONLY_SLIDE = 2;

/** Market states. */
export const STATE_OPEN = 1;
export const STATE_POST_ONLY = 2;
export const STATE_CANCEL_ONLY = 3;
export const STATE_HALTED = 4;
export const STATE_CLOSED = 5;

/** Scopes of traders' keys, bits of a u32. */
export const SCOPE_TRADE = 1;
export const SCOPE_CANCEL = 2;
export const SCOPE_WITHDRAW = 4;
export const SCOPE_READ = 8;
export const SCOPE_KEYS = 16;
export const SCOPES_TRADER = 31;
/** Scopes of operators' keys. */
export const SCOPE_CUSTODY = 0x100;
export const SCOPE_ACCOUNTS = 0x200;
export const SCOPE_MARKETS = 0x400;
export const SCOPE_HALT = 0x800;
export const SCOPE_CARRY = 0x1000;
export const SCOPE_RULES = 0x2000;
export const SCOPES_OPERATOR = 0x3f00;

/** Messages from the server inside a Soup sequenced packet; byte 0. Report kinds start at 16. */
export const MESSAGE_HELLO = 1;
export const MESSAGE_REFUSED = 2;
export const MESSAGE_RESUME = 3;
export const MESSAGE_DONE = 4;

/** Report kinds. */
export const REPORT_ACCEPTED = 16;
export const REPORT_FILL = 17;
export const REPORT_CANCELED = 18;
export const REPORT_REPLACED = 19;
export const REPORT_REDUCED = 20;
export const REPORT_REJECTED = 21;
export const REPORT_MASS_CANCELED = 22;
export const REPORT_LOGGED_ON = 23;
export const REPORT_ACCOUNT_OPENED = 24;
export const REPORT_KEY_ADDED = 25;
export const REPORT_KEY_REVOKED = 26;
export const REPORT_DEPOSITED = 27;
export const REPORT_WITHDRAWN = 28;
export const REPORT_ASSET_OPENED = 29;
export const REPORT_MARKET_OPENED = 30;
export const REPORT_MARKET_STATE = 31;
export const REPORT_ACCOUNT_STATE = 32;
export const REPORT_TRIGGERED = 33;
export const REPORT_TIMER_SET = 34;
export const REPORT_TIMER_FIRED = 35;
export const REPORT_OUTBOX = 36;
export const REPORT_TRANSFERRED = 37;
export const REPORT_CREDITED = 38;
export const REPORT_SHARD_KNOWN = 39;
export const REPORT_UPGRADE_SET = 40;
export const REPORT_CLEARED = 41;

/** Entries of an outbox report and of Carry. */
export const ENTRY_ACCOUNT_OPEN = 1;
export const ENTRY_KEY_ADD = 2;
export const ENTRY_KEY_REVOKE = 3;
export const ENTRY_CREDIT = 4;
/** The destination that means every other shard. */
export const SHARD_ALL = 0xffff;

export const LIQUIDITY_MAKER = 1;
export const LIQUIDITY_TAKER = 2;

/** Why an order was canceled (report field `reason`). */
export const CANCEL_REQUESTED = 1;
export const CANCEL_MASS = 2;
export const CANCEL_IMMEDIATE = 3;
export const CANCEL_SELF_TRADE = 4;
export const CANCEL_RECORD_FULL = 5;
export const CANCEL_EXPIRED = 7;
export const CANCEL_DEAD_MAN = 8;
export const CANCEL_BUDGET = 9;

/** Index of reports that no command caused: expiry, timers, stops left over (RULES 9). */
export const INDEX_DUE = 0xffff;

/** Integers: prices and quantities are u32, amounts are below 2^53. */
export const U32_MAX = 0xffff_ffff;
export const AMOUNT_MAX = 2 ** 53 - 1;
export const PPM = 1_000_000;
/** Microseconds: the longest dead-man timeout, and a trading day. */
export const DAY_US = 86_400_000_000;

export const NONCE_WINDOW = 1024;
export const NONCE_AHEAD_MAX = 2 ** 20;
/** An upgrade governs from at most so many positions behind its own record. */
export const UPGRADE_AHEAD_MAX = 2 ** 24;
/** A record, header included, stays below 64 KiB, and a frame fits a Soup packet. */
export const RECORD_SIZE_MAX = 65_528;
export const BATCH_COUNT_MAX = 256;
