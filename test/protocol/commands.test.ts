/**
 * The hand-written layout and encoders of commands say what the message table says.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as layout from "../../src/protocol/command-layout.ts";
import { COMMANDS, FRAME } from "../../src/protocol/command-messages.ts";
import { encodeClear } from "../../src/protocol/clear.ts";
import * as encode from "../../src/protocol/commands.ts";
import { encodeUpgrade } from "../../src/protocol/governing.ts";
import * as frames from "../../src/protocol/frame.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { legalValues, SHARD, VENUE } from "./samples.ts";
import { encodeByTable, fieldNamed, type Values } from "./table-codec.ts";

const number = (values: Values, name: string): number => Number(values[name]);
const hex = (values: Values, name: string): Uint8Array => Uint8Array.fromHex(String(values[name]));
const symbol = (values: Values): string => String(values["symbol"]);
const clientId = (values: Values): bigint => BigInt(values["client_order_id"] ?? 0);

type Encoder = (values: Values) => Uint8Array;

const keyEncoder =
  (type: number): Encoder =>
  (v) =>
    encode.encodeKey(type, hex(v, "public_key"), number(v, "scopes"), number(v, "expiry_us"));

const marketOf = (v: Values): encode.MarketRules => ({
  market: number(v, "market"),
  state: number(v, "state"),
  base: number(v, "base"),
  quote: number(v, "quote"),
  lotUnits: number(v, "lot_units"),
  tickValue: number(v, "tick_value"),
  openOrdersMax: number(v, "open_orders_max"),
  priceMin: number(v, "price_min"),
  priceMax: number(v, "price_max"),
  quantityMin: number(v, "quantity_min"),
  quantityMax: number(v, "quantity_max"),
  makerFeePpm: number(v, "maker_fee_ppm"),
  takerFeePpm: number(v, "taker_fee_ppm"),
  symbol: symbol(v),
  count: number(v, "count"),
  priceStep: number(v, "price_step"),
  quantityStep: number(v, "quantity_step"),
});

const orderOf = (v: Values): encode.NewOrder => ({
  market: number(v, "market"),
  side: number(v, "side"),
  type: number(v, "order_type"),
  tif: number(v, "time_in_force"),
  clientOrderId: clientId(v),
  price: number(v, "price"),
  quantity: number(v, "quantity"),
  stp: number(v, "self_trade_prevention"),
  postOnly: number(v, "post_only"),
  stopPrice: number(v, "stop_price"),
  goodTill: number(v, "good_till_us"),
  budget: number(v, "budget"),
});

const ENCODERS: Readonly<Record<string, Encoder>> = {
  new_order: (v) => encode.encodeNewOrder(orderOf(v)),
  cancel: (v) => encode.encodeCancel(number(v, "market"), clientId(v)),
  replace: (v) =>
    encode.encodeReplace(
      number(v, "market"),
      clientId(v),
      number(v, "price"),
      number(v, "quantity"),
    ),
  reduce: (v) => encode.encodeReduce(number(v, "market"), clientId(v), number(v, "quantity")),
  mass_cancel: (v) => encode.encodeMassCancel(number(v, "market"), number(v, "side")),
  withdraw: (v) =>
    encode.encodeWithdraw(number(v, "asset"), number(v, "amount"), hex(v, "destination")),
  dead_man: (v) => encode.encodeDeadMan(number(v, "timeout_us")),
  transfer: (v) =>
    encode.encodeTransfer(number(v, "shard"), number(v, "asset"), number(v, "amount")),
  logon: (v) => encode.encodeLogon(number(v, "next_report"), hex(v, "challenge")),
  account_open: keyEncoder(codes.COMMAND_ACCOUNT_OPEN),
  key_add: keyEncoder(codes.COMMAND_KEY_ADD),
  key_revoke: (v) => encode.encodeKeyRevoke(number(v, "key")),
  asset_open: (v) => encode.encodeAssetOpen(number(v, "asset"), number(v, "decimals"), symbol(v)),
  market_open: (v) => encode.encodeMarketOpen(marketOf(v)),
  market_state: (v) => encode.encodeMarketState(number(v, "market"), number(v, "state")),
  account_state: (v) => encode.encodeAccountState(number(v, "account"), number(v, "suspended")),
  deposit: (v) =>
    encode.encodeDeposit(
      number(v, "asset"),
      number(v, "account"),
      number(v, "amount"),
      number(v, "reference"),
    ),
  upgrade: (v) => encodeUpgrade({ version: number(v, "version"), from: number(v, "position") }),
  shard_open: (v) => encode.encodeShardOpen(number(v, "shard")),
  carry: (v) =>
    encode.encodeCarry({
      entry: number(v, "entry"),
      source: number(v, "source"),
      account: number(v, "account"),
      number: number(v, "number"),
      key: number(v, "key"),
      scopes: number(v, "scopes"),
      expiry: number(v, "expiry_us"),
      directory: number(v, "directory"),
      publicKey: hex(v, "public_key"),
    }),
  clear: (v) =>
    encodeClear({
      position: number(v, "position"),
      chain: hex(v, "chain"),
      reason: hex(v, "reason"),
    }),
};

describe("an encoder writes what the table says", () => {
  test.each(COMMANDS.map((message) => [message.name, message] as const))("%s", (name, message) => {
    const random = new Prng(1);
    for (let i = 0; i < 200; i++) {
      const values = legalValues(message, random);
      expect(ENCODERS[name]!(values)).toEqual(encodeByTable(message, values));
    }
  });

  test("a frame's header", () => {
    const random = new Prng(2);
    for (let i = 0; i < 200; i++) {
      const values = { ...legalValues(FRAME, random), protocol: "CLOB", version: 1n };
      const header = {
        kind: number(values, "kind"),
        shard: number(values, "shard"),
        venue: hex(values, "venue"),
        account: number(values, "account"),
        key: number(values, "key"),
        nonce: number(values, "nonce"),
        expiry: number(values, "expiry_us"),
      };
      const command = encode.encodeKeyRevoke(9);
      const commands = Array.from({ length: random.between(1, 256) }, () => command);
      const bytes = frames.encodeFrame(header, commands);
      const said = { ...values, count: BigInt(commands.length), size: BigInt(8 * commands.length) };
      expect(bytes.subarray(0, frames.FRAME_HEADER_SIZE)).toEqual(encodeByTable(FRAME, said));
      expect(frames.readFrameHeader(new DataView(bytes.buffer), 0)).toEqual(header);
      expect(bytes.length).toBe(72 + 8 * commands.length + 64);
    }
  });
});

/** Each exported offset, and the fields that it is the offset of. */
const OFFSETS: Readonly<Record<string, string>> = {
  ORDER_SIDE: "new_order.side",
  ORDER_TYPE: "new_order.order_type",
  ORDER_TIF: "new_order.time_in_force",
  COMMAND_MARKET: "new_order.market cancel.market replace.market reduce.market mass_cancel.market",
  COMMAND_CLIENT_ID:
    "new_order.client_order_id cancel.client_order_id replace.client_order_id reduce.client_order_id",
  ORDER_PRICE: "new_order.price replace.price",
  ORDER_QUANTITY: "new_order.quantity replace.quantity",
  ORDER_STP: "new_order.self_trade_prevention",
  ORDER_POST_ONLY: "new_order.post_only",
  ORDER_STOP_PRICE: "new_order.stop_price",
  ORDER_GOOD_TILL: "new_order.good_till_us",
  ORDER_BUDGET: "new_order.budget",
  REDUCE_QUANTITY: "reduce.quantity",
  MASS_SIDE: "mass_cancel.side",
  WITHDRAW_ASSET: "withdraw.asset",
  WITHDRAW_AMOUNT: "withdraw.amount",
  WITHDRAW_DESTINATION: "withdraw.destination",
  DEAD_MAN_TIMEOUT: "dead_man.timeout_us",
  TRANSFER_SHARD: "transfer.shard",
  TRANSFER_ASSET: "transfer.asset",
  TRANSFER_AMOUNT: "transfer.amount",
  LOGON_NEXT_REPORT: "logon.next_report",
  LOGON_CHALLENGE: "logon.challenge",
  KEY_SCOPES: "account_open.scopes key_add.scopes",
  KEY_EXPIRY: "account_open.expiry_us key_add.expiry_us",
  KEY_PUBLIC: "account_open.public_key key_add.public_key",
  REVOKE_KEY: "key_revoke.key",
  ASSET_DECIMALS: "asset_open.decimals",
  ASSET_ID: "asset_open.asset",
  ASSET_SYMBOL: "asset_open.symbol",
  MARKET_STATE_AT: "market_open.state",
  MARKET_ID: "market_open.market",
  MARKET_BASE: "market_open.base",
  MARKET_QUOTE: "market_open.quote",
  MARKET_LOT_UNITS: "market_open.lot_units",
  MARKET_TICK_VALUE: "market_open.tick_value",
  MARKET_OPEN_ORDERS_MAX: "market_open.open_orders_max",
  MARKET_PRICE_MIN: "market_open.price_min",
  MARKET_PRICE_MAX: "market_open.price_max",
  MARKET_QUANTITY_MIN: "market_open.quantity_min",
  MARKET_QUANTITY_MAX: "market_open.quantity_max",
  MARKET_MAKER_PPM: "market_open.maker_fee_ppm",
  MARKET_TAKER_PPM: "market_open.taker_fee_ppm",
  MARKET_SYMBOL: "market_open.symbol",
  MARKET_COUNT: "market_open.count",
  MARKET_PRICE_STEP: "market_open.price_step",
  MARKET_QUANTITY_STEP: "market_open.quantity_step",
  STATE_VALUE: "market_state.state account_state.suspended",
  STATE_TARGET: "market_state.market account_state.account",
  DEPOSIT_ASSET: "deposit.asset",
  DEPOSIT_ACCOUNT: "deposit.account",
  DEPOSIT_AMOUNT: "deposit.amount",
  DEPOSIT_REFERENCE: "deposit.reference",
  SHARD_OPEN_SHARD: "shard_open.shard",
  CARRY_ENTRY: "carry.entry",
  CARRY_SHARD: "carry.source",
  CARRY_ACCOUNT: "carry.account",
  CARRY_NUMBER: "carry.number",
  CARRY_KEY: "carry.key",
  CARRY_SCOPES: "carry.scopes",
  CARRY_EXPIRY: "carry.expiry_us",
  CARRY_DIRECTORY: "carry.directory",
  CARRY_PUBLIC: "carry.public_key",
  UPGRADE_VERSION: "upgrade.version",
  UPGRADE_FROM: "upgrade.position",
  CLEAR_POSITION: "clear.position",
  CLEAR_CHAIN: "clear.chain",
  CLEAR_REASON: "clear.reason",
};

