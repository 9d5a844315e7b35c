/**
 * What settlement answers about accounts, keys, nonces and orders, over a real engine: whole
 * bodies.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { BalancesJson } from "../../src/client/http-json.ts";
import * as codes from "../../src/protocol/codes.ts";
import {
  encodeAccountState,
  encodeCancel,
  encodeKey,
  encodeReplace,
} from "../../src/protocol/commands.ts";
import { FedShard, limit } from "./fed-shard.ts";

const { SIDE_SELL } = codes;
const OPENED = 7;
const PROBLEM = "application/problem+json";

let shard: FedShard;
beforeEach(() => {
  shard = new FedShard();
});
afterEach(() => shard.close());

const hex = (byte: number): string => byte.toString(16).padStart(2, "0").repeat(32);
const TRADER_SCOPES = ["trade", "cancel", "withdraw", "read", "keys"];

function unknown(code: number, name: string): [number, string, unknown] {
  return [404, PROBLEM, expect.objectContaining({ status: 404, code, name })];
}

describe("an account", () => {
  test("has balances in decimals, keys and counts", async () => {
    shard.trade(2, limit({ price: 5_999_900, quantity: 5_000, clientOrderId: 42n }));
    shard.trade(2, limit({ side: SIDE_SELL, price: 6_100_000, quantity: 1, clientOrderId: 43n }));
    expect(await shard.get("/v1/accounts/2")).toEqual({
      account: 2,
      shard: 1,
      position: OPENED + 2,
      archived_position: null,
      suspended: false,
      timer_us: 0,
      reports: 5,
      open_orders: 2,
      balances: [
        {
          asset: 1,
          symbol: "USD",
          decimals: 6,
          free: "969985.500250",
          held: "30014.499750",
          total: "1000000.000000",
        },
        {
          asset: 2,
          symbol: "BTC",
          decimals: 8,
          free: "99.99990000",
          held: "0.00010000",
          total: "100.00000000",
        },
      ],
      keys: [
        {
          key: 3,
          public_key: hex(2),
          scopes: TRADER_SCOPES,
          expiry_us: 0,
          revoked: false,
          nonce_high: 2,
        },
      ],
    });
  });

  test("0 is the operators'", async () => {
    expect(await shard.get("/v1/accounts/0")).toMatchObject({
      account: 0,
      open_orders: 0,
      balances: [],
      keys: [
        {
          key: 1,
          public_key: hex(200),
          scopes: ["custody", "accounts", "markets", "halt", "carry", "rules"],
        },
      ],
    });
  });

  test("that is suspended is told so, and every key it has is listed", async () => {
    const type = codes.COMMAND_KEY_ADD;
    shard.direct(1, encodeKey(type, new Uint8Array(32).fill(77), codes.SCOPE_TRADE, 9_000));
    shard.operate(encodeAccountState(1, 1));
    expect(await shard.get("/v1/accounts/1")).toMatchObject({
      suspended: true,
      keys: [{ key: 2 }, { key: 5, public_key: hex(77), scopes: ["trade"], expiry_us: 9_000 }],
    });
  });

  test.each(["4", "01", "-1", "x", "4294967296"])("%s is none", async (name) => {
    expect(await shard.ask(`/v1/accounts/${name}`)).toEqual(unknown(400, "unknown_account"));
    expect(await shard.ask(`/v1/accounts/${name}/orders`)).toEqual(unknown(400, "unknown_account"));
  });
});

test("one balance over all shards, with its split; of nobody there is none", async () => {
  const body = (await shard.get("/v1/accounts/1/balances")) as BalancesJson;
  expect(body.positions).toEqual([{ shard: 1, position: shard.engine.position }]);
  expect(body.balances.length).toBeGreaterThan(0);
  for (const { free, held, total, shards } of body.balances) {
    expect(shards).toEqual([{ shard: 1, free, held, total }]);
  }
  const none = await shard.ask("/v1/accounts/99/balances");
  expect(none).toEqual(unknown(400, "unknown_account"));
});

describe("keys and nonces", () => {
  test("a key is found by its public key", async () => {
    const owner = { account: 3, key: 4, scopes: TRADER_SCOPES, expiry_us: 0, revoked: false };
    expect(await shard.get(`/v1/keys/${hex(3)}`)).toEqual({ ...owner, nonce_high: 0 });
  });

  test.each([hex(4), hex(3).slice(2), hex(0xaa).toUpperCase(), "zz"])(
    "%s is no key",
    async (key) => {
      expect(await shard.ask(`/v1/keys/${key}`)).toEqual(unknown(201, "unknown_key"));
    },
  );

  test("a nonce is used, free, or too old to tell", async () => {
    shard.trade(1, limit({ clientOrderId: 1n }));
    shard.nonce(2, 2_000);
    shard.trade(1, limit({ clientOrderId: 2n }));
    const answers: unknown[] = [];
    for (const nonce of [1, 976, 977, 1_999, 2_000, 2_001]) {
      answers.push(await shard.get(`/v1/accounts/1/keys/2/nonces/${nonce}`));
    }
    const of = { account: 1, key: 2, nonce_high: 2_000 };
    expect(answers).toEqual([
      { ...of, nonce: 1, used: null },
      { ...of, nonce: 976, used: null },
      { ...of, nonce: 977, used: false },
      { ...of, nonce: 1_999, used: false },
      { ...of, nonce: 2_000, used: true },
      { ...of, nonce: 2_001, used: false },
    ]);
  });

  test("a key of another account, and no key, are unknown; a nonce is an integer", async () => {
    expect(await shard.ask("/v1/accounts/1/keys/3/nonces/1")).toEqual(unknown(201, "unknown_key"));
    expect(await shard.ask("/v1/accounts/1/keys/0/nonces/1")).toEqual(unknown(201, "unknown_key"));
    expect(await shard.ask("/v1/accounts/1/keys/2/nonces/1.5")).toMatchObject([
      400,
      PROBLEM,
      { name: "bad_query" },
    ]);
  });
});

describe("orders", () => {
  const order = (id: string, client: number, fields: object = {}) => ({
    order_id: id,
    client_order_id: String(client),
    account: 1,
    market: "BTC-USD",
    market_id: 1,
    side: "buy",
    price: "60000.00",
    leaves: "0.0010",
    filled: "0.0000",
    type: "limit",
    good_till_us: 0,
    stop_price: null,
    post_only: "off",
    self_trade_prevention: "none",
    state: "open",
    reason: null,
    ...fields,
  });

  test("open ones are listed by order id, page by page, of all markets or one", async () => {
    const eth = { market: 7, postOnly: 1, clientOrderId: 3n, stp: codes.STP_CANCEL_BOTH };
    shard.trade(1, limit({ clientOrderId: 9n }), limit({ clientOrderId: 8n }), limit(eth));
    shard.trade(1, limit({ clientOrderId: 2n }));
    const all = [
      order("2-1-0", 9),
      order("2-1-1", 8),
      order("2-1-2", 3, {
        market: "ETH-USD",
        market_id: 7,
        post_only: "reject",
        self_trade_prevention: "cancel_both",
      }),
      order("2-2-0", 2),
    ];
    const page = (orders: unknown[], next: string | null) => ({
      account: 1,
      position: OPENED + 2,
      orders,
      next,
    });
    const path = "/v1/accounts/1/orders";
    expect(await shard.get(path)).toEqual(page(all, null));
    expect(await shard.get(`${path}?limit=2`)).toEqual(page(all.slice(0, 2), "2-1-1"));
    expect(await shard.get(`${path}?limit=2&after=2-1-1`)).toEqual(page(all.slice(2), null));
    expect(await shard.get(`${path}?market=ETH-USD`)).toEqual(page(all.slice(2, 3), null));
    expect(await shard.ask(`${path}?market=XRP`)).toEqual(unknown(300, "unknown_market"));
    expect(await shard.ask(`${path}?after=2-1`)).toMatchObject([
      400,
      PROBLEM,
      { name: "bad_query" },
    ]);
  });

  test("one is open, partly filled, replaced, then filled or canceled", async () => {
    const path = "/v1/orders/2-1-0";
    shard.trade(1, limit({ quantity: 10, clientOrderId: 1n }));
    shard.trade(2, limit({ side: SIDE_SELL, quantity: 4, clientOrderId: 1n }));
    expect(await shard.get(path)).toEqual(
      order("2-1-0", 1, { leaves: "0.0006", filled: "0.0004" }),
    );
    shard.trade(1, encodeReplace(1, 1n, 6_000_500, 20));
    expect(await shard.get(path)).toEqual(
      order("2-1-0", 1, { price: "60005.00", leaves: "0.0020", filled: "0.0004" }),
    );
    shard.trade(2, limit({ side: SIDE_SELL, quantity: 20, clientOrderId: 2n }));
    const forgotten = { type: null, good_till_us: null, post_only: null };
    const done = { ...forgotten, self_trade_prevention: null, leaves: "0.0000" };
    expect(await shard.get(path)).toEqual(
      order("2-1-0", 1, { ...done, price: "60005.00", filled: "0.0024", state: "filled" }),
    );
    shard.trade(1, limit({ clientOrderId: 1n }), encodeCancel(1, 1n));
    expect(await shard.get("/v1/orders/2-3-0")).toEqual(
      order("2-3-0", 1, { ...done, state: "canceled", reason: "requested" }),
    );
  });

  test("a taker's price is its own limit, not the trade's", async () => {
    shard.trade(1, limit({ side: SIDE_SELL, price: 5_900_000, clientOrderId: 1n }));
    shard.trade(2, limit({ price: 6_000_000, clientOrderId: 7n }));
    expect(await shard.get("/v1/orders/3-1-0")).toMatchObject({
      price: "60000.00",
      state: "filled",
    });
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({
      price: "59000.00",
      state: "filled",
    });
  });

  test.each(["2-9-0", "9-1-0", "2-1", "2-1-0-0", "02-1-0", "x"])("%s is none", async (id) => {
    shard.trade(1, limit({}));
    expect(await shard.ask(`/v1/orders/${id}`)).toEqual(unknown(311, "unknown_order"));
  });
});
