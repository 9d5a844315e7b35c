/**
 * Submission: one frame handed in over HTTP, from its bytes to the reports that it caused.
 *
 * The answer waits for the engine: a frame is executed, refused by number, or its outcome is
 * unknown after a named time; then the sender may ask, or send the very same bytes again.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { FRAME_ACCOUNT_AT } from "../protocol/frame.ts";
import {
  readReport,
  REPORT_ACCOUNT_AT,
  REPORT_NUMBER_AT,
  type Report,
} from "../protocol/report.ts";
import type { ShardDoor } from "./shard-door.ts";

export interface Submitted {
  /** ACCEPTED when it was executed; then `reports` are those of the frame's account. */
  readonly code: number;
  readonly reports: readonly Report[];
}

export function submit(door: ShardDoor, frame: Uint8Array, waitMs: number): Promise<Submitted> {
  const code = door.admit(frame);
  if (code !== codes.ACCEPTED) return Promise.resolve({ code, reports: [] });
  const account = viewOf(frame).getUint32(FRAME_ACCOUNT_AT, true);
  return new Promise((resolve) => {
    const reports: Report[] = [];
    let refusal = codes.ACCEPTED;
    const timer = setTimeout(
      () => resolve({ code: codes.REJECT_UNKNOWN_OUTCOME, reports: [] }),
      waitMs,
    );
    const origin = {
      onReport: (view: DataView, offset: number) => {
        if (view.getUint32(offset + REPORT_ACCOUNT_AT, true) !== account) return;
        const report = readReport(view, offset);
        reports.push(report);
        if (readU64(view, offset + REPORT_NUMBER_AT) === 0) refusal = report.code;
      },
      onDone: () => {
        clearTimeout(timer);
        resolve({ code: refusal, reports });
      },
      onRefused: (_: Uint8Array, refused: number) => {
        clearTimeout(timer);
        resolve({ code: refused, reports: [] });
      },
      onLost: () => {
        clearTimeout(timer);
        resolve({ code: codes.REJECT_UNKNOWN_OUTCOME, reports: [] });
      },
    };
    if (door.append(frame, origin)) return;
    clearTimeout(timer);
    resolve({ code: codes.REJECT_OVERLOADED, reports: [] });
  });
}
