/**
 * KeyTable: public keys by key id, so that signatures can be checked before the log.
 *
 * A hint only: it follows the reports of the engine and may be behind. Revocation, scope and
 * expiry are the engine's to decide; a key that is not here yet is refused and may be tried again.
 */
import { equalBytes, readU64 } from "../base/bytes.ts";
import type { Engine } from "../engine/engine.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { REPORT_KEY_ADDED, REPORT_LOGGED_ON, REPORT_OUTBOX } from "../protocol/codes.ts";
import * as at from "../protocol/report.ts";
import type { ReportBatch } from "../protocol/report.ts";

interface KnownKey {
  readonly account: number;
  readonly publicKey: Uint8Array;
  /** Position of its newest logon, 0 for none. */
  loggedOnAt: number;
}

export class KeyTable {
  private readonly keys = new Map<number, KnownKey>();

  constructor(genesis: Genesis) {
    for (const [index, operator] of genesis.operators.entries()) {
      this.keys.set(index + 1, { account: 0, publicKey: operator.publicKey, loggedOnAt: 0 });
    }
  }

  /** Takes over all keys that this engine knows. */
  load(engine: Engine): void {
    const { keys } = engine.state;
    for (let key = 1; key <= keys.count; key++) {
      if (this.keys.has(key) || !keys.has(key)) continue;
      const publicKey = keys.publicKey(key).slice();
      this.keys.set(key, { account: keys.account[key] ?? 0, publicKey, loggedOnAt: 0 });
    }
  }

  get size(): number {
    return this.keys.size;
  }

  /** The public key, or null when this account has no such key here. */
  find(account: number, key: number): Uint8Array | null {
    const known = this.keys.get(key);
    return known !== undefined && known.account === account ? known.publicKey : null;
  }

  /** Account and key id of a public key, or null. Walks the table: for start-up, not for orders. */
  ownerOf(publicKey: Uint8Array): { account: number; key: number } | null {
    for (const [key, known] of this.keys) {
      if (equalBytes(known.publicKey, publicKey)) return { account: known.account, key };
    }
    return null;
  }

  /** Position of the key's newest logon, 0 for none. */
  loggedOnAt(key: number): number {
    return this.keys.get(key)?.loggedOnAt ?? 0;
  }

  /** All reports of a record; what is owed to another shard belongs to no account here. */
  followAll({ view, count }: ReportBatch): void {
    for (let i = 0; i < count; i++) {
      const offset = i * at.REPORT_SIZE;
      if (view.getUint8(offset) !== REPORT_OUTBOX) this.follow(view, offset);
    }
  }

  /** Takes note of key_added and logged_on reports; others are passed over. */
  follow(report: DataView, offset: number): void {
    const kind = report.getUint8(offset);
    if (kind === REPORT_LOGGED_ON) {
      const known = this.keys.get(report.getUint32(offset + at.REPORT_SUBJECT_AT, true));
      const position = readU64(report, offset + at.REPORT_POSITION_AT);
      if (known !== undefined) known.loggedOnAt = position;
      return;
    }
    if (kind !== REPORT_KEY_ADDED) return;
    const start = report.byteOffset + offset + at.REPORT_PUBLIC_KEY_AT;
    this.keys.set(report.getUint32(offset + at.REPORT_KEY_ID_AT, true), {
      account: report.getUint32(offset + at.REPORT_ACCOUNT_AT, true),
      publicKey: new Uint8Array(report.buffer, start, 32).slice(),
      loggedOnAt: 0,
    });
  }
}
