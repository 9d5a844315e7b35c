/**
 * What HTTP says of orders with a time, a stop price or a budget, and of a dead-man timer, over a
 * real engine; and which counters follow.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeadMan, encodeMassCancel } from "../../src/protocol/commands.ts";
import { FedShard, limit } from "./fed-shard.ts";

let shard: FedShard;
beforeEach(() => {
  shard = new FedShard();
});
afterEach(() => shard.close());

const { SIDE_SELL, TYPE_STOP, TYPE_STOP_LIMIT, TYPE_MARKET, TIF_GTD, TIF_IOC } = codes;

/** A trade of one lot at this price between accounts 2 and 3. */
function tradeAt(price: number): void {
  const sell = { side: SIDE_SELL, price, quantity: 1, clientOrderId: 900n };
  shard.trade(2, limit(sell));
  shard.trade(3, limit({ price, quantity: 1, clientOrderId: 901n }));
}

const PLAIN = { type: "limit", good_till_us: 0, stop_price: null, post_only: "off", reason: null };
const GONE = { type: null, good_till_us: null, post_only: null, self_trade_prevention: null };

describe("open orders", () => {
  test("say their type, their time, their stop price and whether they wait", async () => {
    const goodTill = shard.nowUs + 5_000_000;
    const stop = { clientOrderId: 3n, type: TYPE_STOP, price: 6_200_000, stopPrice: 6_100_000 };
    const stopLimit = { ...stop, clientOrderId: 4n, type: TYPE_STOP_LIMIT };
    shard.trade(
      1,
      limit({ clientOrderId: 1n, tif: TIF_GTD, goodTill, postOnly: codes.POST_ONLY_SLIDE }),
      limit({ clientOrderId: 2n, stp: codes.STP_DECREMENT }),
      limit(stop),
      limit({ ...stopLimit, tif: TIF_GTD, goodTill }),
    );
    expect(await shard.get("/v1/accounts/1/orders")).toMatchObject({
      orders: [
        { ...PLAIN, good_till_us: goodTill, post_only: "slide", state: "open" },
        { ...PLAIN, self_trade_prevention: "decrement", state: "open" },
        { ...PLAIN, type: "stop", price: "62000.00", stop_price: "61000.00", state: "waiting" },
        {
          ...PLAIN,
          type: "stop_limit",
          stop_price: "61000.00",
          good_till_us: goodTill,
          state: "waiting",
        },
      ],
    });
    // What waits is nobody's to see, but counts as open.
    expect(await shard.get("/v1/markets/1/book")).toMatchObject({
      bids: [["60000.00", "0.0020"]],
      asks: [],
    });
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ open_orders: 4 });
  });

  test("of day last to the end of the trading day", async () => {
    shard.trade(1, limit({ tif: codes.TIF_DAY }));
    const day = 86_400_000_000;
    const end = (Math.floor(shard.nowUs / day) + 1) * day - 1;
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({ good_till_us: end });
  });

  test("a stop-limit that was triggered and rests is a limit order", async () => {
    const stop = { type: TYPE_STOP_LIMIT, price: 6_000_000, stopPrice: 6_100_000 };
    shard.trade(1, limit(stop));
    tradeAt(6_100_000);
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({ ...PLAIN, state: "open" });
    expect(await shard.get("/v1/markets/1/book")).toMatchObject({ bids: [["60000.00", "0.0010"]] });
    shard.trade(1, encodeMassCancel(0, 0));
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({
      ...GONE,
      stop_price: "61000.00",
      state: "canceled",
      reason: "mass",
    });
  });
});

