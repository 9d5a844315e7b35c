/**
 * Command messages: the frame and every command in it, as rows for machines. See message-table.ts;
 * those of operators stand in operator-messages.ts.
 */
import * as names from "./code-names.ts";
import * as codes from "./codes.ts";
import { asset, market, shard, type, u32 } from "./command-rows.ts";
import * as form from "./message-form.ts";
import { OPERATOR } from "./operator-messages.ts";

const { message, number, within, zero } = form;

const clientOrderId = number("client_order_id", "u64", "unique among the account's open orders");

const price = u32("price", "ticks, 1 or more", codes.U32_MAX, codes.REJECT_PRICE);
const quantity = u32("quantity", "lots, 1 or more", codes.U32_MAX, codes.REJECT_QUANTITY);

export const FRAME = message(
  "frame",
  "frame",
  "then `size` bytes of commands, then the signature: 64 bytes, Ed25519 over all before it",
  [
    form.text("protocol", 4, "`CLOB`"),
    number("version", "u8", "1"),
    form.named(number("kind", "u8", "which commands it carries"), names.FRAME_KINDS),
    number("shard", "u16", "the log it is for; 65535 in directory frames"),
    form.bytes("venue", 32, "venue id"),
    number("account", "u32", "0 for operators"),
    number("key", "u32", "id of the signing key"),
    within(
      number("nonce", "u64", "1 .. 2^53-1, once per key and shard"),
      1,
      codes.AMOUNT_MAX,
      codes.REJECT_NONCE,
    ),
    form.time("expiry_us", "log time after which it is refused; 0 never"),
    within(
      number("count", "u16", "commands, 1 .. 256"),
      1,
      codes.BATCH_COUNT_MAX,
      codes.REJECT_BATCH_COUNT,
    ),
    number("size", "u16", "bytes of the commands"),
    zero(4),
  ],
);

const TRADER: readonly form.Message[] = [
  message("new_order", "trader", "opens one order", [
    type(codes.COMMAND_NEW_ORDER),
    form.choice("side", "", names.SIDES, codes.REJECT_SIDE),
    form.choice(
      "order_type",
      "a market order never rests, a stop waits; their price protects",
      names.ORDER_TYPES,
      codes.REJECT_ORDER_TYPE,
    ),
    form.choice(
      "time_in_force",
      "a market order is ioc or fok, a stop is not",
      names.TIMES_IN_FORCE,
      codes.REJECT_TIF,
    ),
    market,
    clientOrderId,
    number("price", "u32", "ticks, 1 or more; 0 only with a budget"),
    quantity,
    form.choice(
      "self_trade_prevention",
      "the taker's choice wins",
      names.SELF_TRADE_PREVENTIONS,
      codes.REJECT_STP,
    ),
    form.choice(
      "post_only",
      "refused or moved when it would trade; limit orders that may rest only",
      names.POST_ONLY_MODES,
      codes.REJECT_POST_ONLY,
    ),
    zero(2),
    number("stop_price", "u32", "ticks, of a stop; else 0"),
    form.time("good_till_us", "log time past which it is expired, of gtd; else 0"),
    within(
      number("budget", "u64", "quote units that a market ioc may trade; 0 none"),
      0,
      codes.AMOUNT_MAX,
      codes.REJECT_AMOUNT,
    ),
  ]),
  message("cancel", "trader", "cancels one open order", [
    type(codes.COMMAND_CANCEL),
    zero(3),
    market,
    clientOrderId,
  ]),
  message("replace", "trader", "new price and open quantity; the order goes to the tail", [
    type(codes.COMMAND_REPLACE),
    zero(3),
    market,
    clientOrderId,
    price,
    quantity,
  ]),
  message("reduce", "trader", "takes lots off an open order, which keeps its place", [
    type(codes.COMMAND_REDUCE),
    zero(3),
    market,
    clientOrderId,
    { ...quantity, says: "lots to take off, below what is open" },
    zero(4),
  ]),
  message("mass_cancel", "trader", "cancels the account's open orders", [
    type(codes.COMMAND_MASS_CANCEL),
    form.choice("side", "", [[0, "both"], ...names.SIDES], codes.REJECT_SIDE),
    zero(2),
    { ...market, says: "market id, 0 all" },
  ]),
  message("withdraw", "trader", "takes free funds out", [
    type(codes.COMMAND_WITHDRAW),
    zero(3),
    asset,
    form.amount("amount", "smallest units, 1 .. 2^53-1"),
    form.bytes("destination", 32, "what the custodian understands"),
  ]),
  message("dead_man", "trader", "cancels all the account's open orders after a time", [
    type(codes.COMMAND_DEAD_MAN),
    zero(7),
    within(
      number("timeout_us", "u64", "from the record's log time, at most a day; 0 disarms"),
      0,
      codes.DAY_US,
      codes.REJECT_TIME,
    ),
  ]),
  message("transfer", "trader", "moves free funds to the account's balance on another shard", [
    type(codes.COMMAND_TRANSFER),
    zero(1),
    shard("shard", "u16", "the shard they go to"),
    u32("asset", "asset id, 1 or more", codes.U32_MAX, codes.REJECT_ASSET_NUMBER),
    form.amount("amount", "smallest units, 1 .. 2^53-1"),
  ]),
];

const LOGON = message("logon", "logon", "asks for the account's reports on this connection", [
  type(codes.COMMAND_LOGON),
  zero(7),
  form.time("next_report", "first report number wanted, 0 only new ones"),
  form.bytes("challenge", 32, "from the connection's hello"),
]);

const keyRows = (value: number): readonly form.Row[] => [
  type(value),
  zero(3),
  form.named(
    within(
      number("scopes", "bits", "what the key may sign"),
      1,
      codes.SCOPES_TRADER,
      codes.REJECT_SCOPES,
    ),
    names.TRADER_SCOPES,
  ),
  form.time("expiry_us", "log time after which the key is refused; 0 never"),
  form.bytes("public_key", 32, "Ed25519"),
];

const DIRECTORY: readonly form.Message[] = [
  message(
    "account_open",
    "directory",
    "opens an account with its first key",
    keyRows(codes.COMMAND_ACCOUNT_OPEN),
  ),
  message(
    "key_add",
    "directory",
    "adds a key to the signer's account",
    keyRows(codes.COMMAND_KEY_ADD),
  ),
  message("key_revoke", "directory", "a key signs no more", [
    type(codes.COMMAND_KEY_REVOKE),
    zero(3),
    number("key", "u32", "key id"),
  ]),
];

/** In the order of their types. */
export const COMMANDS: readonly form.Message[] = [...TRADER, LOGON, ...DIRECTORY, ...OPERATOR];
