/**
 * Refusal: what it means for a frame that one of its copies was refused.
 */
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import { ClientError } from "./errors.ts";
import { rejectOf } from "./explain.ts";
import type { FrameTracker } from "./frame-tracker.ts";
import { highestNonce } from "./logon.ts";

/** Whether a frame may have been executed, or may yet be, though this copy was refused. */
export function isUnsure(code: number, tracker: FrameTracker): boolean {
  if (code === codes.REJECT_UNKNOWN_OUTCOME || code === codes.REJECT_DRAINING) return true;
  return tracker.sends > 1 && code >= codes.REJECT_UNKNOWN_KEY;
}

/** The same command may be placed again: it will be signed with another nonce. */
export function neverExecuted(report: Report): ClientError {
  const { code, message, stated, limit } = rejectOf(report);
  const isNonce = highestNonce(report) !== null;
  const why = isNonce ? `${message}: another frame took it, and this one never happened` : message;
  return new ClientError({ code, message: why, retryable: isNonce, stated, limit });
}
