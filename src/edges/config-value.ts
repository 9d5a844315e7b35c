/**
 * Config value: one raw value against the row of its key.
 *
 * From a file a value has its TOML type (integers are bigint); from environment and flags it is
 * text. Either becomes a checked value, or a refusal that says what is wrong and what is allowed.
 */
import { parseDecimal, SCALE_MAX } from "../base/decimal.ts";
import { parseListenAddress, parseRedisAddress } from "./config-address.ts";
import { parseRanges } from "./config-ranges.ts";
import type { Kind, Row, Value } from "./config-row.ts";
import { MARKET_ID_MAX } from "./config-schema-shard.ts";
import { didYouMean } from "./config-suggest.ts";

export interface Refusal {
  readonly problem: string;
}

/** A value of a file, or a refusal. */
export function checkFileValue(row: Row, raw: unknown): Value | Refusal {
  const { kind } = row;
  if (kind.type === "integer") {
    return typeof raw === "bigint"
      ? checkInteger(kind, Number(raw), show(row, raw))
      : wrong(row, raw);
  }
  if (kind.type === "boolean") return typeof raw === "boolean" ? raw : wrong(row, raw);
  return typeof raw === "string" ? checkText(row, raw) : wrong(row, raw);
}

/** A value of the environment or of a flag, or a refusal. */
export function checkTextValue(row: Row, raw: string): Value | Refusal {
  const { kind } = row;
  if (kind.type === "integer") {
    if (!/^[0-9]{1,15}$/.test(raw)) return { problem: `${show(row, raw)} is not an integer` };
    return checkInteger(kind, Number(raw), raw);
  }
  if (kind.type === "boolean") {
    if (raw === "true" || raw === "false") return raw === "true";
    return { problem: `${show(row, raw)} is neither true nor false` };
  }
  return checkText(row, raw);
}

export function isRefusal(value: Value | Refusal): value is Refusal {
  return typeof value === "object";
}

/** What the key takes, in words. Part of every error about it, and of docs/CONFIG.md. */
export function describeKind(kind: Kind): string {
  switch (kind.type) {
    case "integer":
      return `an integer from ${kind.min} to ${kind.max}`;
    case "choice":
      return kind.among.map((word) => `"${word}"`).join(", ");
    case "text":
      return kind.allowed;
    case "boolean":
      return "true or false";
    case "path":
      return "a path";
    case "decimal":
      return 'a decimal in quotes, such as "0.01"';
    case "listen_address":
      return '"port" or "host:port"; without a host it is 127.0.0.1, and port 0 picks one';
    case "redis_address":
      return '"host:port", "redis://host:port", "rediss://user:pass@host:port", or a comma list';
    case "ranges":
      return 'numbers and ranges that rise, such as "1-2100" or "1-4,9"';
  }
}

function checkInteger(kind: Kind & { type: "integer" }, value: number, shown: string) {
  if (value < kind.min) return { problem: `${shown} is too small` };
  return value > kind.max ? { problem: `${shown} is too large` } : value;
}

function checkText(row: Row, raw: string): Value | Refusal {
  const { kind } = row;
  const isMissingPath = kind.type === "path" && raw === "" && row.fallback !== "";
  const reason = isMissingPath ? "is empty" : whyNot(kind, raw);
  if (reason === "") return raw;
  const hint = kind.type === "choice" ? didYouMean(raw, kind.among) : "";
  return { problem: `${show(row, raw)} ${reason}${hint}` };
}

/** Why a text is no value of its kind, or "". */
function whyNot(kind: Kind, raw: string): string {
  switch (kind.type) {
    case "choice":
      return kind.among.includes(raw) ? "" : "is not one of them";
    case "text":
      return kind.pattern.test(raw) ? "" : "does not have that form";
    case "decimal":
      return whyNoDecimal(raw);
    case "listen_address":
      return because(parseListenAddress(raw));
    case "redis_address":
      return raw === "" ? "" : because(parseRedisAddress(raw));
    case "ranges":
      return because(parseRanges(raw, MARKET_ID_MAX));
    default:
      return raw.includes("\0") ? "holds a zero byte" : "";
  }
}

function because(result: unknown): string {
  return typeof result === "string" ? `cannot be read: ${result}` : "";
}

/** The scale is checked later, against tick, lot or asset; here any up to the highest will do. */
function whyNoDecimal(raw: string): string {
  const fraction = raw.split(".")[1] ?? "";
  const result = parseDecimal(raw, Math.min(fraction.length, SCALE_MAX));
  if (result === "not_a_decimal") return "is not a decimal";
  if (result === "too_many_decimals") return `has more than ${SCALE_MAX} digits after the point`;
  return result === "too_large" ? "is too large" : "";
}

function wrong(row: Row, raw: unknown): Refusal {
  return { problem: `${show(row, raw)} is ${nameOfType(raw)}` };
}

/** The value as its writer sees it, unless it may hold a password. */
function show(row: Row, raw: unknown): string {
  if (row.secret === true || row.kind.type === "redis_address") return "the value";
  if (typeof raw === "string") return JSON.stringify(raw);
  if (typeof raw === "bigint" || typeof raw === "number" || typeof raw === "boolean") {
    return String(raw);
  }
  return "the value";
}

function nameOfType(raw: unknown): string {
  if (typeof raw === "string") return "text";
  if (typeof raw === "bigint") return "an integer";
  if (typeof raw === "number") return "a number with a point";
  if (typeof raw === "boolean") return "a boolean";
  if (Array.isArray(raw)) return "an array";
  return raw instanceof Date ? "a date" : "a table";
}
