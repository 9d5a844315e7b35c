/**
 * Message form: what is said of a message and of each field, and the small words that the tables of
 * messages are written with.
 *
 *   message("reduce", "trader", "takes lots off an open order", [type(19), zero(3), market, ...])
 *
 * Offsets follow from the sizes, so that no two fields can overlap and none can be left out.
 */
import * as codes from "./codes.ts";

/**
 * Numbers are little-endian but for `u16be`; `bits` is a u32 of flags; `zero` bytes are reserved.
 */
export type FieldType = "u8" | "u16" | "u16be" | "u32" | "u64" | "bits" | "bytes" | "text" | "zero";

/** Values that have a name. */
export type Names = readonly (readonly [value: number, name: string])[];

/** Which values of a number are legal in a frame, and the code that refuses any other. */
export interface FieldRule {
  readonly low: number;
  readonly high: number;
  readonly code: number;
}

export interface Field {
  readonly name: string;
  readonly at: number;
  readonly size: number;
  readonly type: FieldType;
  readonly says: string;
  readonly names: Names;
  /** Null where every value is legal, or where a check of its own decides (text, headers). */
  readonly rule: FieldRule | null;
}

/**
 * Where a message travels: Soup's own packets, frames and their commands, the server's, the log.
 */
export type Group =
  | "soup"
  | "frame"
  | "trader"
  | "logon"
  | "directory"
  | "operator"
  | "genesis"
  | "session"
  | "log";

export interface Message {
  readonly name: string;
  readonly group: Group;
  /** Bytes of the fixed part; what follows it is said in `says`. */
  readonly size: number;
  readonly says: string;
  readonly fields: readonly Field[];
}

export type Row = Omit<Field, "at">;

export function message(name: string, group: Group, says: string, rows: readonly Row[]): Message {
  let at = 0;
  const fields: Field[] = [];
  for (const row of rows) {
    fields.push({ ...row, at });
    at += row.size;
  }
  return { name, group, size: at, says, fields };
}

const SIZES = { u8: 1, u16: 2, u16be: 2, u32: 4, u64: 8, bits: 4 } as const;

type NumberType = keyof typeof SIZES;

/** A number, every value of which is legal. */
export function number(name: string, type: NumberType, says: string): Row {
  return { name, size: SIZES[type], type, says, names: [], rule: null };
}

/** A number of `low` .. `high`. */
export function within(row: Row, low: number, high: number, code: number): Row {
  return { ...row, rule: { low, high, code } };
}

/** A number whose legal values all have names, and lie together. */
export function choice(name: string, says: string, names: Names, code: number): Row {
  const values = names.map(([value]) => value);
  const row = named(number(name, "u8", says), names);
  return within(row, Math.min(...values), Math.max(...values), code);
}

/** Names for some values of a number. */
export function named(row: Row, names: Names): Row {
  return { ...row, names };
}

export function bytes(name: string, size: number, says: string): Row {
  return { name, size, type: "bytes", says, names: [], rule: null };
}

export function text(name: string, size: number, says: string): Row {
  return { name, size, type: "text", says, names: [], rule: null };
}

export function zero(size: number): Row {
  return { name: "reserved", size, type: "zero", says: "zero", names: [], rule: null };
}

/** The byte that says which message this is. */
export function constant(name: string, value: number): Row {
  return number(name, "u8", String(value));
}

/** Smallest units of an asset: 1 .. 2^53-1. */
export function amount(name: string, says: string): Row {
  return within(number(name, "u64", says), 1, codes.AMOUNT_MAX, codes.REJECT_AMOUNT);
}

/** Microseconds since 1970, below 2^53; or another number with the same bound. */
export function time(name: string, says: string): Row {
  return within(number(name, "u64", says), 0, codes.AMOUNT_MAX, codes.REJECT_TIME);
}
