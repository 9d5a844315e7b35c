/**
 * What settlement takes from `ex` besides what it executes: older trades at a start, and the tip.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { SIDE_SELL } from "../../src/protocol/codes.ts";
import { followTip, recall } from "../../src/settlement-plane/recall.ts";
import { ShardData } from "../../src/settlement-plane/shard-data.ts";
import { ALICE, BOB, Stand } from "../ingress/stand.ts";
import { order } from "../support/small-shard.ts";
import { until } from "./fed-server.ts";
import { FedShard } from "./fed-shard.ts";

let stand: Stand;
const fed = new FedShard();
const told: string[] = [];
beforeAll(async () => {
  stand = await Stand.start();
  const wire = await stand.logOn(ALICE, BOB);
  const sell = { side: SIDE_SELL, price: 100, quantity: 50, clientOrderId: 7n };
  wire.send(stand.trade(BOB, order(sell)));
  for (let i = 1; i <= 3; i++) {
    const buy = order({ price: 100, quantity: i, clientOrderId: BigInt(i) });
    wire.send(stand.trade(ALICE, buy));
  }
  await wire.report((report) => report.account === 1 && report.cumulative === 3);
});
afterAll(async () => {
  fed.close();
  await stand[Symbol.asyncDispose]();
});

function freshData(): ShardData {
  const listener = {
    onChange: () => void told.push("change"),
    onTrade: (market: number, { id }: { id: number }) => void told.push(`${market} ${id}`),
  };
  return new ShardData(fed, { tradesKept: 10, wallMs: () => 0, listener });
}

test("trades and finished orders of records up to the position are recalled", async () => {
  const data = freshData();
  const stop = new AbortController().signal;
  // All but the last trade: that record will be executed, and must not come twice.
  await recall(stand.store.open(), data, stand.tip - 1, stop);
  const trades = data.ringOf(1)?.list(100, 100) ?? [];
  expect(trades.map(({ id, quantity, isTakerBuy }) => [id, quantity, isTakerBuy])).toEqual([
    [2, 2, true],
    [1, 1, true],
  ]);
  expect(trades.map(({ position }) => position)).toEqual([stand.tip - 1, stand.tip - 2]);
  // Nonce 1 was the logon.
  const orders = [2, 3, 4].map((nonce) => data.finished.find({ key: 2, nonce, index: 0 }));
  expect(orders).toMatchObject([{ filled: 1, reason: 0 }, { filled: 2 }, null]);
  // The state counts trades already, and nobody was there to be told of a change.
  expect([data.trades, data.rate.total, told.includes("change")]).toEqual([0, 0, false]);
});

test("an empty shard has nothing to recall", async () => {
  const data = freshData();
  await recall(stand.store.open(), data, 0, new AbortController().signal);
  expect(data.ringOf(1)).toBeNull();
});

test("the matcher's position is followed until the end", async () => {
  const data = freshData();
  const stop = new AbortController();
  const following = followTip(stand.store.open(), data, stop.signal);
  await until("the tip", () => data.matchedPosition === stand.tip);
  stop.abort();
  await following;
});
