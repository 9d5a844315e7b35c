/**
 * Table codec: encodes and decodes any message by its rows in the message table. The slow twin that
 * judges the hand-written codecs.
 *
 * Values by field name: numbers are bigints, bytes are hex, text is text without what pads it.
 */
import { assert } from "../../src/base/assert.ts";
import { viewOf } from "../../src/base/bytes.ts";
import type { Field, Message } from "../../src/protocol/message-form.ts";

export type Values = Readonly<Record<string, bigint | string>>;

/** The fixed part of a message. Fields without a value are zero. */
export function encodeByTable(message: Message, values: Values): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(message.size);
  for (const field of message.fields) {
    const value = values[field.name];
    if (value !== undefined && field.type !== "zero") writeField(bytes, field, value);
  }
  return bytes;
}

export function decodeByTable(message: Message, bytes: Uint8Array): Values {
  const values: Record<string, bigint | string> = {};
  for (const field of message.fields) {
    if (field.type !== "zero") values[field.name] = readField(bytes, field);
  }
  return values;
}

export function writeField(bytes: Uint8Array, field: Field, value: bigint | string): void {
  if (typeof value === "bigint") {
    writeNumber(bytes, field, value);
    return;
  }
  const isText = field.type === "text";
  const raw = isText ? new TextEncoder().encode(value) : Uint8Array.fromHex(value);
  assert(isText ? raw.length <= field.size : raw.length === field.size, "a value fits its field");
  bytes.fill(0, field.at, field.at + field.size);
  bytes.set(raw, field.at);
}

export function readField(bytes: Uint8Array, field: Field): bigint | string {
  const raw = bytes.subarray(field.at, field.at + field.size);
  if (field.type === "bytes") return raw.toHex();
  if (field.type === "text") return new TextDecoder().decode(raw).replace(/\0+$/, "");
  let value = 0n;
  for (let i = 0; i < field.size; i++) {
    const byte = field.type === "u16be" ? raw[i]! : raw[field.size - 1 - i]!;
    value = value * 256n + BigInt(byte);
  }
  return value;
}

function writeNumber(bytes: Uint8Array, field: Field, value: bigint): void {
  assert(value >= 0n && value < 1n << BigInt(8 * field.size), "a number fits its field");
  const view = viewOf(bytes);
  let rest = value;
  for (let i = 0; i < field.size; i++) {
    const place = field.type === "u16be" ? field.size - 1 - i : i;
    view.setUint8(field.at + place, Number(rest & 255n));
    rest >>= 8n;
  }
}

export function fieldNamed(message: Message, name: string): Field {
  const found = message.fields.find((field) => field.name === name);
  assert(found !== undefined, "a field that is asked for by name is in the message");
  return found;
}
