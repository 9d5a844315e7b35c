/**
 * Samples: random legal values for the messages of the table, and frames around commands.
 */
import type { Prng } from "../../src/base/prng.ts";
import type { FrameScope } from "../../src/protocol/check-frame.ts";
import * as codes from "../../src/protocol/codes.ts";
import { COMMANDS } from "../../src/protocol/command-messages.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import type { Field, Group, Message } from "../../src/protocol/message-form.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { encodeByTable, type Values } from "./table-codec.ts";

export const SHARD = 7;
export const VENUE = Uint8Array.from({ length: 32 }, (_, i) => 0xa0 + i);
export const SCOPE: FrameScope = {
  venue: VENUE,
  shard: SHARD,
  directoryOrigin: SHARD,
};

const FRAME_KIND: Partial<Record<Group, number>> = {
  trader: codes.FRAME_TRADER,
  logon: codes.FRAME_LOGON,
  directory: codes.FRAME_DIRECTORY,
  operator: codes.FRAME_OPERATOR,
};

/** Legal values of any command; edges of ranges come up often. */
export function legalValues(message: Message, random: Prng): Values {
  const values: Record<string, bigint | string> = {};
  for (const field of message.fields) {
    if (field.type !== "zero") values[field.name] = legalValue(field, random);
  }
  if (message.name === "new_order") makeOrderLegal(values);
  if (message.name === "market_open") makeMarketLegal(values, random);
  if (message.name === "carry") makeCarryLegal(values);
  return values;
}

function legalValue(field: Field, random: Prng): bigint | string {
  if (field.type === "bytes") return random.bytes(field.size).toHex();
  if (field.type === "text") return symbol(random);
  if (field.name === "type") return BigInt(field.says);
  const high = field.rule === null ? (1n << BigInt(8 * field.size)) - 1n : BigInt(field.rule.high);
  const low = BigInt(field.rule?.low ?? 0);
  if (random.chance(20)) return low;
  if (random.chance(20)) return high;
  return low + (BigInt(`0x${random.bytes(8).toHex()}`) % (high - low + 1n));
}

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

function symbol(random: Prng): string {
  return Array.from({ length: random.between(1, 16) }, () =>
    LETTERS.charAt(random.below(LETTERS.length)),
  ).join("");
}

function makeOrderLegal(values: Record<string, bigint | string>): void {
  const type = Number(values["order_type"]);
  const isStop = type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
  const isMarket = type === codes.TYPE_MARKET;
  const isImmediate = (tif: number): boolean => tif === codes.TIF_IOC || tif === codes.TIF_FOK;
  if (isMarket && !isImmediate(Number(values["time_in_force"]))) values["time_in_force"] = 2n;
  if (isStop && isImmediate(Number(values["time_in_force"]))) values["time_in_force"] = 4n;
  const tif = Number(values["time_in_force"]);
  if (type !== codes.TYPE_LIMIT || isImmediate(tif)) values["post_only"] = 0n;
  if (!isStop) values["stop_price"] = 0n;
  else if (values["stop_price"] === 0n) values["stop_price"] = 7n;
  if (tif !== codes.TIF_GTD) values["good_till_us"] = 0n;
  else if (values["good_till_us"] === 0n) values["good_till_us"] = 8n;
  if (!isMarket || tif !== codes.TIF_IOC) values["budget"] = 0n;
  if (values["budget"] === 0n && values["price"] === 0n) values["price"] = 9n;
}

function makeMarketLegal(values: Record<string, bigint | string>, random: Prng): void {
  if (values["base"] === values["quote"]) values["quote"] = values["base"] === 1n ? 2n : 1n;
  values["price_min"] = BigInt(random.between(1, 1000));
  values["price_max"] = BigInt(random.between(1000, codes.U32_MAX));
  values["quantity_min"] = 5n;
  values["quantity_max"] = BigInt(random.between(5, codes.U32_MAX));
  values["market"] = BigInt(random.between(1, 0xffff_0000));
  values["count"] = BigInt(random.between(1, 0xffff));
  values["symbol"] = `M#-${symbol(random).slice(0, 3)}`;
}

/** Each entry has fields of its own; the others are zero. */
function makeCarryLegal(values: Record<string, bigint | string>): void {
  const entry = Number(values["entry"]);
  const isKey = entry === codes.ENTRY_ACCOUNT_OPEN || entry === codes.ENTRY_KEY_ADD;
  const isCredit = entry === codes.ENTRY_CREDIT;
  const below = (name: string): bigint => BigInt(values[name] ?? 0) % 2n ** 53n;
  values["scopes"] = isKey ? (BigInt(values["scopes"] ?? 0) % 31n) + 1n : 0n;
  values["expiry_us"] = isKey ? below("expiry_us") : 0n;
  if (isCredit) values["expiry_us"] = below("expiry_us") || 1n;
  values["directory"] = isCredit ? below("directory") : 0n;
  if (!isKey) values["public_key"] = "00".repeat(32);
}

export function commandOf(message: Message, values: Values): Uint8Array<ArrayBuffer> {
  return encodeByTable(message, values);
}

/** A frame of the kind that carries this message, its signature zero. */
export function frameOf(
  message: Message,
  commands: readonly Uint8Array[],
  scope = SCOPE,
  kind = FRAME_KIND[message.group] ?? 0,
): Uint8Array<ArrayBuffer> {
  const isDirectory = kind === codes.FRAME_DIRECTORY;
  const isOperator = kind === codes.FRAME_OPERATOR;
  const header = {
    kind,
    shard: isDirectory ? codes.SHARD_DIRECTORY : scope.shard,
    venue: scope.venue,
    account: isOperator ? 0 : 258,
    key: 515,
    nonce: 2 ** 40 + 17,
    expiry: 2 ** 50 + 5,
  };
  return encodeFrame(header, commands);
}

/** One legal frame with one command of each type, and one to be kept for a disconnect. */
export function legalFrames(random: Prng, scope = SCOPE): Uint8Array<ArrayBuffer>[] {
  const one = (message: Message): Uint8Array<ArrayBuffer> =>
    commandOf(message, legalValues(message, random));
  return [
    ...COMMANDS.map((message) => frameOf(message, [one(message)], scope)),
    disconnectFrame([one(messageNamed("mass_cancel"))], scope),
  ];
}

/** A frame of kind 6 around whatever commands. */
export function disconnectFrame(
  commands: readonly Uint8Array[],
  scope = SCOPE,
): Uint8Array<ArrayBuffer> {
  return frameOf(messageNamed("mass_cancel"), commands, scope, codes.FRAME_DISCONNECT);
}
