/**
 * FinishedOrders: the newest are found, the oldest forgotten, and forgetting costs nothing that
 * grows.
 */
import { expect, test } from "bun:test";
import { type FinishedOrder, FinishedOrders } from "../../src/settlement-plane/finished-orders.ts";

const ORDER: FinishedOrder = {
  account: 1,
  market: 1,
  side: 1,
  clientOrderId: 0n,
  price: 100,
  filled: 5,
  reason: 0,
  stopPrice: 0,
};
const MANY = 400_000;
const MS_MAX = 5000;

function idOf(nonce: number): { key: number; nonce: number; index: number } {
  return { key: 2, nonce, index: 0 };
}

test("keeps the newest, whatever was forgotten before", () => {
  const orders = new FinishedOrders(3);
  for (let nonce = 1; nonce <= 8; nonce++) orders.add(idOf(nonce), { ...ORDER, price: nonce });
  const found = [4, 5, 6, 7, 8].map((nonce) => orders.find(idOf(nonce))?.price ?? null);
  expect(found).toEqual([null, null, 6, 7, 8]);
});

test("an order that is told again is the same one, as it was told last", () => {
  const orders = new FinishedOrders(2);
  orders.add(idOf(1), ORDER);
  orders.add(idOf(1), { ...ORDER, filled: 9 });
  orders.add(idOf(2), ORDER);
  expect(orders.find(idOf(1))?.filled).toBe(9);
  orders.add(idOf(3), ORDER);
  expect(orders.find(idOf(1))).toBe(null);
  expect(orders.find(idOf(2))).toEqual(ORDER);
});

test("a long history does not slow it down: a restart shows it hundreds of thousands", () => {
  const orders = new FinishedOrders();
  const start = performance.now();
  for (let nonce = 1; nonce <= MANY; nonce++) orders.add(idOf(nonce), ORDER);
  expect(performance.now() - start).toBeLessThan(MS_MAX);
  expect(orders.find(idOf(MANY))).toEqual(ORDER);
});
