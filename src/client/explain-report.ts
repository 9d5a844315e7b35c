/**
 * ExplainReport: one report in words, with the market's own numbers where its rules are given.
 *
 *   triggered at stop price 59000.00 by a trade at 58990.00
 *   canceled: its good till is past (0.5000 taken off)
 */
import { cancelReasonName, reportKindName } from "../protocol/report-json.ts";
import * as codes from "../protocol/codes.ts";
import type { Report } from "../protocol/report.ts";
import { rejectOf, timeText } from "./explain.ts";
import type { MarketRules } from "./market-rules.ts";

/** Why an order was canceled, by the numbers of the protocol. */
const REASONS: ReadonlyMap<number, string> = new Map([
  [codes.CANCEL_REQUESTED, "as asked"],
  [codes.CANCEL_MASS, "by a mass cancel"],
  [codes.CANCEL_IMMEDIATE, "it does not rest, and found no more to trade with"],
  [codes.CANCEL_SELF_TRADE, "it met an order of its own account"],
  [codes.CANCEL_RECORD_FULL, "its record had no room for more"],
  [codes.CANCEL_EXPIRED, "its good till is past"],
  [codes.CANCEL_DEAD_MAN, "the account's dead-man timer fired"],
  [codes.CANCEL_BUDGET, "what is left of its budget buys no more"],
]);

/** A sentence without its full stop. */
export function explainReport(report: Report, market?: MarketRules): string {
  const price = (ticks: number): string => market?.price(ticks) ?? `${ticks} ticks`;
  const lots = (count: number): string => market?.quantity(count) ?? `${count} lots`;
  const { first, second, last, leaves, reason } = report;
  switch (report.kind) {
    case codes.REPORT_ACCEPTED:
      return `accepted: ${lots(leaves)} at ${price(report.price)}`;
    case codes.REPORT_TRIGGERED:
      return `triggered at stop price ${price(first)} by a trade at ${price(second)}`;
    case codes.REPORT_FILL:
      return `traded ${lots(last)} at ${price(report.price)}, ${lots(leaves)} left`;
    case codes.REPORT_CANCELED: {
      const why = REASONS.get(reason) ?? cancelReasonName(reason);
      return `canceled: ${why} (${lots(last)} taken off)`;
    }
    case codes.REPORT_REPLACED:
      return `replaced: ${lots(leaves)} at ${price(report.price)}`;
    case codes.REPORT_REDUCED: {
      const isSelf = reason === codes.CANCEL_SELF_TRADE;
      const why = isSelf ? `: it met an order of its own account, and both lost ` : " by ";
      return `reduced${why}${lots(last)}, ${lots(leaves)} left`;
    }
    case codes.REPORT_REJECTED:
      return rejectOf(report, market).message;
    case codes.REPORT_TIMER_SET:
      return first === 0 ? "dead-man timer off" : `dead-man timer: fires after ${timeText(first)}`;
    case codes.REPORT_TIMER_FIRED: {
      const more = reason === 0 ? "" : ", more in the next record";
      return `dead-man timer fired: ${last} orders canceled${more}`;
    }
    default:
      return reportKindName(report.kind);
  }
}
