/**
 * Faults: for each check of a frame, bytes that fail it and no check before it, with its code.
 *
 * A fault changes a legal frame in place. Those of one message stand in the order of the checks, so
 * that of two faults in one frame the earlier one must be the answer.
 */
import { Prng } from "../../src/base/prng.ts";
import { viewOf, writeU64 } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import { COMMANDS, FRAME } from "../../src/protocol/command-messages.ts";
import * as frames from "../../src/protocol/frame.ts";
import type { Field, Message } from "../../src/protocol/message-form.ts";
import { messageNamed } from "../../src/protocol/message-table.ts";
import { commandOf, disconnectFrame, frameOf, legalValues, SCOPE } from "./samples.ts";
import { fieldNamed, writeField } from "./table-codec.ts";

export interface Fault {
  readonly name: string;
  readonly code: number;
  readonly apply: (frame: Uint8Array) => void;
}

const COMMAND_AT = frames.FRAME_HEADER_SIZE;

/** The header's faults for the frame of this message; `count` and `size` too, before `reserved`. */
export function headerFaults(message: Message): Fault[] {
  const set = (name: string, field: string, value: bigint | string, code: number): Fault => ({
    name,
    code,
    apply: (frame) => writeField(frame, fieldNamed(FRAME, field), value),
  });
  const isTrader = message.group === "trader" || message.group === "logon";
  const wrongAccount = isTrader ? 0n : 9n;
  return [
    set("another protocol", "protocol", "CLOD", codes.REJECT_PROTOCOL),
    set("a version to come", "version", 2n, codes.REJECT_VERSION),
    set("no such kind", "kind", 7n, codes.REJECT_FRAME_KIND),
    set("another shard", "shard", 8n, codes.REJECT_SHARD),
    set("another venue", "venue", "00".repeat(32), codes.REJECT_VENUE),
    ...(message.group === "directory"
      ? []
      : [set("the other kind of account", "account", wrongAccount, codes.REJECT_ACCOUNT)]),
    set("nonce zero", "nonce", 0n, codes.REJECT_NONCE),
    set("an expiry of 2^53", "expiry_us", 2n ** 53n, codes.REJECT_TIME),
    set("no command", "count", 0n, codes.REJECT_BATCH_COUNT),
    set("a size that is not so", "size", 0n, codes.REJECT_BATCH_SIZE),
    { name: "reserved", code: codes.REJECT_RESERVED, apply: (frame) => (frame[71] = 1) },
    {
      name: "a command of another kind of frame",
      code: codes.REJECT_COMMAND_TYPE,
      apply: (frame) => (frame[COMMAND_AT] = 255),
    },
  ];
}

/** One fault per checked field of a command, in field order, then those of fields together. */
export function commandFaults(message: Message): Fault[] {
  const single = message.fields.flatMap((field) => fieldFault(field));
  return [...single, ...togetherFaults(message)];
}

function fieldFault(field: Field): Fault[] {
  const apply = (value: bigint | string) => (frame: Uint8Array) =>
    writeField(frame.subarray(COMMAND_AT), field, value);
  if (field.type === "zero") {
    const last = COMMAND_AT + field.at + field.size - 1;
    const name = `reserved at ${field.at}`;
    return [{ name, code: codes.REJECT_RESERVED, apply: (frame) => (frame[last] = 128) }];
  }
  if (field.type === "text") {
    return [{ name: "a small letter", code: codes.REJECT_SYMBOL, apply: apply("a") }];
  }
  if (field.rule === null) return [];
  const { low, high, code } = field.rule;
  const beyond = 1n << BigInt(8 * field.size);
  const illegal = [BigInt(low) - 1n, BigInt(high) + 1n, beyond - 1n];
  return illegal
    .filter((value) => value >= 0n && value < beyond && (value < low || value > high))
    .map((value) => ({ name: `${field.name} ${value}`, code, apply: apply(value) }));
}

