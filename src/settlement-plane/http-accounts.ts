/**
 * Routes about accounts: balances, keys, nonces, orders.
 */
import { formatDecimal } from "../base/decimal.ts";
import type * as json from "../client/http-json.ts";
import type { Engine } from "../engine/engine.ts";
import type { OpenOrder } from "../engine/open-order.ts";
import { SEAT_AFTER, SEAT_OPEN, SEAT_SHIFT } from "../engine/seats.ts";
import type { AssetView, Balance, KeyView, Views } from "../engine/views.ts";
import * as codes from "../protocol/codes.ts";
import { orderIdText } from "../protocol/report-json.ts";
import type { FinishedOrder, OrderId } from "./finished-orders.ts";
import {
  type Ask,
  badQuery,
  pickShard,
  type ReadSide,
  Refused,
  type Route,
  rowLimit,
  type Shard,
  unknown,
} from "./http-answer.ts";
import { parseInteger, type Query } from "./http-query.ts";

export function accountRoutes(side: ReadSide): Route[] {
  const onShard =
    (answer: (shard: Shard, ask: Ask) => object) =>
    (ask: Ask): object => {
      const shard = pickShard(side, ask.query);
      return shard instanceof Refused ? shard : answer(shard, ask);
    };
  return [
    {
      path: "/v1/accounts/:a",
      query: ["shard"],
      answer: onShard((shard, ask) => account(shard, ask)),
    },
    {
      path: "/v1/accounts/:a/keys/:k/nonces/:n",
      query: ["shard"],
      answer: onShard((shard, ask) => nonce(shard, ask)),
    },
    {
      path: "/v1/accounts/:a/orders",
      query: ["shard", "market", "after", "limit"],
      answer: onShard((shard, ask) => accountOrders(side, shard, ask)),
    },
    {
      path: "/v1/orders/:id",
      query: ["shard"],
      answer: onShard((shard, ask) => oneOrder(side, shard, ask)),
    },
    {
      path: "/v1/keys/:public_key",
      query: ["shard"],
      answer: onShard((shard, ask) => keyByPublicKey(shard, ask)),
    },
  ];
}

const SCOPE_NAMES: readonly (readonly [number, string])[] = [
  [codes.SCOPE_TRADE, "trade"],
  [codes.SCOPE_CANCEL, "cancel"],
  [codes.SCOPE_WITHDRAW, "withdraw"],
  [codes.SCOPE_READ, "read"],
  [codes.SCOPE_KEYS, "keys"],
  [codes.SCOPE_CUSTODY, "custody"],
  [codes.SCOPE_ACCOUNTS, "accounts"],
  [codes.SCOPE_MARKETS, "markets"],
  [codes.SCOPE_HALT, "halt"],
  [codes.SCOPE_CARRY, "carry"],
];

const PREVENTION_NAMES = ["none", "cancel_taker", "cancel_maker", "cancel_both"] as const;

/** The account of the path, or -1 if there is none such. */
function accountOf({ data }: Shard, { params }: Ask): number {
  const id = parseInteger(params["a"] ?? "");
  return id !== null && id <= data.views.accountCount ? id : -1;
}

function account(shard: Shard, ask: Ask): json.AccountJson | Refused {
  const id = accountOf(shard, ask);
  if (id < 0) return unknown(codes.REJECT_UNKNOWN_ACCOUNT);
  const { views } = shard.data;
  const assets = new Map(views.assets().map((asset) => [asset.asset, asset]));
  return {
    account: id,
    shard: shard.id,
    position: shard.source.engine.position,
    suspended: views.isSuspended(id),
    reports: views.reportNumber(id),
    open_orders: openOrderCount(shard.source.engine, id),
    balances: views.balancesOf(id).map((balance) => balanceJson(balance, assets)),
    keys: views.keysOf(id).map((key) => ({
      key: key.key,
      public_key: key.publicKey.toHex(),
      ...keyFields(key),
    })),
  };
}

/** Of the account's seats, not of its orders: it may have a great many. */
function openOrderCount({ state }: Engine, id: number): number {
  const { first, words } = state.seats;
  let count = 0;
  for (let seat = first[id]!; seat !== 0; seat = words[(seat << SEAT_SHIFT) + SEAT_AFTER]!) {
    count += words[(seat << SEAT_SHIFT) + SEAT_OPEN]!;
  }
  return count;
}

function balanceJson(balance: Balance, assets: ReadonlyMap<number, AssetView>): json.BalanceJson {
  const { asset, free, held } = balance;
  const { symbol = "", decimals = 0 } = assets.get(asset) ?? {};
  return {
    asset,
    symbol,
    decimals,
    free: formatDecimal(free, decimals),
    held: formatDecimal(held, decimals),
    total: formatDecimal(BigInt(free) + BigInt(held), decimals),
  };
}

function keyFields(key: KeyView): Omit<json.KeyJson, "key" | "public_key"> {
  return {
    scopes: SCOPE_NAMES.filter(([bit]) => (key.scopes & bit) !== 0).map(([, name]) => name),
    expiry_us: key.expiry,
    revoked: key.revoked,
    nonce_high: key.high,
  };
}

function keyByPublicKey({ data }: Shard, { params }: Ask): json.KeyOwnerJson | Refused {
  const hex = params["public_key"] ?? "";
  if (!/^[0-9a-f]{64}$/.test(hex)) return unknown(codes.REJECT_UNKNOWN_KEY);
  const key = data.views.key(data.views.keyByPublicKey(Uint8Array.fromHex(hex)));
  if (key === null) return unknown(codes.REJECT_UNKNOWN_KEY);
  return { account: key.account, key: key.key, ...keyFields(key) };
}

function nonce(shard: Shard, ask: Ask): json.NonceJson | Refused {
  const id = accountOf(shard, ask);
  if (id < 0) return unknown(codes.REJECT_UNKNOWN_ACCOUNT);
  const { views } = shard.data;
  const key = views.key(parseInteger(ask.params["k"] ?? "") ?? 0);
  if (key === null || key.account !== id) return unknown(codes.REJECT_UNKNOWN_KEY);
  const number = parseInteger(ask.params["n"] ?? "");
  if (number === null) return badQuery("a nonce is an integer below 2^53");
  return {
    account: id,
    key: key.key,
    nonce: number,
    used: nonceIsUsed(views, key, number),
    nonce_high: key.high,
  };
}

/** Null below the window, of which nothing is known. */
function nonceIsUsed(views: Views, key: KeyView, number: number): boolean | null {
  if (number <= key.high - codes.NONCE_WINDOW) return null;
  return views.isNonceUsed(key.key, number);
}

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
  const amounts = { leaves: order.leaves, filled: order.cumulative };
  return {
    ...orderFields(side, order, order),
    ...quantities(side, order.market, amounts),
    post_only: order.postOnly,
    self_trade_prevention: PREVENTION_NAMES[order.selfTrade] ?? "none",
    state: "open",
  };
}

/** What only the book knew of it is gone. */
function finishedJson(side: ReadSide, id: OrderId, order: FinishedOrder): object {
  return {
    ...orderFields(side, id, order),
    ...quantities(side, order.market, { leaves: 0, filled: order.filled }),
    post_only: null,
    self_trade_prevention: null,
    state: order.isCanceled ? "canceled" : "filled",
  };
}

type OrderFacts = Pick<OpenOrder, "account" | "market" | "side" | "price" | "clientOrderId">;

function orderFields(
  side: ReadSide,
  id: OrderId,
  order: OrderFacts,
): Omit<json.OrderJson, "leaves" | "filled" | "post_only" | "self_trade_prevention" | "state"> {
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
