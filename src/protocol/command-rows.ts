/**
 * Command rows: rows that the tables of more than one group of commands are written with.
 */
import * as codes from "./codes.ts";
import * as form from "./message-form.ts";

const { number, within } = form;

export const type = (value: number): form.Row => form.constant("type", value);
export const market = number("market", "u32", "market id");
export const account = number("account", "u32", "account id");
export const asset = number("asset", "u32", "asset id");

export const u32 = (name: string, says: string, high: number, code: number): form.Row =>
  within(number(name, "u32", says), 1, high, code);

export const shard = (name: string, bits: "u16" | "u32", says: string): form.Row =>
  within(number(name, bits, `${says}, 1 .. 65534`), 1, codes.SHARD_MAX, codes.REJECT_SHARD_NUMBER);
