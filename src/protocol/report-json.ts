/**
 * Reports as JSON: the same fields as the bytes, by name, in whole ticks, lots and units.
 *
 * u64 ids are strings; fields that a kind does not have are left out. Who wants decimals divides by
 * the market's and asset's scales, see docs/HTTP.md.
 */
import { assert } from "../base/assert.ts";
import { CANCEL_REASONS, ENTRIES, REPORT_KINDS } from "./code-names.ts";
import * as codes from "./codes.ts";
import type { Report } from "./report.ts";

export type ReportJson = Readonly<Record<string, string | number>>;

const KINDS: ReadonlyMap<number, string> = new Map(REPORT_KINDS);
const ENTRY_NAMES: ReadonlyMap<number, string> = new Map(ENTRIES);
const REASONS: ReadonlyMap<number, string> = new Map(CANCEL_REASONS);

export type MarketStateName = "open" | "post_only" | "cancel_only" | "halted" | "closed";

const STATES: ReadonlyMap<number, MarketStateName> = new Map([
  [codes.STATE_OPEN, "open"],
  [codes.STATE_POST_ONLY, "post_only"],
  [codes.STATE_CANCEL_ONLY, "cancel_only"],
  [codes.STATE_HALTED, "halted"],
  [codes.STATE_CLOSED, "closed"],
]);

/** The name of a report kind. */
export function reportKindName(kind: number): string {
  return KINDS.get(kind) ?? `kind_${kind}`;
}

/** The name of a market state, also of one that only a newer venue knows. */
export function marketStateName(state: number): string {
  return STATES.get(state) ?? `state_${state}`;
}

/** The name of the reason of a cancel, also of one that only a newer venue knows. */
export function cancelReasonName(reason: number): string {
  return REASONS.get(reason) ?? `reason_${reason}`;
}

/** The name of the state of a market of our own. */
export function knownMarketState(state: number): MarketStateName {
  const name = STATES.get(state);
  assert(name !== undefined, "a market is in a state of the rules");
  return name;
}

/** The text form of an order id: key, nonce and index of the frame that placed it. */
export function orderIdText(key: number, nonce: number, index: number): string {
  return `${key}-${nonce}-${index}`;
}

export function reportToJson(report: Report): ReportJson {
  const { kind } = report;
  if (kind === codes.REPORT_OUTBOX) return { ...commonFields(report), ...outboxFields(report) };
  return { ...commonFields(report), ...ownFields(kind, report) };
}

function commonFields(report: Report): ReportJson {
  return {
    kind: reportKindName(report.kind),
    account: report.account,
    number: report.number,
    position: report.position,
    index: report.index,
    log_time: report.logTime,
    tag: report.tag,
  };
}

function ownFields(kind: number, report: Report): ReportJson {
  switch (kind) {
    case codes.REPORT_ACCEPTED:
      return { ...orderFields(report), held: report.first, asked: report.second };
    case codes.REPORT_TRIGGERED:
      return { ...orderFields(report), stop_price: report.first, reached_by: report.second };
    case codes.REPORT_FILL: {
      const liquidity = report.liquidity === codes.LIQUIDITY_MAKER ? "maker" : "taker";
      const { last, first, second } = report;
      return { ...orderFields(report), last, trade_id: first, fee: second, liquidity };
    }
    case codes.REPORT_CANCELED:
      return { ...takenOff(report), reason: cancelReasonName(report.reason) };
    case codes.REPORT_REPLACED:
      return {
        ...orderFields(report),
        last: report.last,
        held: report.first,
        asked: report.second,
      };
    case codes.REPORT_REDUCED:
      if (report.reason === 0) return takenOff(report);
      return { ...takenOff(report), reason: cancelReasonName(report.reason) };
    case codes.REPORT_REJECTED:
      return rejectFields(report);
    default:
      return otherFields(kind, report);
  }
}

/** What one shard owes another; its account is the one concerned, its number the entry's. */
function outboxFields(report: Report): ReportJson {
  const entry = ENTRY_NAMES.get(report.reason) ?? `entry_${report.reason}`;
  const common = { entry, to_shard: report.subject };
  const id = report.cumulative;
  switch (report.reason) {
    case codes.ENTRY_CREDIT:
      return { ...common, asset: id, amount: report.first, directory: report.second };
    case codes.ENTRY_KEY_REVOKE:
      return { ...common, key: id };
    default:
      return { ...common, key: id, scopes: report.leaves };
  }
}

function orderFields(report: Report): ReportJson {
  return {
    market: report.subject,
    side: sideName(report.side),
    order_id: orderIdText(report.orderKey, report.orderNonce, report.orderIndex),
    client_order_id: report.clientOrderId.toString(),
    price: report.price,
    cumulative: report.cumulative,
    leaves: report.leaves,
  };
}

/** Of an order that lost lots without a trade. */
function takenOff(report: Report): ReportJson {
  return { ...orderFields(report), last: report.last, released: report.first };
}

function sideName(side: number): string {
  if (side === codes.SIDE_BUY) return "buy";
  return side === codes.SIDE_SELL ? "sell" : "both";
}

function rejectFields(report: Report): ReportJson {
  const { name, says } = codes.rejectCode(report.code);
  return {
    code: report.code,
    name,
    says,
    command_type: report.reason,
    client_order_id: report.clientOrderId.toString(),
    subject: report.subject,
    stated: report.first,
    limit: report.second,
  };
}

function otherFields(kind: number, report: Report): ReportJson {
  const { subject, first, second } = report;
  switch (kind) {
    case codes.REPORT_MASS_CANCELED:
      return { market: subject, side: sideName(report.side), canceled: report.last };
    case codes.REPORT_TIMER_SET:
      return { fires_after: first, before: second };
    case codes.REPORT_TIMER_FIRED:
      return { fires_after: first, canceled: report.last, goes_on: report.reason };
    case codes.REPORT_LOGGED_ON:
      return { key: subject, next_report: first, last_report: second };
    case codes.REPORT_ACCOUNT_OPENED:
    case codes.REPORT_KEY_ADDED:
      return { opened_account: subject, key: report.cumulative, scopes: report.leaves };
    case codes.REPORT_KEY_REVOKED:
      return { key: subject };
    case codes.REPORT_DEPOSITED:
    case codes.REPORT_WITHDRAWN:
      return { asset: subject, amount: first, second };
    case codes.REPORT_TRANSFERRED:
      return { asset: subject, to_shard: report.last, amount: first, free: second };
    case codes.REPORT_CREDITED:
      return { asset: subject, from_shard: report.last, amount: first, free: second };
    case codes.REPORT_SHARD_KNOWN:
      return { shard: subject };
    case codes.REPORT_UPGRADE_SET:
      return { version: subject, from: first, before: second };
    case codes.REPORT_CLEARED:
      return { lifted_at: first };
    case codes.REPORT_MARKET_STATE:
      return { market: subject, state: marketStateName(report.reason) };
    case codes.REPORT_MARKET_OPENED:
      return { market: subject, count: report.last };
    default:
      return { subject, state: report.reason };
  }
}
