/**
 * Operator messages: the commands of operators, as rows for machines. See message-table.ts.
 */
import * as names from "./code-names.ts";
import * as codes from "./codes.ts";
import { account, asset, market, shard, type, u32 } from "./command-rows.ts";
import * as form from "./message-form.ts";

const { message, number, within, zero } = form;

const DECIMALS_MAX = 15;
const rules = (name: string, says: string, high: number = codes.U32_MAX): form.Row =>
  u32(name, says, high, codes.REJECT_RULES);
const fee = (name: string): form.Row =>
  within(number(name, "u32", "0 .. 1,000,000"), 0, codes.PPM, codes.REJECT_RULES);
const state = form.choice("state", "", names.MARKET_STATES, codes.REJECT_STATE);

export const OPERATOR: readonly form.Message[] = [
  message("asset_open", "operator", "opens an asset", [
    type(codes.COMMAND_ASSET_OPEN),
    within(
      number("decimals", "u8", "0 .. 15: the smallest unit is 10^-decimals"),
      0,
      DECIMALS_MAX,
      codes.REJECT_RULES,
    ),
    zero(2),
    rules("asset", "asset id, 1 or more"),
    form.text("symbol", 16, "1 to 16 of `A-Z 0-9 - #`, zeros behind"),
    zero(8),
  ]),
  message("market_open", "operator", "opens a market, or a range of markets", [
    type(codes.COMMAND_MARKET_OPEN),
    state,
    zero(2),
    rules("market", "id, 1 or more; of a range the first"),
    rules("base", "asset id, not quote's"),
    rules("quote", "asset id"),
    within(
      number("lot_units", "u64", "smallest units of base in one lot, 1 .. 2^53-1"),
      1,
      codes.AMOUNT_MAX,
      codes.REJECT_RULES,
    ),
    rules("tick_value", "smallest units of quote in one tick x one lot"),
    rules("open_orders_max", "per account"),
    rules("price_min", "ticks, at most price_max"),
    rules("price_max", "ticks"),
    rules("quantity_min", "lots, at most quantity_max"),
    rules("quantity_max", "lots"),
    fee("maker_fee_ppm"),
    fee("taker_fee_ppm"),
    form.text("symbol", 16, "as an asset's; one `#` becomes the market id"),
    rules("count", "markets in the range"),
    rules("price_step", "ticks"),
    rules("quantity_step", "lots"),
    zero(4),
  ]),
  message("market_state", "operator", "moves a market to another state", [
    type(codes.COMMAND_MARKET_STATE),
    state,
    zero(2),
    market,
  ]),
  message("account_state", "operator", "suspends an account, or lifts that", [
    type(codes.COMMAND_ACCOUNT_STATE),
    form.choice(
      "suspended",
      "only cancels are taken, or everything",
      [
        [0, "no"],
        [1, "yes"],
      ],
      codes.REJECT_STATE,
    ),
    zero(2),
    account,
  ]),
  message("deposit", "operator", "brings funds to an account", [
    type(codes.COMMAND_DEPOSIT),
    zero(3),
    asset,
    account,
    zero(4),
    form.amount("amount", "smallest units, 1 .. 2^53-1"),
    form.amount("reference", "rises with each deposit of the same key"),
  ]),
  message("shard_open", "operator", "makes another shard known, so that funds may go there", [
    type(codes.COMMAND_SHARD_OPEN),
    zero(3),
    shard("shard", "u32", "the other shard"),
  ]),
  message("carry", "operator", "brings what another shard's outbox report says, field by field", [
    type(codes.COMMAND_CARRY),
    form.choice("entry", "", names.ENTRIES, codes.REJECT_ENTRY),
    shard("source", "u16", "the shard that reported it"),
    account,
    form.amount("number", "the report's, 1 .. 2^53-1"),
    number("key", "u32", "key id; of a credit the asset id"),
    form.named(
      number("scopes", "bits", "account_open, key_add: what the key may sign; else 0"),
      names.TRADER_SCOPES,
    ),
    number("expiry_us", "u64", "account_open, key_add: of the key; credit: the amount; else 0"),
    number("directory", "u64", "credit: entries of the directory that its shard had; else 0"),
    form.bytes("public_key", 32, "account_open, key_add: Ed25519; else zero"),
  ]),
  message("upgrade", "operator", "another version of the rules governs from a position on; alone", [
    type(codes.COMMAND_UPGRADE),
    zero(3),
    within(
      number("version", "u16", "of the rules, above the one in force"),
      1,
      0xffff,
      codes.REJECT_RULES_VERSION,
    ),
    zero(2),
    within(
      number("position", "u64", "the first that it governs, behind the record itself"),
      1,
      codes.AMOUNT_MAX,
      codes.REJECT_POSITION,
    ),
  ]),
  message("clear", "operator", "lifts the halt of a shard; alone", [
    type(codes.COMMAND_CLEAR),
    zero(7),
    within(
      number("position", "u64", "of the newest record, behind which the shard is halted"),
      1,
      codes.AMOUNT_MAX,
      codes.REJECT_POSITION,
    ),
    form.bytes("chain", 32, "report chain after that record"),
    form.bytes("reason", 32, "SHA-256 of the sentence that says why it is halted"),
  ]),
];
