/**
 * OrderTerms: the options of `order buy` and `order sell`, and what they say together.
 *
 *   --limit  --stop   type
 *      -        -     market       trades at once up to its protection price
 *      x        -     limit
 *      -        x     stop         waits, then trades up to its protection price
 *      x        x     stop_limit   waits, then is a limit order
 *
 * Everything that can be wrong without a venue is found here, before anything is asked.
 */
import { orderProblem } from "../client/order-problem.ts";
import {
  type OrderTerms,
  type OrderType,
  type Side,
  timeInForceOf,
} from "../client/order-request.ts";
import { type Args, orderIdOf, UsageError } from "./command.ts";
import { type GoodTill, goodTillOf } from "./times.ts";

export const ORDER_OPTIONS = {
  limit: { value: "PRICE", help: "limit price; absent: a market order, or with --stop a stop" },
  stop: { value: "PRICE", help: "waits until the market trades at this price or beyond" },
  type: {
    value: "TYPE",
    among: ["limit", "market", "stop", "stop_limit"],
    help: "follows from --limit and --stop; here to be checked",
  },
  slippage: {
    value: "PERCENT",
    help: "market order or stop: how far beyond the best price, or the stop price [1]",
  },
  move: {
    value: "AMOUNT",
    help: "bring up to so much of what it costs from other shards, if it lacks funds [0]",
  },
  budget: {
    value: "AMOUNT",
    help: "market order: what it may trade of the quote asset; QUANTITY may be max",
  },
  tif: {
    value: "TIF",
    among: ["gtc", "day", "ioc", "fok"],
    help: "time in force [gtc; a market order ioc]",
  },
  gtd: { value: "TIME", help: "good till: 2026-12-31T16:00:00Z, or from now 30s, 15m, 12h, 1d" },
  day: { help: "good till the end of the trading day" },
  "post-only": {
    value: "MODE",
    bare: "reject",
    among: ["reject", "slide"],
    help: "if it would trade at once: refuse it, or move its price",
  },
  stp: {
    value: "MODE",
    among: ["none", "cancel_taker", "cancel_maker", "cancel_both", "decrement"],
    help: "when it meets an order of its own account [none]",
  },
  "client-id": { value: "N", help: "your own id for it, below 2^64 [a random one]" },
  "dry-run": { help: "show what would be signed, and send nothing" },
} as const;

/** What the words alone say; prices and quantities are still text. */
export interface Asked {
  readonly terms: OrderTerms & { readonly type: OrderType };
  readonly goodTill: GoodTill | null;
  readonly limit: string | undefined;
  readonly stop: string | undefined;
  readonly budget: string | undefined;
  readonly slippage: string;
}

/** Of the quantity: as much as the market takes in one order. */
export const MAX = "max";

export function askedOf(args: Args, side: Side): Asked {
  const [limit, stop, budget] = [args.text("limit"), args.text("stop"), args.text("budget")];
  const slippage = args.text("slippage");
  if (limit !== undefined && slippage !== undefined) {
    throw new UsageError("--slippage is for market orders and stops; --limit says the price");
  }
  if (args.at(1) === MAX && budget === undefined) {
    throw new UsageError(`QUANTITY ${MAX} is for orders with a --budget`);
  }
  const type = typeOf(args, limit !== undefined, stop !== undefined);
  const till = args.text("gtd");
  const timeInForce = timeOf(args);
  const id = args.text("client-id");
  const terms = {
    side,
    type,
    ...(timeInForce === undefined ? {} : { timeInForce }),
    postOnly: oneOf(args.text("post-only"), ORDER_OPTIONS["post-only"].among) ?? false,
    selfTradePrevention: oneOf(args.text("stp"), ORDER_OPTIONS.stp.among) ?? "none",
    ...(id === undefined ? {} : { clientOrderId: orderIdOf("--client-id", id) }),
  } as const;
  const asked = {
    terms,
    goodTill: till === undefined ? null : goodTillOf(till),
    limit,
    stop,
    budget,
    slippage: slippage ?? "1",
  };
  checkTogether(asked);
  return asked;
}

/** With one for every number, since only their presence matters. */
function checkTogether({ terms, goodTill, stop, budget }: Asked): void {
  const problem = orderProblem({
    ...terms,
    timeInForce: timeInForceOf(terms),
    market: 1,
    price: 1,
    quantity: 1,
    ...(goodTill === null ? {} : { goodTill: 1 }),
    ...(stop === undefined ? {} : { stopPrice: 1 }),
    ...(budget === undefined ? {} : { budget: 1 }),
  });
  if (problem !== "") throw new UsageError(problem);
}

function typeOf(args: Args, hasLimit: boolean, hasStop: boolean): OrderType {
  const plain = hasLimit ? "limit" : "market";
  const type = hasStop ? (hasLimit ? "stop_limit" : "stop") : plain;
  const said = args.text("type");
  if (said === undefined || said === type) return type;
  const needs: Readonly<Record<string, string>> = {
    limit: "--limit and no --stop",
    market: "neither --limit nor --stop",
    stop: "--stop and no --limit",
    stop_limit: "--stop and --limit",
  };
  throw new UsageError(`--type ${said} goes with ${needs[said] ?? ""}; this is a ${type}`);
}

function timeOf(args: Args): OrderTerms["timeInForce"] {
  const tif = oneOf(args.text("tif"), ORDER_OPTIONS.tif.among);
  const isGtd = args.text("gtd") !== undefined;
  const isDay = args.flag("day");
  if ([tif !== undefined, isGtd, isDay].filter((is) => is).length > 1) {
    throw new UsageError("--tif, --gtd and --day exclude each other");
  }
  if (isGtd) return "gtd";
  return isDay ? "day" : tif;
}

/** The parser has checked that it is one of them. */
function oneOf<T extends string>(text: string | undefined, among: readonly T[]): T | undefined {
  return among.find((one) => one === text);
}
