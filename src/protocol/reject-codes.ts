/**
 * Reject codes: why something is refused or rejected. Append-only, as all codes.
 *
 *   1xx  the bytes of the frame      refused by ingress at once, never in the log
 *   2xx  who signed, replay          200 refused by ingress; the others decided by the engine
 *   3xx  the order and the market    decided by the engine
 *   4xx  operator commands           decided by the engine
 *   5xx  session and venue           said by a service, nothing entered the log
 */
export const ACCEPTED = 0;

/** Number, name and one sentence for each reject. `retry`: whether sending again can help. */
export interface RejectCode {
  readonly code: number;
  readonly name: string;
  readonly says: string;
  readonly retry: boolean;
}

const table: RejectCode[] = [];
const byNumber = new Map<number, RejectCode>();

function define(code: number, name: string, says: string, retry = false): number {
  const entry = { code, name, says, retry };
  table.push(entry);
  byNumber.set(code, entry);
  return code;
}

export const REJECT_FRAME_SIZE = define(100, "frame_size", "the frame's length is not legal");
export const REJECT_PROTOCOL = define(101, "protocol", "the frame does not begin with CLOB");
export const REJECT_VERSION = define(102, "version", "this protocol version is not spoken here");
export const REJECT_FRAME_KIND = define(103, "frame_kind", "no such kind of frame here");
export const REJECT_VENUE = define(104, "venue", "the frame is signed for another venue");
export const REJECT_SHARD = define(105, "shard", "the frame is signed for another shard");
export const REJECT_BATCH_COUNT = define(106, "batch_count", "a frame holds 1 to 256 commands");
export const REJECT_BATCH_SIZE = define(107, "batch_size", "commands and frame length differ");
export const REJECT_COMMAND_TYPE = define(108, "command_type", "no such command in this frame");
export const REJECT_RESERVED = define(109, "reserved", "a reserved byte is not zero");
export const REJECT_SIDE = define(110, "side", "side is neither buy nor sell");
export const REJECT_ORDER_TYPE = define(111, "order_type", "no such order type");
export const REJECT_TIF = define(112, "time_in_force", "no such time in force");
export const REJECT_PRICE = define(113, "price", "price is zero");
export const REJECT_QUANTITY = define(114, "quantity", "quantity is zero");
export const REJECT_STP = define(115, "self_trade_prevention", "no such self-trade prevention");
export const REJECT_POST_ONLY = define(116, "post_only", "no such post-only mode");
export const REJECT_COMBINATION = define(117, "combination", "these options exclude each other");
export const REJECT_AMOUNT = define(118, "amount", "amount is zero or not below 2^53");
export const REJECT_SYMBOL = define(119, "symbol", "not 1 to 16 of A-Z 0-9 - # with zero padding");
export const REJECT_NOT_ALONE = define(120, "not_alone", "this command travels alone in its frame");
export const REJECT_ACCOUNT = define(
  121,
  "account",
  "this kind of frame has another account field",
);
export const REJECT_TIME = define(122, "time", "a time is not below 2^53 microseconds");
export const REJECT_NONCE = define(123, "nonce", "nonces count from 1 to 2^53 - 1");
export const REJECT_SCOPES = define(124, "scopes", "no such scope for this key");
export const REJECT_STATE = define(125, "state", "no such state");
export const REJECT_RULES = define(126, "rules", "a market rule is out of its range");
export const REJECT_STOP_PRICE = define(127, "stop_price", "a stop needs a stop price");
export const REJECT_SHARD_NUMBER = define(128, "shard_number", "shards count from 1 to 65,534");
export const REJECT_ASSET_NUMBER = define(129, "asset_number", "assets count from 1");
export const REJECT_ENTRY = define(130, "entry", "no such entry of the directory or credit");
export const REJECT_RULES_VERSION = define(131, "rules_version", "rules versions count from 1");
export const REJECT_POSITION = define(132, "position", "a position is zero or not below 2^53");

export const REJECT_SIGNATURE = define(200, "signature", "the signature does not verify");
export const REJECT_UNKNOWN_KEY = define(201, "unknown_key", "no such key of this account");
export const REJECT_DUPLICATE = define(202, "duplicate", "this nonce was used before");
export const REJECT_NONCE_TOO_OLD = define(203, "nonce_too_old", "below the nonce window");
export const REJECT_NONCE_TOO_FAR = define(204, "nonce_too_far", "more than 2^20 above the last");
export const REJECT_FRAME_EXPIRED = define(205, "frame_expired", "log time is past its expiry");
export const REJECT_KEY_REVOKED = define(206, "key_revoked", "the key was revoked");
export const REJECT_KEY_EXPIRED = define(207, "key_expired", "log time is past the key's expiry");
export const REJECT_KEY_SCOPE = define(208, "key_scope", "the key lacks the scope for this");
export const REJECT_ACCOUNT_SUSPENDED = define(209, "account_suspended", "only cancels are taken");
export const REJECT_CHALLENGE = define(210, "challenge", "not this connection's challenge");
export const REJECT_PUBLIC_KEY_TAKEN = define(211, "public_key_taken", "the key has an account");
export const REJECT_ACCOUNTS_FULL = define(212, "accounts_full", "no account id is left");
export const REJECT_KEYS_FULL = define(213, "keys_full", "no key id is left");
export const REJECT_UNKNOWN_TARGET = define(214, "unknown_target", "no such key to revoke");
export const REJECT_LOGON_GONE = define(215, "logon_gone", "not the key's last logon, or used");

