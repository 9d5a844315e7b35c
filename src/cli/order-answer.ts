/**
 * OrderAnswer: what became of an order, as data and in words, from the reports of its command.
 */
import type { CommandResult } from "../client/frame-tracker.ts";
import { rejectOf } from "../client/explain.ts";
import { formatAmount, type MarketRules } from "../client/market-rules.ts";
import * as codes from "../protocol/codes.ts";
import { orderIdText, reportToJson } from "../protocol/report-json.ts";
import type { Report } from "../protocol/report.ts";
import type { Cli } from "./cli.ts";
import type { Answer } from "./command.ts";
import { EXIT_REFUSED } from "./exit-codes.ts";

/** The order as its newest report leaves it; throws the reject in the market's own decimals. */
export function orderAnswer(result: CommandResult, market: MarketRules, ms: number): Answer {
  const [first] = result.reports;
  if (first === undefined) return unknownAnswer();
  if (result.state === "rejected") throw rejectOf(first, market);
  const own = result.reports.filter((report) => isSame(report, first));
  const last = own.at(-1) ?? first;
  const fills = own.filter(({ kind }) => kind === codes.REPORT_FILL);
  const state =
    last.leaves > 0 ? "open" : last.kind === codes.REPORT_CANCELED ? "canceled" : "filled";
  const data = {
    order_id: orderIdText(first.orderKey, first.orderNonce, first.orderIndex),
    client_order_id: first.clientOrderId.toString(),
    market: market.symbol,
    side: sideName(first.side),
    state,
    price: market.price(first.price),
    quantity: market.quantity(first.leaves + first.cumulative),
    filled: market.quantity(last.cumulative),
    leaves: market.quantity(last.leaves),
    reason: last.kind === codes.REPORT_CANCELED ? reasonOf(last) : null,
    fills: fills.map((fill) => fillData(fill, market)),
    position: first.position,
    log_time_us: first.logTime,
    latency_us: Math.round(ms * 1000),
  };
  return { data, text: orderText(data, fills, market) };
}

/** Trades of an account, in the market's decimals. */
export function fillData(fill: Report, market: MarketRules) {
  return {
    trade_id: fill.first,
    market: market.symbol,
    order_id: orderIdText(fill.orderKey, fill.orderNonce, fill.orderIndex),
    client_order_id: fill.clientOrderId.toString(),
    side: sideName(fill.side),
    price: market.price(fill.price),
    quantity: market.quantity(fill.last),
    fee: formatAmount(fill.second, market.quote),
    fee_asset: market.quote.symbol,
    liquidity: fill.liquidity === codes.LIQUIDITY_MAKER ? "maker" : "taker",
    position: fill.position,
    log_time_us: fill.logTime,
  };
}

/** Orders were canceled; a line for each. */
export async function doneAnswer(cli: Cli, result: CommandResult): Promise<Answer> {
  const [first] = result.reports;
  if (first === undefined) return unknownAnswer();
  if (result.state === "rejected") throw rejectOf(first);
  const canceled = result.reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
  const markets = new Map<number, MarketRules>();
  for (const { subject } of canceled) {
    if (!markets.has(subject)) markets.set(subject, (await cli.market(String(subject))).rules);
  }
  const orders = canceled.map((report) => {
    const market = markets.get(report.subject)!;
    return {
      order_id: orderIdText(report.orderKey, report.orderNonce, report.orderIndex),
      client_order_id: report.clientOrderId.toString(),
      market: market.symbol,
      canceled: market.quantity(report.last),
      filled: market.quantity(report.cumulative),
      position: report.position,
    };
  });
  const lines = orders.map((one) => `canceled ${one.order_id}: ${one.canceled} ${one.market}`);
  const text = lines.length === 0 ? "nothing to cancel" : lines.join("\n");
  return { data: { canceled: orders.length, orders }, text };
}

function unknownAnswer(): Answer {
  const text = "it was executed, but its reports can't be had any more; see: clob orders";
  return { data: { state: "unknown" }, text, exitCode: EXIT_REFUSED };
}

interface OrderData {
  readonly order_id: string;
  readonly client_order_id: string;
  readonly market: string;
  readonly side: string;
  readonly state: string;
  readonly price: string;
  readonly quantity: string;
  readonly leaves: string;
  readonly reason: string | null;
  readonly position: number;
  readonly latency_us: number;
}

function orderText(order: OrderData, fills: readonly Report[], market: MarketRules): string {
  const { order_id, side, quantity, price, state, leaves, position } = order;
  const head =
    `order ${order_id}: ${side} ${quantity} ${order.market} at ${price}` +
    `   (client id ${order.client_order_id})`;
  const lines = fills.map((fill) => {
    const fee = `${formatAmount(fill.second, market.quote)} ${market.quote.symbol}`;
    const what = `${market.quantity(fill.last)} at ${market.price(fill.price)}`;
    return `  traded ${what}, fee ${fee}, trade ${fill.first}`;
  });
  const ends: Record<string, string> = {
    open: `  ${leaves} open`,
    filled: "  filled",
    canceled: `  the rest was canceled (${order.reason})`,
  };
  const ms = (order.latency_us / 1000).toFixed(1);
  return [head, ...lines, ends[state] ?? "", `  position ${position}, ${ms} ms`].join("\n");
}

function isSame(report: Report, order: Report): boolean {
  return (
    report.orderNonce === order.orderNonce &&
    report.orderKey === order.orderKey &&
    report.orderIndex === order.orderIndex
  );
}

function sideName(side: number): string {
  return side === codes.SIDE_BUY ? "buy" : "sell";
}

function reasonOf(report: Report): string {
  return String(reportToJson(report)["reason"]);
}
