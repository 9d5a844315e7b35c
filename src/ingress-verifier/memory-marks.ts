/**
 * Memory marks: what a shard still takes while the memory of its log runs full (DESIGN 4, Trim).
 *
 *   above refuse_orders    no new orders and no replaces
 *   above cancels_only     only what ends or lessens orders, and the logons that this needs;
 *                          of operators' commands those that stop markets and accounts
 *
 * So there is room left for the reports of what is in the log already, and for ways out.
 */
import { viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import { COMMAND_SIZE } from "../protocol/command-layout.ts";
import { FRAME_COUNT_AT, FRAME_HEADER_SIZE } from "../protocol/frame.ts";

export interface MemoryMarks {
  readonly memoryRefuseOrdersPercent: number;
  readonly memoryCancelsOnlyPercent: number;
}

export type Pressure = "none" | "no_new_orders" | "cancels_only";

const NEW_ORDERS: ReadonlySet<number> = new Set([codes.COMMAND_NEW_ORDER, codes.COMMAND_REPLACE]);
const WAYS_OUT: ReadonlySet<number> = new Set([
  codes.COMMAND_CANCEL,
  codes.COMMAND_MASS_CANCEL,
  codes.COMMAND_REDUCE,
  codes.COMMAND_DEAD_MAN,
  codes.COMMAND_LOGON,
  codes.COMMAND_MARKET_STATE,
  codes.COMMAND_ACCOUNT_STATE,
]);

/** `fullness`: used share of the log's memory, null where it has no limit. */
export function pressureOf(fullness: number | null, marks: MemoryMarks): Pressure {
  const percent = (fullness ?? 0) * 100;
  if (percent > marks.memoryCancelsOnlyPercent) return "cancels_only";
  return percent > marks.memoryRefuseOrdersPercent ? "no_new_orders" : "none";
}

/** Whether all commands of a frame that was checked may enter the log now. */
export function passesUnder(pressure: Pressure, frame: Uint8Array): boolean {
  if (pressure === "none") return true;
  const view = viewOf(frame);
  let at = FRAME_HEADER_SIZE;
  for (let left = view.getUint16(FRAME_COUNT_AT, true); left > 0; left--) {
    const type = view.getUint8(at);
    const passes = pressure === "cancels_only" ? WAYS_OUT.has(type) : !NEW_ORDERS.has(type);
    if (!passes) return false;
    at += COMMAND_SIZE[type] ?? 0;
  }
  return true;
}
