/**
 * OrderOutcome: what became of one order by its command, from the reports that the command caused.
 *
 *   accepted -> resting | waiting -> triggered -> fills -> filled | canceled | resting
 *
 * A command may change other orders of the account too: makers that met their owner, stops that
 * its trades triggered. Their reports carry the same tag and index, so the order id decides.
 */
import { viewOf } from "../base/bytes.ts";
import { cancelReasonName } from "../protocol/report-json.ts";
import * as codes from "../protocol/codes.ts";
import { ORDER_TYPE } from "../protocol/command-layout.ts";
import type { Report } from "../protocol/report.ts";

export interface OrderOutcome {
  /**
   * resting in the book; waiting, outside the book, for its stop price; open: one or the other, of
   * a replace or reduce, which do not say; else over.
   */
  readonly state: "resting" | "waiting" | "open" | "filled" | "canceled";
  /** Ticks: what the order has, after a slide perhaps. */
  readonly price: number;
  /** Ticks: what was asked for; other than `price` for an order that slid. */
  readonly asked: number;
  readonly hasSlid: boolean;
  /** Ticks, of a new stop; else 0. */
  readonly stopPrice: number;
  /** The stop was reached by this very command. */
  readonly isTriggered: boolean;
  /** Lots, all its trades. */
  readonly filled: number;
  readonly leaves: number;
  /** Why it was canceled, see `cancelReasonName`; "" if it was not. */
  readonly reason: string;
  /** The order's own reports, oldest first. */
  readonly reports: readonly Report[];
  /**
   * Reports of the account's other orders that the command changed, as far as they came before it
   * was known that this one is over; `onReport` brings all.
   */
  readonly others: readonly Report[];
}

/** Of a NewOrder, Replace or Reduce that was not rejected; null where no report is known. */
export function orderOutcome(command: Uint8Array, caused: readonly Report[]): OrderOutcome | null {
  const first = caused.find(({ kind }) => FIRST_KINDS.has(kind));
  const own = first === undefined ? [] : caused.filter((report) => isSameOrder(report, first));
  const last = own.at(-1);
  if (first === undefined || last === undefined) return null;
  const isNew = first.kind === codes.REPORT_ACCEPTED;
  const stopPrice = isNew && isStop(command) ? first.second : 0;
  const hasSlid = first.kind !== codes.REPORT_REDUCED && stopPrice === 0 && first.second !== 0;
  const isTriggered = own.some(({ kind }) => kind === codes.REPORT_TRIGGERED);
  const isCanceled = last.kind === codes.REPORT_CANCELED;
  return {
    state: stateOf({ last, isNew, isWaiting: stopPrice !== 0 && !isTriggered }),
    price: first.price,
    asked: hasSlid ? first.second : first.price,
    hasSlid,
    stopPrice,
    isTriggered,
    filled: last.cumulative,
    leaves: last.leaves,
    reason: isCanceled ? cancelReasonName(last.reason) : "",
    reports: own,
    others: caused.filter((report) => isOrderKind(report.kind) && !isSameOrder(report, first)),
  };
}

/** With what each of the three commands begins. */
const FIRST_KINDS: ReadonlySet<number> = new Set([
  codes.REPORT_ACCEPTED,
  codes.REPORT_REPLACED,
  codes.REPORT_REDUCED,
]);

const ORDER_KINDS: ReadonlySet<number> = new Set([
  ...FIRST_KINDS,
  codes.REPORT_FILL,
  codes.REPORT_CANCELED,
  codes.REPORT_TRIGGERED,
]);

/** Whether reports of this kind are about one order. */
export function isOrderKind(kind: number): boolean {
  return ORDER_KINDS.has(kind);
}

export function isSameOrder(a: Report, b: Report): boolean {
  return (
    a.orderNonce === b.orderNonce && a.orderKey === b.orderKey && a.orderIndex === b.orderIndex
  );
}

function isStop(command: Uint8Array): boolean {
  const type = viewOf(command).getUint8(ORDER_TYPE);
  return type === codes.TYPE_STOP || type === codes.TYPE_STOP_LIMIT;
}

interface Ending {
  readonly last: Report;
  readonly isNew: boolean;
  readonly isWaiting: boolean;
}

function stateOf({ last, isNew, isWaiting }: Ending): OrderOutcome["state"] {
  if (last.leaves === 0) return last.kind === codes.REPORT_CANCELED ? "canceled" : "filled";
  if (!isNew) return "open";
  return isWaiting ? "waiting" : "resting";
}
