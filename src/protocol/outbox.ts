/**
 * Outbox: what one shard owes another, read from the report that says it (RULES 11).
 *
 *   outbox report of the source -> Carry command in the destination's log, field by field
 *
 * Carrier and verifier read it by this very function, so that they can only agree.
 */
import { readU64 } from "../base/bytes.ts";
import type { Carry } from "./commands.ts";
import * as at from "./report.ts";

const PUBLIC_KEY_SIZE = 32;

/** The shard that it is for; SHARD_ALL for every other. */
export function outboxDestination(view: DataView, offset: number): number {
  return view.getUint32(offset + at.REPORT_SUBJECT_AT, true);
}

export function outboxNumber(view: DataView, offset: number): number {
  return readU64(view, offset + at.REPORT_NUMBER_AT);
}

/** The Carry that brings this outbox report of `source` to its destination. */
export function carryOf(view: DataView, offset: number, source: number): Carry {
  const start = view.byteOffset + offset + at.REPORT_PUBLIC_KEY_AT;
  return {
    entry: view.getUint8(offset + at.REPORT_REASON_AT),
    source,
    account: view.getUint32(offset + at.REPORT_ACCOUNT_AT, true),
    number: outboxNumber(view, offset),
    key: view.getUint32(offset + at.REPORT_KEY_ID_AT, true),
    scopes: view.getUint32(offset + at.REPORT_SCOPES_AT, true),
    expiry: readU64(view, offset + at.REPORT_EXPIRY_AT),
    directory: readU64(view, offset + at.REPORT_SECOND_AT),
    publicKey: new Uint8Array(view.buffer, start, PUBLIC_KEY_SIZE).slice(),
  };
}
