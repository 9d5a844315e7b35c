/**
 * OrderAnswer: what became of an order, as data and in words, from the reports of its command.
 */
import type { OrderResult } from "../client/client.ts";
import { explainReport } from "../client/explain-report.ts";
import type { CommandResult } from "../client/frame-tracker.ts";
import { rejectOf } from "../client/explain.ts";
import { formatAmount, type MarketRules } from "../client/market-rules.ts";
import * as codes from "../protocol/codes.ts";
import { orderIdText } from "../protocol/report-json.ts";
import type { Report } from "../protocol/report.ts";
import type { Cli } from "./cli.ts";
import type { Answer } from "./command.ts";
import { EXIT_REFUSED } from "./exit-codes.ts";

/** The order as its newest report leaves it; throws the reject in the market's own decimals. */
export function orderAnswer(result: OrderResult, market: MarketRules, ms: number): Answer {
  const { order } = result;
  const [first] = result.reports;
  if (first !== undefined && result.state === "rejected") throw rejectOf(first, market);
  const own = order?.reports[0];
  if (order === null || own === undefined) return unknownAnswer();
  const data = {
    order_id: idOf(own),
    client_order_id: own.clientOrderId.toString(),
    market: market.symbol,
    side: sideName(own.side),
    state: order.state === "resting" ? "open" : order.state,
    price: market.price(order.price),
    price_asked: order.hasSlid ? market.price(order.asked) : null,
    stop_price: order.stopPrice === 0 ? null : market.price(order.stopPrice),
    triggered: order.isTriggered,
    quantity: market.quantity(own.leaves + own.cumulative),
    filled: market.quantity(order.filled),
    leaves: market.quantity(order.leaves),
    reason: order.reason === "" ? null : order.reason,
    fills: order.reports
      .filter(({ kind }) => kind === codes.REPORT_FILL)
      .map((fill) => fillData(fill, market)),
    others: order.others.map((other) => ({
      order_id: idOf(other),
      says: explainReport(other, other.subject === market.id ? market : undefined),
    })),
    position: own.position,
    log_time_us: own.logTime,
    latency_us: Math.round(ms * 1000),
  };
  return { data, text: orderText(data) };
}

/** Trades of an account, in the market's decimals. */
export function fillData(fill: Report, market: MarketRules) {
  return {
    trade_id: fill.first,
    market: market.symbol,
    order_id: idOf(fill),
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

interface Canceled {
  readonly order_id: string;
  readonly market: string;
  readonly canceled: string;
}

/** `orders` is null where nothing is known any more. */
export interface CanceledAnswer extends Answer {
  readonly orders: readonly Canceled[] | null;
}

/** Of several shards as of one. */
export function joined(answers: readonly CanceledAnswer[]): Answer {
  const lost = answers.find(({ orders }) => orders === null);
  if (lost !== undefined) return lost;
  return canceledAnswer(answers.flatMap(({ orders }) => orders ?? []));
}

/** Orders were canceled; a line for each. */
export async function doneAnswer(cli: Cli, result: CommandResult): Promise<CanceledAnswer> {
  const [first] = result.reports;
  if (first === undefined) return { ...unknownAnswer(), orders: null };
  if (result.state === "rejected") throw rejectOf(first);
  const canceled = result.reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
  const markets = new Map<number, MarketRules>();
  for (const { subject } of canceled) {
    if (!markets.has(subject)) markets.set(subject, (await cli.market(String(subject))).rules);
  }
  const orders = canceled.map((report) => {
    const market = markets.get(report.subject)!;
    return {
      order_id: idOf(report),
      client_order_id: report.clientOrderId.toString(),
      market: market.symbol,
      canceled: market.quantity(report.last),
      filled: market.quantity(report.cumulative),
      position: report.position,
    };
  });
  return canceledAnswer(orders);
}

function canceledAnswer(orders: readonly Canceled[]): CanceledAnswer {
  const lines = orders.map((one) => `canceled ${one.order_id}: ${one.canceled} ${one.market}`);
  const text = lines.length === 0 ? "nothing to cancel" : lines.join("\n");
  return { data: { canceled: orders.length, orders }, text, orders };
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
  readonly price_asked: string | null;
  readonly stop_price: string | null;
  readonly triggered: boolean;
  readonly quantity: string;
  readonly leaves: string;
  readonly reason: string | null;
  readonly fills: readonly ReturnType<typeof fillData>[];
  readonly others: readonly { readonly order_id: string; readonly says: string }[];
  readonly position: number;
  readonly latency_us: number;
}

function orderText(order: OrderData): string {
  const { order_id, side, quantity, price, state, leaves, position } = order;
  const head =
    `order ${order_id}: ${side} ${quantity} ${order.market} at ${price}` +
    `   (client id ${order.client_order_id})`;
  const lines = [head];
  if (order.price_asked !== null) lines.push(`  slid there from ${order.price_asked}`);
  if (order.triggered) lines.push(`  triggered at once: stop price ${order.stop_price}`);
  for (const { quantity: traded, price: at, fee, fee_asset, trade_id } of order.fills) {
    lines.push(`  traded ${traded} at ${at}, fee ${fee} ${fee_asset}, trade ${trade_id}`);
  }
  const ends: Readonly<Record<string, string>> = {
    open: `  ${leaves} open`,
    waiting: `  waits until the market trades at ${order.stop_price}`,
    filled: "  filled",
    canceled: `  the rest was canceled (${order.reason})`,
  };
  lines.push(ends[state] ?? "");
  for (const other of order.others) lines.push(`  your order ${other.order_id}: ${other.says}`);
  const ms = (order.latency_us / 1000).toFixed(1);
  return [...lines, `  position ${position}, ${ms} ms`].join("\n");
}

function idOf({ orderKey, orderNonce, orderIndex }: Report): string {
  return orderIdText(orderKey, orderNonce, orderIndex);
}

function sideName(side: number): string {
  return side === codes.SIDE_BUY ? "buy" : "sell";
}
