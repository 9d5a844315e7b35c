/**
 * What became of an order: stops, slides, budgets, decrements, and a cascade that its own order
 * set off, from the reports of the second engine.
 */
import { describe, expect, test } from "bun:test";
import { explainReport } from "../../src/client/explain-report.ts";
import { FrameTracker } from "../../src/client/frame-tracker.ts";
import { orderOutcome } from "../../src/client/order-outcome.ts";
import { type PlaceRequest, placeCommand, replaceCommand } from "../../src/client/order-request.ts";
import * as codes from "../../src/protocol/codes.ts";
import { encodeDeadMan } from "../../src/protocol/commands.ts";
import { encodeFrame } from "../../src/protocol/frame.ts";
import type { Report } from "../../src/protocol/report.ts";
import { LOG_TIME, MARKET, SmallShard } from "../support/small-shard.ts";
import { buy, sell } from "./stand.ts";

const ANA = 1;
const BO = 2;

/** The order's outcome and, in words, the reports of its account. */
function place(shard: SmallShard, account: number, request: PlaceRequest) {
  const command = placeCommand(request);
  const reports = shard.trade(account, command).filter((report) => report.account === account);
  const order = orderOutcome(command, reports);
  return { order: order!, says: reports.map((report) => explainReport(report)) };
}

/** A market whose last trade was at 100. */
function traded(): SmallShard {
  const shard = new SmallShard();
  place(shard, ANA, sell({ quantity: 1 }));
  place(shard, BO, buy({ quantity: 1 }));
  return shard;
}

describe("an order", () => {
  test("rests, is filled, is canceled", () => {
    const shard = new SmallShard();
    expect(place(shard, ANA, sell({ quantity: 3 })).order).toMatchObject({
      state: "resting",
      price: 100,
      asked: 100,
      hasSlid: false,
      stopPrice: 0,
      filled: 0,
      leaves: 3,
    });
    expect(place(shard, BO, buy({ quantity: 2 })).order).toMatchObject({
      state: "filled",
      filled: 2,
      leaves: 0,
    });
    const rest = place(shard, BO, buy({ quantity: 5, timeInForce: "ioc" }));
    expect(rest.order).toMatchObject({
      state: "canceled",
      filled: 1,
      leaves: 0,
      reason: "immediate",
    });
    expect(rest.says.at(-1)).toBe(
      "canceled: it does not rest, and found no more to trade with (4 lots taken off)",
    );
  });

  test("waits for its stop price, or is triggered at once", () => {
    const shard = traded();
    const waits = place(shard, ANA, sell({ type: "stop", price: 80, stopPrice: 90 }));
    expect(waits.order).toMatchObject({ state: "waiting", stopPrice: 90, hasSlid: false });
    expect(waits.order.isTriggered).toBe(false);
    const reached = place(shard, ANA, sell({ type: "stop_limit", price: 105, stopPrice: 100 }));
    expect(reached.order).toMatchObject({ state: "resting", stopPrice: 100, isTriggered: true });
    expect(reached.says).toEqual([
      "accepted: 5 lots at 105 ticks",
      "triggered at stop price 100 ticks by a trade at 100 ticks",
    ]);
  });

  test("that slid says where it went from where it was asked", () => {
    const shard = new SmallShard();
    place(shard, ANA, sell({ price: 100 }));
    const { order } = place(shard, BO, buy({ price: 103, postOnly: "slide" }));
    expect(order).toMatchObject({ state: "resting", price: 99, asked: 103, hasSlid: true });
  });

  test("that was replaced rests or waits, nobody says which", () => {
    const shard = traded();
    place(shard, ANA, sell({ type: "stop", price: 80, stopPrice: 90, clientOrderId: 4n }));
    const command = replaceCommand({ market: MARKET, clientOrderId: 4n, price: 81, quantity: 2 });
    const order = orderOutcome(command, shard.trade(ANA, command));
    expect(order).toMatchObject({ state: "open", price: 81, leaves: 2, stopPrice: 0 });
  });

  test("with a budget ends when it buys no more", () => {
    const shard = new SmallShard();
    place(shard, ANA, sell({ price: 100, quantity: 50 }));
    const { order, says } = place(shard, BO, {
      ...buy({ quantity: 50, type: "market", budget: 250 }),
      price: 200,
    });
    expect(order).toMatchObject({ state: "canceled", filled: 2, reason: "budget" });
    expect(says.at(-1)).toBe(
      "canceled: what is left of its budget buys no more (48 lots taken off)",
    );
  });

  test("that met its own account's tells both apart", () => {
    const shard = new SmallShard();
    place(shard, ANA, sell({ quantity: 5, clientOrderId: 1n }));
    const { order, says } = place(
      shard,
      ANA,
      buy({ quantity: 2, clientOrderId: 2n, selfTradePrevention: "decrement" }),
    );
    expect(order).toMatchObject({ state: "canceled", reason: "self_trade", leaves: 0 });
    expect(order.others.map((other) => [other.clientOrderId, other.leaves])).toEqual([[1n, 3]]);
    expect(says[1]).toBe(
      "reduced: it met an order of its own account, and both lost 2 lots, 3 lots left",
    );
  });

  test("that was rejected, or of which nothing is known, has none", () => {
    const shard = new SmallShard();
    const command = placeCommand(buy({ price: 20_000 }));
    expect(orderOutcome(command, shard.trade(ANA, command))).toBeNull();
    expect(orderOutcome(command, [])).toBeNull();
  });
});