const SIZES: Readonly<Record<string, string>> = {
  NEW_ORDER_SIZE: "new_order",
  ASSET_OPEN_SIZE: "asset_open",
  MARKET_OPEN_SIZE: "market_open",
  CARRY_SIZE: "carry",
  CLEAR_SIZE: "clear",
};

describe("the layout agrees with the table", () => {
  test.each(Object.entries(OFFSETS))("%s lies where the table says", (name, places) => {
    for (const place of places.split(" ")) {
      const [message = "", field = ""] = place.split(".");
      const { at } = fieldNamed(messageNamed(message), field);
      expect([place, Reflect.get(layout, name)]).toEqual([place, at]);
    }
  });

  test("sizes, by name and by type", () => {
    for (const [name, message] of Object.entries(SIZES)) {
      expect(Reflect.get(layout, name)).toBe(messageNamed(message).size);
    }
    const bySize = new Uint8Array(256);
    for (const { fields, size } of COMMANDS) bySize[Number(fields[0]!.says)] = size;
    expect(layout.COMMAND_SIZE).toEqual(bySize);
    expect(layout.SYMBOL_SIZE).toBe(fieldNamed(messageNamed("asset_open"), "symbol").size);
  });

  test("no constant of the layout is left out", () => {
    const constants = Object.keys(layout).filter((name) => /^[A-Z_]+$/.test(name));
    const others = ["COMMAND_SIZE", "SYMBOL_SIZE"];
    const held = [...Object.keys(OFFSETS), ...Object.keys(SIZES), ...others];
    expect(constants.toSorted()).toEqual(held.toSorted());
  });

  test("the frame's offsets", () => {
    const at = (name: string): number => fieldNamed(FRAME, name).at;
    expect([frames.FRAME_VERSION_AT, frames.FRAME_KIND_AT, frames.FRAME_SHARD_AT]).toEqual([
      at("version"),
      at("kind"),
      at("shard"),
    ]);
    const who = [frames.FRAME_VENUE_AT, frames.FRAME_ACCOUNT_AT, frames.FRAME_KEY_AT];
    expect(who).toEqual([at("venue"), at("account"), at("key")]);
    expect([frames.FRAME_NONCE_AT, frames.FRAME_EXPIRY_AT, frames.FRAME_COUNT_AT]).toEqual([
      at("nonce"),
      at("expiry_us"),
      at("count"),
    ]);
    expect([frames.FRAME_SIZE_AT, frames.FRAME_RESERVED_AT, frames.FRAME_HEADER_SIZE]).toEqual([
      at("size"),
      at("reserved"),
      FRAME.size,
    ]);
  });

  test("commands and their fields are aligned", () => {
    for (const { name, size, fields } of [...COMMANDS, FRAME]) {
      expect([name, size % 8]).toEqual([name, 0]);
      for (const { type, at, size: width } of fields) {
        if (/^(?:u|bits)/.test(type)) expect([name, at % width]).toEqual([name, 0]);
      }
    }
  });
});

test("signing covers all but the signature, which comes last", () => {
  const seen: Uint8Array[] = [];
  const header = { kind: 4, shard: SHARD, venue: VENUE, account: 1, key: 2, nonce: 3, expiry: 0 };
  const bytes = frames.signFrame(header, [encode.encodeCancel(1, 2n)], (message) => {
    seen.push(message.slice());
    return new Uint8Array(64).fill(0x5a);
  });
  expect(seen).toEqual([bytes.slice(0, -64)]);
  expect(frames.signedPart(bytes)).toEqual(bytes.subarray(0, 88));
  expect(frames.signaturePart(bytes)).toEqual(new Uint8Array(64).fill(0x5a));
});
