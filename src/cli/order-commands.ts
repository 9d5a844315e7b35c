/**
 * Order commands: `order buy`, `order sell`: decimals in, one signed order out, what became of it
 * back.
 *
 * Without --limit it is a market order: it trades at once up to a protection price, which lies
 * --slippage percent beyond the best price of the other side, and what is left is canceled.
 */
import { parseDecimal } from "../base/decimal.ts";
import { type PlaceRequest, randomOrderId, type Side } from "../client/order-request.ts";
import { ClientError } from "../client/errors.ts";
import type { Cli, Market } from "./cli.ts";
import { type Answer, type Args, type CommandSpec, orderIdOf, UsageError } from "./command.ts";
import { orderAnswer } from "./order-answer.ts";

const OPTIONS = {
  limit: { value: "PRICE", help: "limit price; absent: a market order" },
  slippage: { value: "PERCENT", help: "market order: how far beyond the best price [1]" },
  tif: {
    value: "TIF",
    among: ["gtc", "ioc", "fok"],
    help: "time in force [gtc; a market order ioc]",
  },
  "post-only": { help: "refuse it if it would trade at once" },
  stp: {
    value: "MODE",
    among: ["none", "cancel_taker", "cancel_maker", "cancel_both"],
    help: "when it meets an order of its own account [none]",
  },
  "client-id": { value: "N", help: "your own id for it, below 2^64 [a random one]" },
  "dry-run": { help: "show what would be signed, and send nothing" },
} as const;

export const ORDER_COMMANDS: readonly CommandSpec[] = [
  order("buy", "60000"),
  order("sell", "61000"),
];

function order(side: Side, price: string): CommandSpec {
  return {
    name: `order ${side}`,
    about: side === "buy" ? "Buy: place one order" : "Sell: place one order",
    args: [
      { name: "MARKET", help: "symbol or id, such as BTC-USD" },
      { name: "QUANTITY", help: "how much of the base asset, such as 0.5" },
    ],
    options: OPTIONS,
    examples: [
      `clob order ${side} BTC-USD 0.5 --limit ${price}`,
      `clob order ${side} BTC-USD 0.5 --limit ${price} --post-only --dry-run`,
      `clob order ${side} BTC-USD 0.01 --slippage 0.5 -o json`,
    ],
    run: (cli, args) => place(cli, args, side),
  };
}

async function place(cli: Cli, args: Args, side: Side): Promise<Answer> {
  const market = await cli.market(args.at(0));
  const request = requestOf(args, side, market);
  if (args.flag("dry-run")) return dryRun(request, market);
  const who = await cli.who();
  const client = await cli.client(who, { shard: market.rules.shard });
  try {
    const since = performance.now();
    const result = await client.place(request);
    return orderAnswer(result, market.rules, performance.now() - since);
  } finally {
    client.close();
  }
}

function requestOf(args: Args, side: Side, { json, rules }: Market): PlaceRequest {
  const limit = args.text("limit");
  const isMarket = limit === undefined;
  if (!isMarket && args.text("slippage") !== undefined) {
    throw new UsageError("--slippage is for market orders, and --limit makes a limit order");
  }
  if (isMarket && args.flag("post-only")) {
    throw new UsageError("--post-only needs --limit: a market order trades at once");
  }
  const best = side === "buy" ? json.best_ask : json.best_bid;
  const price = isMarket
    ? protectionPrice({
        market: { json, rules },
        best,
        side,
        percent: args.text("slippage") ?? "1",
      })
    : rules.ticks(limit);
  const tif = oneOf(args.text("tif"), OPTIONS.tif.among);
  const stp = oneOf(args.text("stp"), OPTIONS.stp.among);
  const id = args.text("client-id");
  return {
    market: rules.id,
    side,
    price,
    quantity: rules.lots(args.at(1)),
    type: isMarket ? "market" : "limit",
    timeInForce: tif ?? (isMarket ? "ioc" : "gtc"),
    postOnly: args.flag("post-only"),
    selfTradePrevention: stp ?? "none",
    clientOrderId: id === undefined ? randomOrderId() : orderIdOf("--client-id", id),
  };
}

/** The parser has checked that it is one of them. */
function oneOf<T extends string>(text: string | undefined, among: readonly T[]): T | undefined {
  return among.find((one) => one === text);
}

interface Protection {
  readonly market: Market;
  readonly best: string | null;
  readonly side: Side;
  readonly percent: string;
}

/** Hundredths of a percent, in whole steps, rounded towards the best price, inside the band. */
function protectionPrice({ market, best, side, percent }: Protection): number {
  const { json, rules } = market;
  const points = parseDecimal(percent, 2);
  if (typeof points !== "number" || points > 9900) {
    throw new UsageError(`--slippage is a percentage of 0 to 99 such as 0.5, not "${percent}"`);
  }
  if (best === null) {
    const other = side === "buy" ? "sells" : "buys";
    const message = `nobody ${other} in ${rules.symbol}; give a price with --limit`;
    throw new ClientError({ code: "no_liquidity", message });
  }
  const step = BigInt(rules.ticks(json.price_step));
  const from = BigInt(rules.ticks(best));
  const more = (from * BigInt(points)) / 10_000n;
  const far = side === "buy" ? from + more : from - more;
  const bound = BigInt(rules.ticks(side === "buy" ? json.price_max : json.price_min));
  const rounded = side === "buy" ? (far / step) * step : ((far + step - 1n) / step) * step;
  const isInside = side === "buy" ? rounded <= bound : rounded >= bound;
  return Number(isInside ? rounded : bound);
}

function dryRun(request: PlaceRequest, { rules }: Market): Answer {
  const { side, price, quantity, clientOrderId, ...rest } = request;
  const data = {
    dry_run: true,
    market: rules.symbol,
    side,
    type: rest.type,
    time_in_force: rest.timeInForce,
    price: rules.price(price),
    price_ticks: price,
    quantity: rules.quantity(quantity),
    quantity_lots: quantity,
    post_only: rest.postOnly,
    self_trade_prevention: rest.selfTradePrevention,
    client_order_id: String(clientOrderId),
  };
  const text = Object.entries(data)
    .map(([name, value]) => `${name.padEnd(22)} ${value}`)
    .join("\n");
  return { data, text };
}
