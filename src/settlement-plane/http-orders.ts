/**
 * Routes about orders: those of an account that are open, and one by its id, finished or not.
 */
import type * as json from "../client/http-json.ts";
import type { OpenOrder } from "../engine/open-order.ts";
import * as codes from "../protocol/codes.ts";
import { cancelReasonName, orderIdText } from "../protocol/report-json.ts";
import type { FinishedOrder, OrderId } from "./finished-orders.ts";
import {
  accountOf,
  type Ask,
  onShard,
  type ReadSide,
  type Refused,
  type Route,
  rowLimit,
  type Shard,
  unknown,
} from "./http-answer.ts";
import { parseInteger, type Query } from "./http-query.ts";

export function orderRoutes(side: ReadSide): Route[] {
  return [
    {
      path: "/v1/accounts/:a/orders",
      query: ["shard", "market", "after", "limit"],
      answer: onShard(side, (shard, ask) => accountOrders(side, shard, ask)),
    },
    {
      path: "/v1/orders/:id",
      query: ["shard"],
      answer: onShard(side, (shard, ask) => oneOrder(side, shard, ask)),
    },
  ];
}

/** By the numbers of the codes. */
const TYPE_NAMES = ["limit", "limit", "market", "stop", "stop_limit"] as const;
const POST_ONLY_NAMES = ["off", "reject", "slide"] as const;
const PREVENTION_NAMES = [
  "none",
  "cancel_taker",
  "cancel_maker",
  "cancel_both",
  "decrement",
] as const;

function accountOrders(side: ReadSide, shard: Shard, ask: Ask): json.OrdersJson | Refused {
  const id = accountOf(shard, ask);
  if (id < 0) return unknown(codes.REJECT_UNKNOWN_ACCOUNT);
  const limit = rowLimit(side, ask.query);
  const after = readAfter(ask.query);
  const name = ask.query.text("market");
  const market = name === null ? null : side.marketData.directory.find(name);
  if (name !== null && market === null) return unknown(codes.REJECT_UNKNOWN_MARKET);
  const all = shard.data.views
    .ordersOf(id)
    .filter((order) => market === null || order.market === market.id)
    .filter((order) => after === null || compareIds(order, after) > 0)
    .sort(compareIds);
  const page = all.slice(0, limit);
  const last = page.at(-1);
  const hasMore = last !== undefined && all.length > limit;
  return {
    account: id,
    position: shard.source.engine.position,
    orders: page.map((order) => openJson(side, order)),
    next: hasMore ? orderIdText(last.key, last.nonce, last.index) : null,
  };
}

function readAfter(query: Query): OrderId | null {
  const text = query.text("after");
  if (text === null) return null;
  const id = parseOrderId(text);
  if (id === null) query.refuse("after is an order id such as 9-55-0");
  return id;
}

function compareIds(a: OrderId, b: OrderId): number {
  return a.key - b.key || a.nonce - b.nonce || a.index - b.index;
}

/** `key-nonce-index`, or null. */
export function parseOrderId(text: string): OrderId | null {
  const [key, nonceNumber, index, ...more] = text.split("-").map(parseInteger);
  if (key === undefined || nonceNumber === undefined || index === undefined) return null;
  if (key === null || nonceNumber === null || index === null || more.length > 0) return null;
  return { key, nonce: nonceNumber, index };
}

function oneOrder(side: ReadSide, { data }: Shard, { params }: Ask): object {
  const id = parseOrderId(params["id"] ?? "");
  if (id === null) return unknown(codes.REJECT_UNKNOWN_ORDER);
  const open = data.views.orderById(id.key, id.nonce, id.index);
  if (open !== null) return openJson(side, open);
  const finished = data.finished.find(id);
  return finished === null ? unknown(codes.REJECT_UNKNOWN_ORDER) : finishedJson(side, id, finished);
}

function openJson(side: ReadSide, order: OpenOrder): json.OrderJson {
  const { leaves, cumulative, stopPrice, goodTill } = order;
  return {
    ...orderFields(side, order, order),
    ...quantities(side, order.market, { leaves, filled: cumulative }),
    type: TYPE_NAMES[order.type] ?? "limit",
    good_till_us: goodTill,
    stop_price: stopPriceText(side, order.market, stopPrice),
    post_only: POST_ONLY_NAMES[order.postOnly] ?? "off",
    self_trade_prevention: PREVENTION_NAMES[order.selfTrade] ?? "none",
    state: order.waits ? "waiting" : "open",
    reason: null,
  };
}

/** What only the book knew of it is gone. */
function finishedJson(side: ReadSide, id: OrderId, order: FinishedOrder): json.FinishedOrderJson {
  return {
    ...orderFields(side, id, order),
    ...quantities(side, order.market, { leaves: 0, filled: order.filled }),
    type: null,
    good_till_us: null,
    stop_price: stopPriceText(side, order.market, order.stopPrice),
    post_only: null,
    self_trade_prevention: null,
    state: order.reason === 0 ? "filled" : "canceled",
    reason: order.reason === 0 ? null : cancelReasonName(order.reason),
  };
}

type OrderNames = Omit<json.AnyOrderJson, "leaves" | "filled" | "state" | "stop_price" | "reason">;
type OrderFacts = Pick<OpenOrder, "account" | "market" | "side" | "price" | "clientOrderId">;

function orderFields(side: ReadSide, id: OrderId, order: OrderFacts): OrderNames {
  const terms = side.marketData.directory.byMarketId(order.market);
  return {
    order_id: orderIdText(id.key, id.nonce, id.index),
    client_order_id: order.clientOrderId.toString(),
    account: order.account,
    market: terms?.symbol ?? "",
    market_id: order.market,
    side: order.side === codes.SIDE_BUY ? "buy" : "sell",
    price: terms?.price(order.price) ?? "",
  };
}

function quantities(
  side: ReadSide,
  market: number,
  lots: { leaves: number; filled: number },
): Pick<json.OrderJson, "leaves" | "filled"> {
  const terms = side.marketData.directory.byMarketId(market);
  return {
    leaves: terms?.quantity(lots.leaves) ?? "",
    filled: terms?.quantity(lots.filled) ?? "",
  };
}

/** Null for one that is no stop, or is not known to have been one. */
function stopPriceText(side: ReadSide, market: number, stopPrice: number): string | null {
  if (stopPrice === 0) return null;
  return side.marketData.directory.byMarketId(market)?.price(stopPrice) ?? "";
}