describe("a cascade that my own order set off", () => {
  /** Ana's sell meets Bo's bids and reaches her own stop. */
  function cascade(): { command: Uint8Array; reports: Report[]; stopId: bigint } {
    const shard = traded();
    place(shard, BO, buy({ price: 95, quantity: 2 }));
    place(shard, BO, buy({ price: 80, quantity: 10 }));
    const stop = sell({ type: "stop", price: 70, stopPrice: 96, quantity: 4, clientOrderId: 9n });
    place(shard, ANA, stop);
    const command = placeCommand(sell({ price: 95, quantity: 3, clientOrderId: 10n }));
    const reports = shard.trade(ANA, command).filter(({ account }) => account === ANA);
    return { command, reports, stopId: 9n };
  }

  test("does not change what is said of that order", () => {
    const { command, reports, stopId } = cascade();
    const order = orderOutcome(command, reports)!;
    expect(order).toMatchObject({ state: "resting", filled: 2, leaves: 1, isTriggered: false });
    expect(order.others.map(({ kind, clientOrderId }) => [kind, clientOrderId])).toEqual([
      [codes.REPORT_TRIGGERED, stopId],
      [codes.REPORT_FILL, stopId],
    ]);
    expect(reports.every(({ tag, index }) => tag === reports[0]!.tag && index === 0)).toBe(true);
  });

  test("leaves its result open, though the last report is of an order that is over", () => {
    const { command, reports } = cascade();
    const [first] = reports;
    const header = {
      kind: codes.FRAME_TRADER,
      shard: 1,
      venue: new Uint8Array(32),
      account: ANA,
      key: first!.orderKey,
      nonce: first!.orderNonce,
      expiry: 0,
    };
    const tracker = new FrameTracker(encodeFrame(header, [command]));
    for (const report of reports) tracker.onReport(report);
    tracker.onDone(first!.position);
    return expect(tracker.results).resolves.toMatchObject([{ state: "open" }]);
  });
});

test("what is due is told in words, and has no frame's tag", () => {
  const shard = new SmallShard();
  const till = LOG_TIME + 1000;
  const command = placeCommand(buy({ clientOrderId: 1n }));
  shard.trade(ANA, command);
  const [set] = shard.trade(ANA, encodeDeadMan(500));
  expect(explainReport(set!)).toBe("dead-man timer: fires after 1970-01-01T00:00:01.000500Z");
  const [off] = shard.trade(ANA, encodeDeadMan(0));
  expect(explainReport(off!)).toBe("dead-man timer off");
  shard.trade(ANA, encodeDeadMan(500));
  const due = shard.applyFrame(new Uint8Array(0), { logTime: till });
  expect(due.map((report) => explainReport(report))).toEqual([
    "canceled: the account's dead-man timer fired (5 lots taken off)",
    "dead-man timer fired: 1 orders canceled",
  ]);
  expect(due.map(({ tag, index }) => [tag, index])).toEqual([
    ["0".repeat(16), codes.INDEX_DUE],
    ["0".repeat(16), codes.INDEX_DUE],
  ]);
});
