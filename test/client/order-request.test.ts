/**
 * Orders in words: their bytes, what is refused before anything is signed, and decimals.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { decimalOrder } from "../../src/client/decimal-order.ts";
import { ClientError } from "../../src/client/errors.ts";
import { MarketRules } from "../../src/client/market-rules.ts";
import { orderProblem } from "../../src/client/order-problem.ts";
import {
  deadManCommand,
  type OrderType,
  type PlaceRequest,
  placeCommand,
  type TimeInForce,
  timeInForceOf,
} from "../../src/client/order-request.ts";
import { checkCommand } from "../../src/protocol/check-command.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeadMan, encodeNewOrder } from "../../src/protocol/commands.ts";

const ORDER: PlaceRequest = { market: 3, side: "sell", price: 90, quantity: 2, clientOrderId: 5n };
const BYTES = {
  market: 3,
  side: codes.SIDE_SELL,
  type: codes.TYPE_LIMIT,
  tif: codes.TIF_GTC,
  clientOrderId: 5n,
  price: 90,
  quantity: 2,
  stp: codes.STP_NONE,
  postOnly: codes.POST_ONLY_OFF,
};

/** `code: message` of the refusal. */
function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ClientError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "taken";
}

describe("an order's words become its bytes", () => {
  const rows: readonly (readonly [Partial<PlaceRequest>, object])[] = [
    [{}, {}],
    [{ type: "market" }, { type: codes.TYPE_MARKET, tif: codes.TIF_IOC }],
    [
      { type: "market", timeInForce: "fok" },
      { type: codes.TYPE_MARKET, tif: codes.TIF_FOK },
    ],
    [
      { type: "stop", stopPrice: 95 },
      { type: codes.TYPE_STOP, stopPrice: 95 },
    ],
    [
      { type: "stop_limit", stopPrice: 95, timeInForce: "day", selfTradePrevention: "decrement" },
      {
        type: codes.TYPE_STOP_LIMIT,
        stopPrice: 95,
        tif: codes.TIF_DAY,
        stp: codes.STP_DECREMENT,
      },
    ],
    [
      { goodTill: new Date("2026-01-02T03:04:05.678Z") },
      { tif: codes.TIF_GTD, goodTill: Date.UTC(2026, 0, 2, 3, 4, 5, 678) * 1000 },
    ],
    [
      { goodTill: 1_767_323_045_678_901, postOnly: "slide" },
      { tif: codes.TIF_GTD, goodTill: 1_767_323_045_678_901, postOnly: codes.POST_ONLY_SLIDE },
    ],
    [{ postOnly: true }, { postOnly: codes.POST_ONLY_REJECT }],
    [{ postOnly: "reject" }, { postOnly: codes.POST_ONLY_REJECT }],
    [
      { type: "market", budget: 7_000 },
      { type: codes.TYPE_MARKET, tif: codes.TIF_IOC, budget: 7_000 },
    ],
  ];
  test.each(rows)("%o", (words, bytes) => {
    expect(placeCommand({ ...ORDER, ...words })).toEqual(encodeNewOrder({ ...BYTES, ...bytes }));
  });

  test("a budget may go without a price", () => {
    const { price: _, ...rest } = ORDER;
    const command = placeCommand({ ...rest, type: "market", budget: 7 });
    expect(command).toEqual(
      encodeNewOrder({
        ...BYTES,
        type: codes.TYPE_MARKET,
        tif: codes.TIF_IOC,
        price: 0,
        budget: 7,
      }),
    );
  });
});