/** Faults that only several fields together have; each leaves every single field legal. */
function togetherFaults(message: Message): Fault[] {
  const set = (name: string, code: number, values: Readonly<Record<string, bigint | string>>) => ({
    name,
    code,
    apply: (frame: Uint8Array) => {
      for (const [field, value] of Object.entries(values)) {
        writeField(frame.subarray(COMMAND_AT), fieldNamed(message, field), value);
      }
    },
  });
  const order = (name: string, values: Readonly<Record<string, bigint>>, code?: number): Fault =>
    set(name, code ?? codes.REJECT_COMBINATION, { ...PLAIN_ORDER, ...values });
  const rules = (name: string, values: Readonly<Record<string, bigint | string>>): Fault =>
    set(name, codes.REJECT_RULES, values);
  const symbol = (name: string, values: Readonly<Record<string, bigint | string>>): Fault =>
    set(name, codes.REJECT_SYMBOL, values);
  if (message.name === "new_order") return orderFaults(order);
  if (message.name === "carry") {
    return carryFaults((name, values, code) => set(name, code, { ...BARE_ENTRY, ...values }));
  }
  if (message.name !== "market_open") return [];
  return [
    rules("base is quote", { base: 3n, quote: 3n }),
    rules("no price between", { price_min: 6n, price_max: 5n }),
    rules("no quantity between", { quantity_min: 6n, quantity_max: 5n }),
    rules("ids beyond 32 bits", { market: 0xffff_ffffn, count: 2n }),
    symbol("a range without a place for the id", { market: 1n, count: 2n, symbol: "M-USD" }),
    symbol("two places for the id", { market: 1n, count: 2n, symbol: "M#-#" }),
    symbol("no room for the last id", { market: 1n, count: 100_000n, symbol: "ABCDEFGHIJK#" }),
  ];
}

/** A limit order with nothing else to it: what its fields say together is legal. */
const PLAIN_ORDER = {
  order_type: BigInt(codes.TYPE_LIMIT),
  time_in_force: BigInt(codes.TIF_GTC),
  price: 5n,
  post_only: 0n,
  stop_price: 0n,
  good_till_us: 0n,
  budget: 0n,
};

type OrderFault = (name: string, values: Readonly<Record<string, bigint>>, code?: number) => Fault;

/** First the codes of their own, in the order of the checks. */
function orderFaults(order: OrderFault): Fault[] {
  const [LIMIT, MARKET, STOP, STOP_LIMIT] = [1n, 2n, 3n, 4n];
  const [GTC, IOC, FOK, GTD, DAY] = [1n, 2n, 3n, 4n, 5n];
  const of = (type: bigint, tif: bigint): Record<string, bigint> => ({
    order_type: type,
    time_in_force: tif,
    stop_price: type === STOP || type === STOP_LIMIT ? 6n : 0n,
    good_till_us: tif === GTD ? 7n : 0n,
  });
  return [
    order("no price", { price: 0n }, codes.REJECT_PRICE),
    order("a stop without price", { ...of(STOP, GTC), price: 0n }, codes.REJECT_PRICE),
    order("a market order without price or budget", { ...of(MARKET, IOC), price: 0n }, 113),
    order("a stop without stop price", { ...of(STOP, GTC), stop_price: 0n }, 127),
    order("a stop-limit without stop price", { ...of(STOP_LIMIT, DAY), stop_price: 0n }, 127),
    order("a limit order with stop price", { stop_price: 6n }),
    order("a market order with stop price", { ...of(MARKET, IOC), stop_price: 6n }),
    ...[GTC, GTD, DAY].map((tif) => order(`a market order of tif ${tif}`, of(MARKET, tif))),
    ...[STOP, STOP_LIMIT].flatMap((type) =>
      [IOC, FOK].map((tif) => order(`a stop ${type} of tif ${tif}`, of(type, tif))),
    ),
    order("gtd without good till", { time_in_force: GTD }),
    ...[GTC, IOC, FOK, DAY].map((tif) =>
      order(`good till of tif ${tif}`, { ...of(LIMIT, tif), good_till_us: 7n }),
    ),
    order("a limit order with budget", { ...of(LIMIT, IOC), budget: 8n }),
    order("a budget, all or nothing", { ...of(MARKET, FOK), budget: 8n }),
    order("a stop with budget", { ...of(STOP, GTC), budget: 8n }),
    ...[1n, 2n].flatMap((mode) => [
      order(`a market order post-only ${mode}`, { ...of(MARKET, IOC), post_only: mode }),
      order(`post-only ${mode} at once`, { ...of(LIMIT, IOC), post_only: mode }),
      order(`post-only ${mode} or nothing`, { ...of(LIMIT, FOK), post_only: mode }),
      order(`a stop post-only ${mode}`, { ...of(STOP, GTC), post_only: mode }),
      order(`a stop-limit post-only ${mode}`, { ...of(STOP_LIMIT, GTD), post_only: mode }),
    ]),
  ];
}

