/**
 * Recall: what the read side takes from `ex` besides what settlement executes.
 *
 *   at the start   the newest execution records behind a snapshot: trades, finished orders
 *   all the time   how far the matcher has published
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { Fenced, haltSentence, LogFault, type ShardLog } from "../edges/log.ts";
import { decodeExecution } from "../protocol/execution.ts";
import { REPORT_POSITION_AT, REPORT_SIZE } from "../protocol/report.ts";
import { pause } from "../service/hold-place.ts";
import { nextExecutions } from "../service/next-executions.ts";
import type { ShardData } from "./shard-data.ts";

/** Positions looked back over at a start: well below a second of reading. */
const RECALL_POSITIONS = 20_000;
const READ_BYTES = 1 << 20;
const TIP_POLL_MS = 500;

/** Shows `data` the reports of the newest records up to `position`, all executed by settlement. */
export async function recall(
  log: ShardLog,
  data: ShardData,
  position: number,
  stop: AbortSignal,
): Promise<void> {
  let after = Math.max(0, position - RECALL_POSITIONS);
  if (after === position) return;
  const reader = await log.openExecutionReader();
  while (after < position && !stop.aborted) {
    const records = await nextExecutions(reader, after, READ_BYTES, stop);
    if (typeof records === "number") {
      after = records;
      continue;
    }
    for (const bytes of records ?? []) {
      const execution = decodeExecution(bytes);
      if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
      data.recall(viewOf(upTo(execution.reports, position)));
      after = execution.last;
    }
  }
  await reader.close();
}

/** The reports of records up to `position`; those behind it come by when they are executed. */
function upTo(reports: Uint8Array, position: number): Uint8Array {
  const view = viewOf(reports);
  let end = reports.length;
  while (end > 0 && readU64(view, end - REPORT_SIZE + REPORT_POSITION_AT) > position) {
    end -= REPORT_SIZE;
  }
  return reports.subarray(0, end);
}

/**
 * Keeps `data` told of the newest position that a matcher has published, until stopped. Throws
 * Fenced when the shard is halted: not every log tells its readers.
 */
export async function followTip(
  log: ShardLog,
  data: Pick<ShardData, "matchedPosition">,
  stop: AbortSignal,
): Promise<void> {
  const reader = await log.openExecutionReader();
  while (!stop.aborted) {
    data.matchedPosition = await reader.tip();
    const halted = await log.halted();
    if (halted !== null) throw new Fenced(haltSentence(log.shard, halted));
    await pause(TIP_POLL_MS, stop);
  }
  await reader.close();
}
