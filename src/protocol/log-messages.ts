/**
 * Log messages: genesis, records, execution records, commitments and segments, as rows for
 * machines. See message-table.ts.
 */
import * as names from "./code-names.ts";
import * as codes from "./codes.ts";
import * as form from "./message-form.ts";
import { OUTBOX } from "./session-messages.ts";

const { bytes, constant, message, named, number, text, zero } = form;

export const GENESIS: readonly form.Message[] = [
  message(
    "genesis",
    "genesis",
    "then the operator keys, the assets (asset_open), the markets (market_open)",
    [
      constant("type", codes.COMMAND_GENESIS),
      constant("layout", 1),
      number("rules_version", "u16", "that governs from record 1 on"),
      number("size", "u32", "of this command, its entries included"),
      bytes("random", 16, "chosen once, so that no two venues are the same"),
      number("checkpoint_interval_us", "u64", "1 .. 2^53-1"),
      number("checkpoint_commands", "u32", "1 or more"),
      number("accounts_max", "u32", "1 or more"),
      number("keys_max", "u32", "1 or more"),
      number("orders_max", "u32", "1 or more"),
      number("markets_max", "u32", "1 or more"),
      number("assets_max", "u32", "1 or more"),
      number("reports_per_record_max", "u32", "1 or more"),
      number("operator_count", "u16", "1 or more"),
      number("asset_count", "u16", "entries"),
      number("market_count", "u16", "entries; a range is one"),
      number("directory_origin", "u16", "the shard that leads the directory"),
      number("day_start_s", "u32", "seconds after 00:00 UTC at which a trading day begins"),
      bytes("checkpoint_key", 32, "Ed25519, signs the notes"),
    ],
  ),
  message("operator_key", "genesis", "an entry; its key id is its place, from 1", [
    bytes("public_key", 32, "Ed25519"),
    named(number("scopes", "bits", "what the key may sign"), names.OPERATOR_SCOPES),
    zero(4),
  ]),
];

const origin: readonly form.Row[] = [
  number("shard", "u16", "the log's shard"),
  number("rules_version", "u16", "that governs here"),
  number("directory_origin", "u16", "the shard that leads the directory"),
];

const EXECUTION = message("execution", "log", "then `count` reports, 104 bytes each", [
  number("version", "u8", "2"),
  constant("kind", 3),
  ...origin,
  number("first", "u64", "position of the first input record, 1 or more"),
  number("last", "u64", "of the last; the next execution record begins at last + 1"),
  number("epoch", "u64", "of the matcher's term"),
  number("durable", "u64", "position up to which reports may leave"),
  number("count", "u32", "of reports"),
  number("last_crc", "u32", "crc32 of the input record at `last`, log time included"),
  bytes("chain_before", 32, "report chain before `first`"),
  bytes("chain", 32, "report chain after `last`"),
]);

const COMMITMENT = message("commitment", "log", "then totals by asset id, then links by shard", [
  number("version", "u8", "2"),
  constant("kind", 4),
  ...origin,
  number("number", "u64", "k, from 0"),
  number("position", "u64", "records covered"),
  number("log_time_us", "u64", "of the last of them"),
  bytes("input_root", 32, "root of the input tree at that size"),
  bytes("report_chain", 32, "after the last of them"),
  bytes("accounts_root", 32, "RULES section 8"),
  bytes("markets_root", 32, "RULES section 8"),
  bytes("books_root", 32, "RULES section 8"),
  bytes("previous", 32, "SHA-256 of commitment k-1, zero for the first"),
  number("arrivals", "u64", "orders put to rest or to wait so far"),
  number("directory", "u64", "entries of the directory written or applied so far"),
  number("assets", "u32", "count of totals"),
  number("links", "u32", "count of links"),
  number("rules_from", "u64", "first position that the rules version in force governs"),
  number("next_from", "u64", "first position of the one to come, 0 for none"),
  number("next_version", "u16", "the one to come, 0 for none"),
  zero(6),
]);

const SEGMENTS: readonly form.Message[] = [
  message("segment_header", "log", "a file of the log or of an export begins with it", [
    number("version", "u8", "1"),
    number("kind", "u8", "1 in, 2 ex"),
    number("shard", "u16", "the log's shard"),
    text("magic", 4, "`CSEG`"),
    number("first", "u64", "position of its first record, 1 or more"),
    number("salt", "u32", "what the sums of entries start from; 0 in an export"),
    zero(4),
    bytes("venue", 32, "venue id"),
    zero(4),
    number("sum", "u32", "CRC-32 of bytes 0 .. 59"),
  ]),
  message("entry_header", "log", "then `size` bytes: a pack, or one execution record", [
    number("version", "u8", "1"),
    number("kind", "u8", "1 in, 2 ex"),
    zero(2),
    text("magic", 4, "`CENT`"),
    number("first", "u64", "position of its first record"),
    number("count", "u32", "of positions, 1 or more"),
    number("size", "u32", "of the bytes behind"),
    number("log_time_us", "u64", "of its first record; 0 in `ex`"),
    number("bytes_sum", "u32", "CRC-32 of the bytes, started from the salt"),
    number("sum", "u32", "CRC-32 of bytes 0 .. 35, started from the salt"),
  ]),
];

export const LOG: readonly form.Message[] = [
  message("record", "log", "then the frame", [
    number("version", "u8", "1"),
    number("kind", "u8", "1 frame, 2 tick"),
    ...origin,
    number("log_time_us", "u64", "microseconds since 1970, never going back"),
    number("frame_size", "u32", "0 for a tick"),
    zero(4),
  ]),
  EXECUTION,
  OUTBOX,
  COMMITMENT,
  message("total", "log", "one asset's part of a commitment", [
    bytes("asset_open", 32, "the asset_open that made it"),
    number("deposits", "u64", "smallest units, since genesis"),
    number("withdrawals", "u64", "smallest units, since genesis"),
    number("fees", "u64", "smallest units, since genesis"),
    number("net", "u64", "transfers in less transfers out; below zero in two's complement"),
  ]),
  message("link", "log", "what a shard owes another and was owed by it: a part of a commitment", [
    number("shard", "u16", "the other shard"),
    zero(6),
    number("out", "u64", "number of the last credit written for it"),
    number("in", "u64", "number of the last credit of it that was applied"),
  ]),
  ...SEGMENTS,
];
