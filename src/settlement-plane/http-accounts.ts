/**
 * Routes about accounts: balances, keys, nonces.
 */
import { formatDecimal } from "../base/decimal.ts";
import type * as json from "../client/http-json.ts";
import type { Engine } from "../engine/engine.ts";
import { SEAT_AFTER, SEAT_OPEN, SEAT_SHIFT } from "../engine/seats.ts";
import type { AssetView, Balance, KeyView, Views } from "../engine/views.ts";
import { scopeNames } from "../protocol/code-names.ts";
import * as codes from "../protocol/codes.ts";
import {
  accountOf,
  type Ask,
  badQuery,
  onShard,
  type ReadSide,
  type Refused,
  type Route,
  type Shard,
  unknown,
} from "./http-answer.ts";
import { balances } from "./http-balances.ts";
import { parseInteger } from "./http-query.ts";

export function accountRoutes(side: ReadSide): Route[] {
  return [
    {
      path: "/v1/accounts/:a",
      query: ["shard"],
      answer: onShard(side, account),
    },
    {
      path: "/v1/accounts/:a/balances",
      query: [],
      answer: (ask) => balances(side, ask),
    },
    {
      path: "/v1/accounts/:a/keys/:k/nonces/:n",
      query: ["shard"],
      answer: onShard(side, nonce),
    },
    {
      path: "/v1/keys/:public_key",
      query: ["shard"],
      answer: onShard(side, keyByPublicKey),
    },
  ];
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
    archived_position: shard.source.exported?.archived ?? null,
    suspended: views.isSuspended(id),
    timer_us: views.timer(id),
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
    scopes: scopeNames(key.scopes),
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
