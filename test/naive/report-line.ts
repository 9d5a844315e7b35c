/**
 * A report in one line, for stories told by hand:
 *
 *   account kind reason-or-code #client-order-id last@price cumulative+leaves (first, second)
 */
import { REPORT_KINDS } from "../../src/protocol/code-names.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { Report } from "../../src/protocol/report.ts";

const NAMES = new Map(REPORT_KINDS);

export function nameOf({ kind }: Report): string {
  return NAMES.get(kind) ?? String(kind);
}

export function line(report: Report): string {
  const { kind, account, clientOrderId, price, last, cumulative, leaves, first, second } = report;
  const why = kind === codes.REPORT_REJECTED ? codes.rejectCode(report.code).name : report.reason;
  const lots = `#${clientOrderId} ${last}@${price} ${cumulative}+${leaves}`;
  return `${account} ${nameOf(report)} ${why} ${lots} (${first}, ${second})`;
}