/** An entry with no field that only some entries have. */
const BARE_ENTRY = {
  source: 9n,
  number: 1n,
  scopes: 0n,
  expiry_us: 0n,
  directory: 0n,
  public_key: "00".repeat(32),
};

type CarryFault = (
  name: string,
  values: Readonly<Record<string, bigint | string>>,
  code: number,
) => Fault;

/** What an entry must not have, and what it must. */
function carryFaults(carry: CarryFault): Fault[] {
  const beyond = 2n ** 53n;
  const publicKey = `${"00".repeat(31)}01`;
  const [TIME, AMOUNT, ZERO] = [codes.REJECT_TIME, codes.REJECT_AMOUNT, codes.REJECT_RESERVED];
  const opening = { entry: BigInt(codes.ENTRY_ACCOUNT_OPEN), scopes: 1n };
  const adding = { entry: BigInt(codes.ENTRY_KEY_ADD), scopes: 31n };
  const revoking = { entry: BigInt(codes.ENTRY_KEY_REVOKE) };
  const credit = { entry: BigInt(codes.ENTRY_CREDIT), expiry_us: 1n };
  return [
    ...[opening, adding].flatMap((key) => [
      carry(`entry ${key.entry} without scopes`, { ...key, scopes: 0n }, codes.REJECT_SCOPES),
      carry(`entry ${key.entry}, no such scope`, { ...key, scopes: 32n }, codes.REJECT_SCOPES),
      carry(`entry ${key.entry}, late expiry`, { ...key, expiry_us: beyond }, TIME),
      carry(`entry ${key.entry} with directory`, { ...key, directory: 1n }, ZERO),
    ]),
    carry("a revocation with scopes", { ...revoking, scopes: 1n }, ZERO),
    carry("a revocation with expiry", { ...revoking, expiry_us: 1n }, ZERO),
    carry("a revocation with directory", { ...revoking, directory: 1n }, ZERO),
    carry("a revocation with a public key", { ...revoking, public_key: publicKey }, ZERO),
    carry("a credit with scopes", { ...credit, scopes: 1n }, ZERO),
    carry("a credit of nothing", { ...credit, expiry_us: 0n }, AMOUNT),
    carry("a credit of 2^53", { ...credit, expiry_us: beyond }, AMOUNT),
    carry("a credit of directory 2^53", { ...credit, directory: beyond }, TIME),
    carry("a credit with a public key", { ...credit, public_key: publicKey }, ZERO),
  ];
}

