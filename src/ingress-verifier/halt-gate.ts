/**
 * HaltGate: what a halted shard takes, which is one thing: a Clear, signed by an operator whose key
 * may lift a halt.
 *
 * Whether it names this very halt is looked up in the log when it is appended: a reason may have
 * come since. Report chain and nonce are the engine's to decide. Where no halt is, no Clear is
 * taken: it would be a record without any meaning.
 */
import { viewOf } from "../base/bytes.ts";
import { readClear } from "../protocol/clear.ts";
import * as codes from "../protocol/codes.ts";
import { FRAME_KEY_AT } from "../protocol/frame.ts";
import type { Genesis } from "../protocol/genesis.ts";

export class HaltGate {
  /** Why the shard is halted; null while it is not. */
  reason: string | null;
  private readonly operators: Genesis["operators"];

  constructor({ operators }: Genesis, reason: string | null) {
    this.operators = operators;
    this.reason = reason;
  }

  /** ACCEPTED, or the code to refuse it with, of a frame whose bytes and signature are right. */
  check(frame: Uint8Array): number {
    const clear = readClear(frame);
    if (this.reason === null) return clear === null ? codes.ACCEPTED : codes.REJECT_NOT_HALTED;
    if (clear === null) return codes.REJECT_HALTED;
    const key = viewOf(frame).getUint32(FRAME_KEY_AT, true);
    // Operators' keys are those of genesis: none can be added.
    const scopes = this.operators[key - 1]?.scopes ?? 0;
    return (scopes & codes.SCOPE_HALT) === 0 ? codes.REJECT_KEY_SCOPE : codes.ACCEPTED;
  }
}
