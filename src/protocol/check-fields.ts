/**
 * checkFields: rules that fields of more than one command have. ACCEPTED, or the code.
 */
import { readU64, SAFE_LIMIT } from "../base/bytes.ts";
import * as codes from "./codes.ts";

/** Bytes `from` .. `to`-1 of the command are zero. */
export function zero(view: DataView, start: number, from: number, to: number): number {
  const end = start + to;
  let i = start + from;
  for (; i + 4 <= end; i += 4) {
    if (view.getUint32(i, true) !== 0) return codes.REJECT_RESERVED;
  }
  for (; i < end; i++) {
    if (view.getUint8(i) !== 0) return codes.REJECT_RESERVED;
  }
  return codes.ACCEPTED;
}

export function amount(view: DataView, offset: number): number {
  const value = readU64(view, offset);
  return value === 0 || value >= SAFE_LIMIT ? codes.REJECT_AMOUNT : codes.ACCEPTED;
}

export function time(view: DataView, offset: number): number {
  return readU64(view, offset) >= SAFE_LIMIT ? codes.REJECT_TIME : codes.ACCEPTED;
}

export function position(view: DataView, offset: number): number {
  const value = readU64(view, offset);
  return value === 0 || value >= SAFE_LIMIT ? codes.REJECT_POSITION : codes.ACCEPTED;
}

export function shard(value: number): number {
  return value < 1 || value > codes.SHARD_MAX ? codes.REJECT_SHARD_NUMBER : codes.ACCEPTED;
}
