/**
 * HaltGate: what a halted shard takes, signed by an operator whose key may do that: a Clear, and an
 * Upgrade that names a record which is there and was not published, for that one may be cured by it
 * (docs/RULES.md 12).
 *
 * Whether it names this very halt is looked up in the log when it is appended: a reason may have
 * come since. All else is the engine's to decide. Where no halt is, no Clear is taken: it would be
 * a record without any meaning.
 */
import { viewOf } from "../base/bytes.ts";
import { readClear } from "../protocol/clear.ts";
import * as codes from "../protocol/codes.ts";
import { FRAME_KEY_AT } from "../protocol/frame.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { readUpgrade } from "../protocol/governing.ts";

export class HaltGate {
  /** Why the shard is halted; null while it is not. */
  reason: string | null;
  private readonly operators: Genesis["operators"];

  constructor({ operators }: Genesis, reason: string | null) {
    this.operators = operators;
    this.reason = reason;
  }

  /**
   * ACCEPTED, or the code to refuse it with, of a frame whose bytes and signature are right.
   * `published`: position up to which reports were shown, so that there was an answer.
   */
  check(frame: Uint8Array, published: number): number {
    const clear = readClear(frame);
    if (this.reason === null) return clear === null ? codes.ACCEPTED : codes.REJECT_NOT_HALTED;
    if (clear !== null) return this.checkScope(frame, codes.SCOPE_HALT);
    const upgrade = readUpgrade(frame);
    if (upgrade === null) return codes.REJECT_HALTED;
    const code = this.checkScope(frame, codes.SCOPE_RULES);
    if (code !== codes.ACCEPTED) return code;
    return upgrade.from > published ? codes.ACCEPTED : codes.REJECT_UPGRADE_POSITION;
  }

  /** Operators' keys are those of genesis: none can be added. */
  private checkScope(frame: Uint8Array, scope: number): number {
    const key = viewOf(frame).getUint32(FRAME_KEY_AT, true);
    const scopes = this.operators[key - 1]?.scopes ?? 0;
    return (scopes & scope) === 0 ? codes.REJECT_KEY_SCOPE : codes.ACCEPTED;
  }
}