/** Faults of the frame as a whole: lengths, and who may travel with whom. */
export function wholeFrameFaults(
  scope = SCOPE,
): { name: string; code: number; frame: Uint8Array }[] {
  const random = new Prng(3);
  const cancel = messageNamed("cancel");
  const keyAdd = messageNamed("key_add");
  const make = (message: Message): Uint8Array<ArrayBuffer> =>
    commandOf(message, legalValues(message, random));
  const one = frameOf(cancel, [make(cancel)], scope);
  const two = frameOf(cancel, [make(cancel), make(cancel)], scope);
  const withCount = (count: number, size?: number): Uint8Array => {
    const frame = two.slice();
    viewOf(frame).setUint16(frames.FRAME_COUNT_AT, count, true);
    if (size !== undefined) viewOf(frame).setUint16(frames.FRAME_SIZE_AT, size, true);
    return frame;
  };
  const nonce = one.slice();
  writeU64(viewOf(nonce), frames.FRAME_NONCE_AT, 2 ** 53);
  const many = Array.from({ length: 257 }, () => make(cancel));
  const pair = frameOf(keyAdd, [make(keyAdd), make(keyAdd)], scope);
  const inCompany = (name: string): Uint8Array => {
    const messages = [messageNamed("shard_open"), messageNamed(name)] as const;
    return frameOf(messages[0], messages.map(make), scope);
  };
  const replace = messageNamed("replace");
  const cut = frameOf(replace, [make(replace), make(replace).subarray(0, 16)], scope);
  return [
    { name: "no frame at all", code: codes.REJECT_FRAME_SIZE, frame: new Uint8Array(0) },
    { name: "a header alone", code: codes.REJECT_FRAME_SIZE, frame: one.slice(0, 72) },
    { name: "one byte too few", code: codes.REJECT_FRAME_SIZE, frame: one.slice(0, 143) },
    { name: "a byte cut off", code: codes.REJECT_BATCH_SIZE, frame: one.slice(0, -1) },
    { name: "a byte too many", code: codes.REJECT_BATCH_SIZE, frame: Uint8Array.of(...one, 0) },
    { name: "257 commands", code: codes.REJECT_BATCH_COUNT, frame: frameOf(cancel, many, scope) },
    { name: "one more than counted", code: codes.REJECT_BATCH_SIZE, frame: withCount(1) },
    { name: "one less than counted", code: codes.REJECT_BATCH_SIZE, frame: withCount(3) },
    { name: "size in bytes differs", code: codes.REJECT_BATCH_SIZE, frame: withCount(2, 16) },
    { name: "the last command is cut", code: codes.REJECT_BATCH_SIZE, frame: cut },
    { name: "a nonce of 2^53", code: codes.REJECT_NONCE, frame: nonce },
    { name: "two directory commands", code: codes.REJECT_NOT_ALONE, frame: pair },
    ...disconnectFaults(make, scope),
    { name: "a clear in company", code: codes.REJECT_NOT_ALONE, frame: inCompany("clear") },
    { name: "an upgrade in company", code: codes.REJECT_NOT_ALONE, frame: inCompany("upgrade") },
  ];
}

/** A frame of kind 6 holds one mass cancel and nothing else. */
function disconnectFaults(
  make: (message: Message) => Uint8Array<ArrayBuffer>,
  scope: typeof SCOPE,
): { name: string; code: number; frame: Uint8Array }[] {
  const mass = messageNamed("mass_cancel");
  const noAccount = disconnectFrame([make(mass)], scope);
  viewOf(noAccount).setUint32(frames.FRAME_ACCOUNT_AT, 0, true);
  const two = disconnectFrame([make(mass), make(mass)], scope);
  const others = COMMANDS.filter((message) => message !== mass).map((message) => ({
    name: `a disconnect with ${message.name}`,
    code: codes.REJECT_COMMAND_TYPE,
    frame: disconnectFrame([make(message)], scope),
  }));
  return [
    { name: "a disconnect of account 0", code: codes.REJECT_ACCOUNT, frame: noAccount },
    { name: "two mass cancels at a disconnect", code: codes.REJECT_NOT_ALONE, frame: two },
    ...others,
  ];
}

/** Every fault as a frame of its own: for each message and for the frame as a whole. */
export function allFaultyFrames(
  scope = SCOPE,
): { name: string; code: number; frame: Uint8Array }[] {
  const random = new Prng(4);
  const single = COMMANDS.flatMap((message) => {
    const legal = frameOf(message, [commandOf(message, legalValues(message, random))], scope);
    const faults = [...headerFaults(message), ...commandFaults(message)];
    return faults.map(({ name, code, apply }) => {
      const frame = legal.slice();
      apply(frame);
      return { name: `${message.name}: ${name}`, code, frame };
    });
  });
  return [...single, ...wholeFrameFaults(scope)];
}
