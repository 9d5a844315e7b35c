/**
 * NaiveTurn: one command's turn. What it may read, and how it answers.
 *
 *   view, at                     the command's bytes
 *   account, key, nonce, index   whose frame it is, and which command of it
 *   state, say, room             as every voice has them (naive-voice.ts)
 *
 * A command either refuses, having changed nothing, or returns null, having said what it did.
 */
import { writeU64 } from "../base/bytes.ts";
import * as at from "../protocol/report.ts";
import type { NaiveAccount, NaiveKey } from "./naive-state.ts";
import { NaiveVoice, type VoiceParts } from "./naive-voice.ts";

export interface Refusal {
  readonly code: number;
  readonly first: number;
  readonly second: number;
}

/** Null: done. */
export type Answer = Refusal | null;

export function refuse(code: number, first: number | bigint = 0, second: number | bigint = 0) {
  return { code, first: Number(first), second: Number(second) } satisfies Refusal;
}

export interface TurnParts extends VoiceParts {
  readonly account: NaiveAccount;
  readonly key: NaiveKey;
  readonly nonce: number;
  readonly view: DataView;
}

export class NaiveTurn extends NaiveVoice {
  readonly account: NaiveAccount;
  readonly key: NaiveKey;
  readonly nonce: number;
  readonly view: DataView;
  /** Offset of the command. */
  at = 0;

  constructor(parts: TurnParts) {
    super(parts);
    this.account = parts.account;
    this.key = parts.key;
    this.nonce = parts.nonce;
    this.view = parts.view;
  }

  u8(offset: number): number {
    return this.view.getUint8(this.at + offset);
  }

  u16(offset: number): number {
    return this.view.getUint16(this.at + offset, true);
  }

  u32(offset: number): number {
    return this.view.getUint32(this.at + offset, true);
  }

  u64(offset: number): bigint {
    return this.view.getBigUint64(this.at + offset, true);
  }

  bytes(offset: number, size: number): Uint8Array<ArrayBuffer> {
    const start = this.view.byteOffset + this.at + offset;
    return new Uint8Array(this.view.buffer, start, size).slice();
  }

  /** account_opened and key_added have a layout of their own behind offset 44. */
  sayKey(account: NaiveAccount, kind: number, key: NaiveKey): void {
    this.writeKey(this.say(account, kind, { subject: key.account }), key);
  }

  /** The key id alone, or the asset id of a credit. */
  writeKeyId(start: number, id: number): void {
    this.reports.view.setUint32(start + at.REPORT_KEY_ID_AT, id, true);
  }

  /** The key where account_opened and key_added have it, in the report that begins at `start`. */
  writeKey(start: number, key: NaiveKey): void {
    const { bytes, view } = this.reports;
    this.writeKeyId(start, key.id);
    bytes.set(key.publicKey, start + at.REPORT_PUBLIC_KEY_AT);
    view.setUint32(start + at.REPORT_SCOPES_AT, key.scopes, true);
    writeU64(view, start + at.REPORT_EXPIRY_AT, key.expiry);
  }
}
