/**
 * Session messages: Soup's packets and what a server says, as rows for machines. See
 * message-table.ts.
 */
import * as names from "./code-names.ts";
import * as codes from "./codes.ts";
import * as form from "./message-form.ts";

const { bytes, constant, message, named, number, text, zero } = form;

export const SOUP: readonly form.Message[] = [
  message("packet", "soup", "then the payload", [
    number("length", "u16be", "of what follows, type and payload: 1 .. 65535; big-endian"),
    text("type", 1, "a letter, see the list of packets"),
  ]),
  message("login_request", "soup", "payload of `L`; digits and letters, padded with spaces", [
    text("username", 6, "shard number; blank: the lowest one served"),
    text("password", 10, "not read"),
    text("session", 10, "blank"),
    text("sequence", 20, "0 or 1, or blank"),
  ]),
  message("login_accepted", "soup", "payload of `A`", [
    text("session", 10, "the connection's own name, padded on the left"),
    text("sequence", 20, "1, padded on the left"),
  ]),
  message("login_rejected", "soup", "payload of `J`", [
    text("reason", 1, "`A` this shard is not served here, `S` no such session or sequence"),
  ]),
];

export const HELLO = message("hello", "session", "always packet 1", [
  constant("kind", codes.MESSAGE_HELLO),
  number("version", "u8", "1"),
  number("shard", "u16", "the connection's shard"),
  number("rules_version", "u16", "that governs the newest record that was reported"),
  number("directory_origin", "u16", "the shard that leads the directory"),
  bytes("venue", 32, "venue id"),
  bytes("challenge", 32, "to be signed back in each logon"),
]);

export const REFUSED = message("refused", "session", "a frame that did not enter the log", [
  constant("kind", codes.MESSAGE_REFUSED),
  zero(1),
  number("code", "u16", "reject code"),
  number("account", "u32", "as in the frame; 0 if it can't be read"),
  number("key", "u32", "as in the frame"),
  zero(4),
  number("nonce", "u64", "as in the frame; 0 if it is not below 2^53"),
  bytes("tag", 8, "first 8 bytes of SHA-256 of the frame as it came"),
]);

export const RESUME = message("resume", "session", "behind a logged_on: which reports follow", [
  constant("kind", codes.MESSAGE_RESUME),
  zero(1),
  number("code", "u16", "0, `snapshot_required` or `report_number`"),
  number("account", "u32", "account id"),
  number("first", "u64", "number of the first report that follows"),
  number("last", "u64", "number of the newest: the logged_on itself"),
]);

export const DONE = message(
  "done",
  "session",
  "behind the last report of a frame that was sent here",
  [
    constant("kind", codes.MESSAGE_DONE),
    zero(3),
    number("account", "u32", "as in the frame; 0 the operators"),
    number("position", "u64", "of the frame's record"),
    bytes("tag", 8, "first 8 bytes of SHA-256 of the frame"),
    number("reports", "u32", "numbered ones that it caused to this account"),
    zero(4),
  ],
);

const cause: readonly form.Row[] = [
  number("position", "u64", "of the record that caused it"),
  number("log_time_us", "u64", "of that record"),
  bytes("tag", 8, "first 8 bytes of SHA-256 of that record's frame; zero for what is due"),
  number("index", "u16", "of the command in that frame; 65,535 for what is due"),
];

export const REPORT = message("report", "session", "what the engine says", [
  named(number("kind", "u8", "16 .. 39, see report kinds"), names.REPORT_KINDS),
  named(number("side", "u8", "0 none"), names.SIDES),
  named(number("liquidity", "u8", "of a fill"), names.LIQUIDITIES),
  number("reason", "u8", "canceled, reduced: why; rejected: the command's type; else RULES 3"),
  number("account", "u32", "whose report; 0 the operators"),
  number("number", "u64", "dense per account from 1; 0 unnumbered, nothing changed"),
  ...cause,
  number("code", "u16", "rejected: the reject code"),
  number("subject", "u32", "market, asset, account or key spoken of"),
  number("order_nonce", "u64", "order id: nonce of the frame that placed it"),
  number("order_key", "u32", "order id: its key"),
  number("order_index", "u16", "order id: its index in that frame"),
  zero(2),
  number("client_order_id", "u64", "as in the order"),
  number("price", "u32", "ticks; fill: the trade's"),
  number("last", "u32", "lots traded now, or taken off"),
  number("cumulative", "u32", "lots traded so far"),
  number("leaves", "u32", "lots still open"),
  number("first", "u64", "fill: trade id; rejected: the number stated; else RULES 3"),
  number("second", "u64", "fill: fee; rejected: the number it disagrees with; else RULES 3"),
]);

export const KEY_REPORT = message(
  "key_report",
  "session",
  "account_opened and key_added: a report with another second half",
  [
    number("kind", "u8", "24 account_opened, 25 key_added"),
    zero(3),
    number("account", "u32", "whose report; 0 the operators"),
    number("number", "u64", "dense per account from 1"),
    ...cause,
    zero(2),
    number("subject", "u32", "the key's account"),
    bytes("public_key", 32, "Ed25519"),
    number("key", "u32", "key id"),
    named(number("scopes", "bits", "what the key may sign"), names.TRADER_SCOPES),
    number("expiry_us", "u64", "log time after which the key is refused; 0 never"),
    zero(8),
  ],
);

/** In execution records only: it belongs to no account, so that nobody is sent it. */
export const OUTBOX = message(
  "outbox",
  "log",
  "what this shard owes another: a report in execution records that no account is sent",
  [
    constant("kind", codes.REPORT_OUTBOX),
    zero(2),
    named(number("entry", "u8", "what is owed"), names.ENTRIES),
    number("account", "u32", "the account concerned; 0 the operators"),
    number("number", "u64", "of the entry; dense per destination from 1"),
    ...cause,
    zero(2),
    number("destination", "u32", "shard number; 65535 every other shard"),
    bytes("public_key", 32, "account_open, key_add: Ed25519; else zero"),
    number("key", "u32", "key id; of a credit the asset id"),
    named(
      number("scopes", "bits", "account_open, key_add: the key's; else 0"),
      names.TRADER_SCOPES,
    ),
    number("expiry_us", "u64", "account_open, key_add: of the key; credit: the amount; else 0"),
    number("directory", "u64", "credit: entries of the directory written or applied; else 0"),
  ],
);

export const SESSION: readonly form.Message[] = [HELLO, REFUSED, RESUME, DONE, REPORT, KEY_REPORT];