export const REJECT_UNKNOWN_MARKET = define(300, "unknown_market", "no such market on this shard");
export const REJECT_MARKET_STATE = define(301, "market_state", "the market does not take this now");
export const REJECT_TICK = define(302, "tick", "price is not a multiple of the price step");
export const REJECT_LOT = define(303, "lot", "quantity is not a multiple of the quantity step");
export const REJECT_QUANTITY_MIN = define(304, "quantity_min", "quantity is below the minimum");
export const REJECT_QUANTITY_MAX = define(305, "quantity_max", "quantity is above the maximum");
export const REJECT_PRICE_BAND = define(306, "price_band", "price is outside the market's band");
export const REJECT_AMOUNT_OVERFLOW = define(
  307,
  "amount_overflow",
  "price x quantity is too large",
);
export const REJECT_FUNDS = define(308, "insufficient_funds", "free funds do not cover it", true);
export const REJECT_DUPLICATE_ORDER = define(
  309,
  "duplicate_order_id",
  "an open order has this id",
);
export const REJECT_OPEN_ORDERS = define(310, "open_orders_max", "too many open orders", true);
export const REJECT_UNKNOWN_ORDER = define(311, "unknown_order", "no open order has this id");
export const REJECT_POST_ONLY_CROSSES = define(312, "post_only_crosses", "it would trade", true);
export const REJECT_FOK_UNFILLED = define(313, "fok_unfilled", "it can't fill completely", true);
export const REJECT_ORDERS_FULL = define(
  314,
  "orders_full",
  "the shard's order table is full",
  true,
);
export const REJECT_RECORD_FULL = define(315, "record_full", "too many reports in a record", true);
export const REJECT_UNKNOWN_ASSET = define(316, "unknown_asset", "no such asset");
export const REJECT_REDUCE = define(317, "reduce_quantity", "not below what is open");
export const REJECT_CATCHING_UP = define(
  318,
  "catching_up",
  "expired or triggered orders come first",
  true,
);
export const REJECT_ORDER_EXPIRED = define(319, "order_expired", "log time is past its good till");

export const REJECT_UNKNOWN_SHARD = define(320, "unknown_shard", "not a known other shard");

export const REJECT_UNKNOWN_ACCOUNT = define(400, "unknown_account", "no such account");
export const REJECT_REFERENCE = define(401, "reference", "must rise for each deposit of a key");
export const REJECT_MARKET_EXISTS = define(402, "market_exists", "the market id is taken");
export const REJECT_ASSET_EXISTS = define(403, "asset_exists", "the asset id is taken");
export const REJECT_STATE_MOVE = define(404, "state_move", "not a legal move between states");
export const REJECT_DEPOSITS_MAX = define(405, "deposits_max", "total must stay below 2^53");
export const REJECT_MARKETS_FULL = define(406, "markets_full", "no market slot is left");
export const REJECT_ASSETS_FULL = define(407, "assets_full", "no asset slot is left");
export const REJECT_SHARD_KNOWN = define(408, "shard_known", "this shard is known already");
export const REJECT_DEPOSIT_SHARD = define(409, "deposit_shard", "deposits enter elsewhere");
export const REJECT_CARRY_NUMBER = define(410, "carry_number", "not the next entry of that shard");
export const REJECT_CARRY_EARLY = define(411, "carry_early", "the directory must come first", true);
export const REJECT_CARRY_ENTRY = define(412, "carry_entry", "not what follows in the directory");
export const REJECT_CARRY_AMOUNT = define(413, "carry_amount", "more than can be on its way");
export const REJECT_UPGRADE_PENDING = define(414, "upgrade_pending", "another has not begun yet");
export const REJECT_UPGRADE_VERSION = define(415, "upgrade_version", "not above the one in force");
export const REJECT_UPGRADE_POSITION = define(416, "upgrade_position", "too early or too far off");
export const REJECT_CLEAR_POSITION = define(417, "clear_position", "not the record before it");
export const REJECT_CLEAR_CHAIN = define(418, "clear_chain", "other reports than were executed");

export const REJECT_OVERLOADED = define(500, "overloaded", "queues are full, send later", true);
export const REJECT_NOT_LOGGED_ON = define(501, "not_logged_on", "log the account on first");
export const REJECT_CONNECTIONS = define(502, "connections_max", "too many connections", true);
export const REJECT_HALTED = define(503, "halted", "the shard is halted");
export const REJECT_SNAPSHOT_REQUIRED = define(504, "snapshot_required", "too far back, query");
export const REJECT_REPORT_NUMBER = define(505, "report_number", "no such report yet");
export const REJECT_DRAINING = define(506, "draining", "this server is going away", true);
export const REJECT_UNKNOWN_OUTCOME = define(507, "unknown_outcome", "ask, or send again", true);
export const REJECT_RATE = define(508, "rate", "too many bad frames on this connection");
export const REJECT_NOT_HALTED = define(509, "not_halted", "no such halt is there to lift");

export const REJECT_CODES: readonly RejectCode[] = table;

/** The entry of a code; unknown numbers are named so, for readers older than the writer. */
export function rejectCode(code: number): RejectCode {
  return byNumber.get(code) ?? { code, name: `code_${code}`, says: "unknown code", retry: false };
}