describe("finished orders say how they ended", () => {
  test("a stop that was triggered and filled", async () => {
    shard.trade(2, limit({ side: SIDE_SELL, price: 6_150_000, clientOrderId: 5n }));
    shard.trade(1, limit({ type: TYPE_STOP, price: 6_200_000, stopPrice: 6_100_000 }));
    tradeAt(6_100_000);
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({
      ...GONE,
      price: "62000.00",
      stop_price: "61000.00",
      filled: "0.0010",
      state: "filled",
      reason: null,
    });
    expect(await shard.get("/v1/markets/1")).toMatchObject({ last_price: "61500.00", trades: 2 });
  });

  test("one that expired, waiting or not", async () => {
    const goodTill = shard.nowUs + 1_000_000;
    const stop = { type: TYPE_STOP, stopPrice: 6_100_000, clientOrderId: 2n };
    const gtd = { tif: TIF_GTD, goodTill };
    shard.trade(1, limit(gtd), limit({ ...gtd, ...stop }));
    shard.tick(2_000_000);
    for (const id of ["2-1-0", "2-1-1"]) {
      expect(await shard.get(`/v1/orders/${id}`)).toMatchObject({
        ...GONE,
        stop_price: null,
        filled: "0.0000",
        state: "canceled",
        reason: "expired",
      });
    }
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ open_orders: 0 });
    expect(await shard.get("/v1/markets/1/book")).toMatchObject({ bids: [], asks: [] });
  });

  test("one that a dead-man timer took, which the account shows while it runs", async () => {
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ timer_us: 0 });
    const now = shard.nowUs;
    shard.trade(1, encodeDeadMan(500_000), limit({}));
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ timer_us: now + 500_000 });
    shard.tick(1_000_000);
    expect(await shard.get("/v1/orders/2-1-1")).toMatchObject({ reason: "dead_man" });
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ timer_us: 0 });
  });

  test("one whose budget was spent, and one that lost its lots to its own account", async () => {
    const sell = { side: SIDE_SELL, price: 6_000_000, quantity: 10, clientOrderId: 5n };
    shard.trade(2, limit(sell));
    // Three lots and their fee of 500 ppm.
    const budget = 18_009_000;
    shard.trade(1, limit({ type: TYPE_MARKET, tif: TIF_IOC, price: 0, quantity: 10, budget }));
    expect(await shard.get("/v1/orders/2-1-0")).toMatchObject({
      filled: "0.0003",
      state: "canceled",
      reason: "budget",
    });
    shard.trade(2, limit({ quantity: 3, clientOrderId: 6n, stp: codes.STP_DECREMENT }));
    expect(await shard.get("/v1/orders/3-2-0")).toMatchObject({ reason: "self_trade" });
    expect(await shard.get("/v1/orders/3-1-0")).toMatchObject({ leaves: "0.0004", state: "open" });
    expect(await shard.get("/v1/markets/1/book")).toMatchObject({
      bids: [],
      asks: [["60000.00", "0.0004"]],
    });
  });
});

test("counters follow what happens without a command; what is due is no command", async () => {
  const gtd = { tif: TIF_GTD, goodTill: shard.nowUs + 400_000 };
  shard.trade(1, limit(gtd), limit({ ...gtd, clientOrderId: 2n }), encodeDeadMan(500_000));
  shard.trade(1, limit({ clientOrderId: 3n, type: TYPE_STOP, stopPrice: 6_100_000 }));
  tradeAt(6_100_000);
  // Of the two commands one takes lots off the other's order, which is no answer to anything.
  shard.trade(3, limit({ clientOrderId: 1n, side: SIDE_SELL, price: 6_300_000, quantity: 2 }));
  shard.trade(3, limit({ clientOrderId: 2n, price: 6_300_000, quantity: 1, stp: 4 }));
  shard.tick(1_000_000);
  const metrics = await (await shard.app.request("/metrics")).text();
  const count = (name: string): string | undefined =>
    new RegExp(`^clob_settlement_${name}_total{shard="1"} (\\d+)$`, "m").exec(metrics)?.[1];
  const names = ["orders_expired", "stops_triggered", "timers_fired", "commands"];
  expect(names.map(count)).toEqual(["2", "1", "1", "8"]);
});
