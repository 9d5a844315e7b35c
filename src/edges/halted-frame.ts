/**
 * HaltedFrame: what a halted shard takes, as its log sees it: one frame, and the record it names.
 *
 *   Clear     the newest record, behind which the shard is halted
 *   Upgrade   a record that is there and has no successor state: its cure (docs/RULES.md 12)
 *
 * Whether it is the operator's, and what comes of it, is for others to say.
 */
import { assert } from "../base/assert.ts";
import { readClear } from "../protocol/clear.ts";
import { readUpgrade } from "../protocol/governing.ts";

export interface HaltedFrame {
  readonly position: number;
  /** It may be any record that is there, not the newest alone. */
  readonly isCure: boolean;
}

export function haltedFrame(frame: Uint8Array): HaltedFrame {
  const [clear, upgrade] = [readClear(frame), readUpgrade(frame)];
  const position = clear?.position ?? upgrade?.from;
  assert(position !== undefined, "ingress has checked that it is a Clear or an Upgrade");
  return { position, isCure: upgrade !== null };
}

/** Whether the record that it is about is one, with the newest at `tip`. */
export function isAboutRecord(frame: Uint8Array, tip: number): boolean {
  const { position, isCure } = haltedFrame(frame);
  return isCure ? position <= tip : position === tip;
}