describe("refused before it is sent", () => {
  const now = new Date();
  const rows: readonly (readonly [Partial<PlaceRequest>, string])[] = [
    [{ type: "stop" }, "stop_price: a stop needs a stop price (type stop needs stopPrice)"],
    [{ stopPrice: 5 }, "a stop price is for types stop and stop_limit, not limit"],
    [{ timeInForce: "gtd" }, "time in force gtd needs goodTill"],
    [{ timeInForce: "ioc", goodTill: now }, "goodTill is for time in force gtd, not ioc"],
    [{ type: "market", timeInForce: "gtc" }, "a market order never rests"],
    [{ type: "stop", stopPrice: 5, timeInForce: "ioc" }, "a stop may wait"],
    [{ budget: 5 }, "a budget is for market orders that are ioc, not for limit gtc"],
    [{ type: "market", timeInForce: "fok", budget: 5 }, "not for market fok"],
    [{ postOnly: "slide", timeInForce: "ioc" }, "post-only is for limit orders that may rest"],
    [{ postOnly: true, type: "stop_limit", stopPrice: 5 }, "not for stop_limit gtc"],
    [{ price: 0 }, "price: "],
    [{ quantity: 0 }, "quantity: "],
    [{ price: 2 ** 32 + 90 }, "price: "],
    [{ quantity: 0.5 }, "quantity: "],
    [{ type: "stop", stopPrice: -1 }, "stop_price: "],
    [{ type: "market", budget: 2 ** 53 }, "amount: "],
    [{ goodTill: Date.now() }, "goodTill is a Date or microseconds since 1970"],
    [{ goodTill: new Date(Number.NaN) }, "time: "],
  ];
  test.each(rows)("%o", (words, text) => {
    expect(refusal(() => placeCommand({ ...ORDER, ...words }))).toContain(text);
  });

  test("whatever has a problem in words, and nothing else, has one in bytes", () => {
    const types: readonly OrderType[] = ["limit", "market", "stop", "stop_limit"];
    const times: readonly (TimeInForce | undefined)[] = [
      undefined,
      ...(["gtc", "ioc", "fok", "gtd", "day"] as const),
    ];
    let wrong = 0;
    for (let bits = 0; bits < 4 * 6 * 32; bits++) {
      const has = (bit: number): boolean => ((bits >> bit) & 1) === 1;
      const timeInForce = times[(bits >> 7) % 6];
      const order: PlaceRequest = {
        ...ORDER,
        type: types[(bits >> 5) & 3]!,
        ...(timeInForce === undefined ? {} : { timeInForce }),
        ...(has(0) ? { stopPrice: 9 } : {}),
        ...(has(1) ? { goodTill: now } : {}),
        ...(has(2) ? { budget: 9 } : {}),
        ...(has(3) ? { postOnly: "slide" as const } : {}),
        ...(has(4) ? { price: 0 } : {}),
      };
      const problem = orderProblem({ ...order, timeInForce: timeInForceOf(order) });
      const said = refusal(() => placeCommand(order));
      expect([order, said === "taken"]).toEqual([order, problem === ""]);
      if (problem !== "") expect(said).toContain(problem);
      if (problem !== "") wrong++;
    }
    expect(wrong).toBeGreaterThan(500);
  });
});

test("a dead-man timeout is whole milliseconds of at most a day", () => {
  expect([0, 1500, 86_400_000].map(deadManCommand)).toEqual(
    [0, 1_500_000, 86_400_000_000].map(encodeDeadMan),
  );
  for (const wrong of [-1, 0.5, 86_400_001, Number.NaN]) {
    expect(refusal(() => deadManCommand(wrong))).toStartWith("time: time: ");
  }
  const command = deadManCommand(86_400_000);
  expect(checkCommand(viewOf(command), 0, codes.COMMAND_DEAD_MAN)).toBe(codes.ACCEPTED);
});

describe("an order in decimals", () => {
  const rules = new MarketRules({
    id: 3,
    symbol: "BTC-USD",
    shard: 1,
    base: { id: 2, symbol: "BTC", decimals: 8 },
    quote: { id: 1, symbol: "USD", decimals: 6 },
    lotUnits: 10_000,
    tickValue: 1,
  });

  test("becomes ticks, lots and units exactly", () => {
    const order = { side: "buy", type: "stop_limit", postOnly: false } as const;
    expect(
      decimalOrder(rules, { ...order, price: "60000.01", quantity: "0.5", stopPrice: "59999.99" }),
    ).toEqual({ ...order, market: 3, price: 6_000_001, quantity: 5000, stopPrice: 5_999_999 });
    expect(
      decimalOrder(rules, { side: "buy", type: "market", quantity: "1", budget: "0.000001" }),
    ).toEqual({ side: "buy", type: "market", market: 3, quantity: 10_000, budget: 1 });
  });

  test("is refused where it would have to be rounded", () => {
    const order = { side: "buy", quantity: "1", price: "5" } as const;
    const refusals = [
      () => decimalOrder(rules, { ...order, stopPrice: "5.005" }),
      () => decimalOrder(rules, { ...order, stopPrice: "0" }),
      () => decimalOrder(rules, { ...order, budget: "0.0000001" }),
      () => decimalOrder(rules, { ...order, budget: "1e3" }),
    ].map(refusal);
    expect(refusals).toEqual([
      "tick: stop price 5.005 is not a multiple of the tick 0.01 of BTC-USD",
      "stop_price: stop price 0 is zero; the least is the tick 0.01 of BTC-USD",
      "budget: budget 0.0000001 has more than the 6 digits after the point that USD has",
      'not_a_decimal: budget "1e3" is no decimal such as 12.5 (no sign, exponent or comma)',
    ]);
  });
});
