/**
 * Order commands: `order buy`, `order sell`: decimals in, one signed order out, what became of it
 * back.
 *
 * A market order and a stop have a protection price, beyond which they do not trade. It lies
 * --slippage percent beyond the best price of the other side, or beyond the stop price; what is
 * left is canceled.
 */
import { assert } from "../base/assert.ts";
import { parseDecimal } from "../base/decimal.ts";
import { decimalOrder } from "../client/decimal-order.ts";
import { ClientError } from "../client/errors.ts";
import { rejectOf, timeText } from "../client/explain.ts";
import { type Asset, formatAmount, type MarketRules, parseAmount } from "../client/market-rules.ts";
import {
  type PlaceRequest,
  randomOrderId,
  type Side,
  timeInForceOf,
} from "../client/order-request.ts";
import type { VenueOrderResult } from "../client/venue-client.ts";
import type { Cli, Market } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, UsageError } from "./command.ts";
import { orderAnswer } from "./order-answer.ts";
import { type Asked, askedOf, MAX, ORDER_OPTIONS } from "./order-terms.ts";
import type { GoodTill } from "./times.ts";

export const ORDER_COMMANDS: readonly CommandSpec[] = [
  order("buy", "60000", "61000"),
  order("sell", "61000", "59000"),
];

function order(side: Side, price: string, stop: string): CommandSpec {
  return {
    name: `order ${side}`,
    about: side === "buy" ? "Buy: place one order" : "Sell: place one order",
    args: [
      { name: "MARKET", help: "symbol or id, such as BTC-USD" },
      { name: "QUANTITY", help: "how much of the base asset, such as 0.5" },
    ],
    options: ORDER_OPTIONS,
    examples: [
      `clob order ${side} BTC-USD 0.5 --limit ${price}`,
      `clob order ${side} BTC-USD 0.5 --limit ${price} --gtd 30m --post-only=slide --dry-run`,
      `clob order ${side} BTC-USD 0.5 --stop ${stop} --slippage 2`,
      `clob order ${side} BTC-USD 0.01 --budget 500 -o json`,
    ],
    run: (cli, args) => place(cli, args, side),
  };
}

async function place(cli: Cli, args: Args, side: Side): Promise<Answer> {
  const asked = askedOf(args, side);
  const market = await cli.market(args.at(0));
  const request = await requestOf(cli, asked, market);
  if (args.flag("dry-run")) return dryRun(request, market);
  const spent = side === "buy" ? market.rules.quote : market.rules.base;
  const move = args.text("move");
  const most = move === undefined ? 0 : parseAmount(move, spent);
  const venue = cli.venue(await cli.who(), { autoTransfer: new Map([[spent.id, most]]) });
  try {
    // The connection is no part of the order's time.
    await venue.on(market.rules.shard);
    const since = performance.now();
    const result = await venue.place(request);
    if (result.moved > 0) cli.note(`brought ${formatAmount(result.moved, spent)} ${spent.symbol}`);
    if (result.elsewhere.length > 0) throw shortOf(result, market.rules, spent);
    return orderAnswer(result, market.rules, performance.now() - since);
  } finally {
    venue.close();
  }
}

/** The reject in the market's decimals, and where the missing funds lie. */
function shortOf(result: VenueOrderResult, rules: MarketRules, asset: Asset): ClientError {
  const [report] = result.reports;
  assert(report !== undefined, "an order that lacks funds has a reject");
  const { code, message, retryable, stated, limit } = rejectOf(report, rules);
  const places = result.elsewhere.map(
    ({ shard, units }) => `${formatAmount(units, asset)} ${asset.symbol} on shard ${shard}`,
  );
  const more = `${message}; free elsewhere: ${places.join(", ")} (see --move, clob transfer)`;
  return new ClientError({ code, message: more, retryable, stated, limit });
}

async function requestOf(cli: Cli, asked: Asked, market: Market): Promise<PlaceRequest> {
  const { json, rules } = market;
  const { terms, limit, stop, budget, goodTill } = asked;
  const quantity = cli.args.at(1) === MAX ? json.quantity_max : cli.args.at(1);
  return decimalOrder(rules, {
    ...terms,
    clientOrderId: terms.clientOrderId ?? randomOrderId(),
    quantity,
    price: limit ?? rules.price(protectionPrice(asked, market)),
    ...(stop === undefined ? {} : { stopPrice: stop }),
    ...(budget === undefined ? {} : { budget }),
    ...(goodTill === null ? {} : { goodTill: await timeOf(cli, goodTill) }),
  });
}

/** Spans count from the venue's clock. */
async function timeOf(cli: Cli, goodTill: GoodTill): Promise<Date | number> {
  if ("at" in goodTill) return goodTill.at;
  const { time_us: now } = await cli.http.time();
  return now + goodTill.inMs * 1000;
}

/** Hundredths of a percent, in whole steps, rounded towards the best price, inside the band. */
function protectionPrice({ terms, stop, slippage }: Asked, { json, rules }: Market): number {
  const { side } = terms;
  const points = parseDecimal(slippage, 2);
  if (typeof points !== "number" || points > 9900) {
    throw new UsageError(`--slippage is a percentage of 0 to 99 such as 0.5, not "${slippage}"`);
  }
  const best = stop ?? (side === "buy" ? json.best_ask : json.best_bid);
  if (best === null) {
    const other = side === "buy" ? "sells" : "buys";
    const message = `nobody ${other} in ${rules.symbol}; give a price with --limit`;
    throw new ClientError({ code: "no_liquidity", message });
  }
  const step = BigInt(rules.ticks(json.price_step));
  const from = BigInt(rules.ticks(best, stop === undefined ? "price" : "stop price"));
  const more = (from * BigInt(points)) / 10_000n;
  const far = side === "buy" ? from + more : from - more;
  const bound = BigInt(rules.ticks(side === "buy" ? json.price_max : json.price_min));
  const rounded = side === "buy" ? (far / step) * step : ((far + step - 1n) / step) * step;
  const isInside = side === "buy" ? rounded <= bound : rounded >= bound;
  return Number(isInside ? rounded : bound);
}

function dryRun(request: PlaceRequest, { rules }: Market): Answer {
  const { side, price = 0, quantity, stopPrice, budget, goodTill, ...rest } = request;
  const data = {
    dry_run: true,
    market: rules.symbol,
    side,
    type: rest.type,
    time_in_force: timeInForceOf(request),
    price: rules.price(price),
    price_ticks: price,
    quantity: rules.quantity(quantity),
    quantity_lots: quantity,
    ...(stopPrice === undefined ? {} : { stop_price: rules.price(stopPrice) }),
    ...(budget === undefined ? {} : { budget: formatAmount(budget, rules.quote) }),
    ...(goodTill === undefined ? {} : { good_till: timeText(microsecondsOf(goodTill)) }),
    post_only: rest.postOnly === false ? "off" : rest.postOnly,
    self_trade_prevention: rest.selfTradePrevention,
    client_order_id: String(rest.clientOrderId),
  };
  const text = Object.entries(data)
    .map(([name, value]) => `${name.padEnd(22)} ${value}`)
    .join("\n");
  return { data, text };
}

function microsecondsOf(time: Date | number): number {
  return time instanceof Date ? time.getTime() * 1000 : time;
}
