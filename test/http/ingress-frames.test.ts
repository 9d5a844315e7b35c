/**
 * Frames over HTTP: each answer that docs/HTTP.md names, over a real ingress with a real matcher
 * behind.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createIngressHttp } from "../../src/ingress-verifier/http.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { ALICE, BOB, OPERATOR, signerOf, Stand, tagOf } from "../ingress/stand.ts";
import { order } from "../support/small-shard.ts";

const PROBLEM = "application/problem+json";
const BYTES = "application/octet-stream";
const LIMITS = { httpBodyBytesMax: 4096, httpRequestsMax: 3 };

let stand: Stand;
const stop = new AbortController();
beforeAll(async () => {
  stand = await Stand.start();
});
afterAll(() => stand[Symbol.asyncDispose]());

type Answer = [status: number, type: string, body: Record<string, unknown>];

function app(limits = LIMITS) {
  return createIngressHttp({ ingress: stand.ingress, limits, stop: stop.signal });
}

async function post(
  frame: Uint8Array,
  headers: Record<string, string> = { "Content-Type": BYTES },
): Promise<Answer> {
  const answer = await app().request("/v1/frames", {
    method: "POST",
    body: frame.slice(),
    headers,
  });
  return [
    answer.status,
    answer.headers.get("content-type") ?? "",
    (await answer.json()) as Answer[2],
  ];
}

function problem(code: number, status: number, fields: object = {}): unknown[] {
  const { name, says, retry } = codes.rejectCode(code);
  const type = `urn:clob:reject:${name}`;
  return [status, PROBLEM, { type, title: says, status, code, name, retry, ...fields }];
}

describe("a frame that is taken up", () => {
  test("is answered with the reports of its own account, in whole ticks and lots", async () => {
    const sell = { side: codes.SIDE_SELL, price: 100, quantity: 5, clientOrderId: 7n };
    await post(stand.trade(BOB, order(sell)));
    const buy = order({ price: 101, quantity: 3, clientOrderId: 2n ** 63n });
    const frame = stand.trade(ALICE, buy, encode.encodeCancel(1, 99n));
    const position = stand.tip + 1;
    const [status, type, body] = await post(frame);
    expect([status, type]).toEqual([200, "application/json;charset=utf-8"]);
    const reports = body["reports"] as Record<string, unknown>[];
    const nonce = stand.nonceOf(ALICE);
    const alike = { account: 1, position, log_time: stand.store.logTime, tag: tagOf(frame) };
    const own = {
      market: 1,
      side: "buy",
      order_id: `2-${nonce}-0`,
      client_order_id: "9223372036854775808",
    };
    const numbers = reports.map(({ number }) => Number(number));
    expect(numbers).toEqual(numbers.map((_, i) => numbers[0]! + i));
    expect(body).toEqual({
      position,
      reports: [
        {
          kind: "accepted",
          ...alike,
          number: numbers[0],
          index: 0,
          ...own,
          price: 101,
          cumulative: 0,
          leaves: 3,
          held: expect.any(Number),
          asked: 0,
        },
        {
          kind: "fill",
          ...alike,
          number: numbers[1],
          index: 0,
          ...own,
          price: 100,
          cumulative: 3,
          leaves: 0,
          last: 3,
          trade_id: 1,
          fee: expect.any(Number),
          liquidity: "taker",
        },
        {
          kind: "rejected",
          ...alike,
          number: numbers[2],
          index: 1,
          code: 311,
          name: "unknown_order",
          says: "no open order has this id",
          command_type: 17,
          client_order_id: "99",
          subject: 1,
          stated: 0,
          limit: 0,
        },
      ],
    });
  });

  test("of the operators is answered to account 0", async () => {
    const suspend = encode.encodeAccountState(2, 1);
    const lift = encode.encodeAccountState(2, 0);
    const [, , body] = await post(stand.operate(suspend, lift));
    expect(body["reports"]).toMatchObject([
      { kind: "account_state", account: 0, subject: 2, state: 1 },
      { kind: "account_state", account: 0, subject: 2, state: 0 },
    ]);
    const key = encode.encodeKey(codes.COMMAND_ACCOUNT_OPEN, signerOf(9).publicKey, 31, 0);
    const [, , opened] = await post(stand.direct(OPERATOR, key));
    expect(opened["reports"]).toMatchObject([
      { kind: "account_opened", account: 0, opened_account: 3, key: 4, scopes: 31 },
    ]);
  });
});

describe("a frame that is refused", () => {
  test("for its signature or key: 401, and the log stays untouched", async () => {
    const tip = stand.tip;
    const buy = order({ clientOrderId: 5n });
    const forged = stand.sign(codes.FRAME_TRADER, ALICE, [buy], {
      signer: signerOf(77),
      nonce: 900,
    });
    expect(await post(forged)).toEqual(problem(codes.REJECT_SIGNATURE, 401) as Answer);
    const nobody = { account: 1, key: 40 };
    const unknown = stand.sign(codes.FRAME_TRADER, nobody, [buy], { nonce: 901 });
    expect(await post(unknown)).toEqual(problem(codes.REJECT_UNKNOWN_KEY, 401) as Answer);
    expect(stand.tip).toBe(tip);
  });

  test("for a nonce: 409 with both numbers, and nothing changes", async () => {
    const frame = stand.order(ALICE);
    expect((await post(frame))[0]).toBe(200);
    const high = stand.nonceOf(ALICE);
    expect(await post(frame)).toEqual(
      problem(codes.REJECT_DUPLICATE, 409, { stated: high, limit: high }) as Answer,
    );
    const nonce = high + 2 ** 20 + 1;
    const far = stand.sign(codes.FRAME_TRADER, ALICE, [order({})], { nonce });
    expect(await post(far)).toEqual(
      problem(codes.REJECT_NONCE_TOO_FAR, 409, { stated: nonce, limit: high + 2 ** 20 }) as Answer,
    );
  });

  test("for its bytes: 400", async () => {
    const frame = stand.order(ALICE);
    for (const [at, value, code] of [
      [0, 0, codes.REJECT_PROTOCOL],
      [4, 9, codes.REJECT_VERSION],
      [6, 7, codes.REJECT_SHARD],
    ] as const) {
      const spoiled = frame.slice();
      spoiled[at] = value;
      expect(await post(spoiled)).toEqual(problem(code, 400) as Answer);
    }
    expect(await post(frame.subarray(0, 40))).toEqual(
      problem(codes.REJECT_FRAME_SIZE, 400) as Answer,
    );
    expect(await post(new Uint8Array(0))).toEqual(problem(codes.REJECT_FRAME_SIZE, 400) as Answer);
  });

  test("for its content type, size or a parameter: 415, 413, 400", async () => {
    const frame = stand.order(ALICE);
    for (const headers of [{}, { "Content-Type": "application/json" }]) {
      expect(await post(frame, headers)).toMatchObject([415, PROBLEM, { name: "content_type" }]);
    }
    const typed = await post(frame, { "Content-Type": `${BYTES}; charset=binary` });
    expect(typed[0]).toBe(200);
    expect(await post(new Uint8Array(4097))).toMatchObject([413, PROBLEM, { name: "body_size" }]);
    const answer = await app().request("/v1/frames?now", { method: "POST", body: frame.slice() });
    expect([answer.status, await answer.json()]).toMatchObject([400, { name: "bad_query" }]);
  });

  test("for its method or path: 405, 404", async () => {
    for (const [path, method, allow] of [
      ["/v1/frames", "GET", "POST"],
      ["/metrics", "POST", "GET, HEAD"],
      ["/healthz", "DELETE", "GET, HEAD"],
    ] as const) {
      const answer = await app().request(path, { method });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
      expect(await answer.json()).toMatchObject({ name: "method" });
    }
    const answer = await app().request("/v1/frame");
    expect([answer.status, await answer.json()]).toMatchObject([404, { name: "not_found" }]);
  });
});

test("more frames at once than the limit: 503, and the others are answered", async () => {
  const one = app();
  const frames = Array.from({ length: 5 }, () => stand.order(ALICE));
  const answers = await Promise.all(
    frames.map((body) =>
      one.request("/v1/frames", {
        method: "POST",
        body: body.slice(),
        headers: { "Content-Type": BYTES },
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 503, 503]);
  expect(await answers[4]!.json()).toMatchObject({ name: "requests_max", retry: true });
});

test("own pages, and what changes when it drains", async () => {
  const one = app();
  const read = async (path: string): Promise<unknown[]> => {
    const answer = await one.request(path);
    return [answer.status, await answer.json()];
  };
  expect(await read("/healthz")).toEqual([200, { status: "ok" }]);
  expect(await read("/readyz")).toEqual([200, { status: "ready" }]);
  const metrics = await (await one.request("/metrics")).text();
  expect(metrics).toContain(`\nclob_ingress_position{shard="1"} ${stand.tip}\n`);
  stop.abort();
  expect(await read("/readyz")).toEqual([503, { status: "draining" }]);
  expect(await post(stand.order(ALICE))).toEqual(problem(codes.REJECT_DRAINING, 503) as Answer);
});
