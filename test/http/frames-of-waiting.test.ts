/**
 * Stops, times, timers and disconnect frames over HTTP: they are bytes like any others.
 */
import { expect, test } from "bun:test";
import { placeCommand } from "../../src/client/order-request.ts";
import { createIngressHttp } from "../../src/ingress-verifier/http.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { ALICE, Stand } from "../ingress/stand.ts";

async function post(stand: Stand, frame: Uint8Array): Promise<[number, Record<string, unknown>]> {
  const limits = { httpBodyBytesMax: 4096, httpRequestsMax: 3 };
  const { signal } = new AbortController();
  const app = createIngressHttp({ ingress: stand.ingress, limits, stop: signal });
  const headers = { "Content-Type": "application/octet-stream" };
  const request = { method: "POST", body: frame.slice(), headers };
  const answer = await app.request("/v1/frames", request);
  return [answer.status, (await answer.json()) as Record<string, unknown>];
}

const ORDER = { market: 1, side: "buy", price: 100, quantity: 2 } as const;

test("a stop, a slide, a day and a timer are answered like any order", async () => {
  await using stand = await Stand.start();
  const commands = [
    placeCommand({ ...ORDER, type: "stop", stopPrice: 90, timeInForce: "day" }),
    placeCommand({ ...ORDER, goodTill: new Date("2040-01-01"), postOnly: "slide" }),
    encode.encodeDeadMan(60_000_000),
  ];
  const [status, { reports }] = await post(stand, stand.trade(ALICE, ...commands));
  expect(status).toBe(200);
  expect(reports).toMatchObject([
    { kind: "accepted", index: 0, asked: 90 },
    { kind: "accepted", index: 1, asked: 0 },
    { kind: "timer_set", index: 2, fires_after: stand.store.logTime + 60_000_000, before: 0 },
  ]);
});

test("what no venue takes is refused by its bytes", async () => {
  await using stand = await Stand.start();
  const noPrice = encode.encodeNewOrder({
    market: 1,
    side: codes.SIDE_BUY,
    type: codes.TYPE_STOP,
    tif: codes.TIF_GTC,
    clientOrderId: 1n,
    price: 1,
    quantity: 1,
    stp: 0,
    postOnly: 0,
  });
  const [status, { name }] = await post(stand, stand.trade(ALICE, noPrice));
  expect([status, name]).toEqual([400, "stop_price"]);
});

test("a disconnect frame acts now, once, and only for the key's last logon", async () => {
  await using stand = await Stand.start();
  const wire = await stand.logOn(ALICE);
  const nonce = stand.nonceOf(ALICE);
  wire.send(stand.order(ALICE));
  await wire.report(({ kind }) => kind === codes.REPORT_ACCEPTED);
  const mass = [encode.encodeMassCancel(0, 0)];
  const frame = stand.sign(codes.FRAME_DISCONNECT, ALICE, mass, { nonce });
  const [status, { reports }] = await post(stand, frame);
  expect(status).toBe(200);
  expect(reports).toMatchObject([
    { kind: "canceled", reason: "mass" },
    { kind: "mass_canceled", canceled: 1 },
  ]);
  const [again, problem] = await post(stand, frame);
  expect(again).toBe(409);
  expect(problem).toMatchObject({ name: "logon_gone", stated: nonce, limit: 0 });
});
