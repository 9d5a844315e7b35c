/**
 * What all routes of settlement have alike: strict queries, methods, headers, limits, own pages.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { FedShard } from "./fed-shard.ts";

const PROBLEM = "application/problem+json";

let shard: FedShard;
beforeEach(() => {
  shard = new FedShard({ rowsMax: 50 });
});
afterEach(() => shard.close());

describe("a query is read strictly:", () => {
  test.each([
    ["/v1/status?shard=1", "there is no parameter shard"],
    ["/v1/time?", null],
    ["/v1/time?x", "there is no parameter x"],
    ["/v1/markets?limit=0", "limit is an integer of 1 to 50"],
    ["/v1/markets?limit=51", "limit is an integer of 1 to 50"],
    ["/v1/markets?limit=50", null],
    ["/v1/markets?limit=5&limit=5", "limit is given twice"],
    ["/v1/markets?limit=", "limit is an integer of 1 to 50"],
    ["/v1/markets?limit=1.0", "limit is an integer of 1 to 50"],
    ["/v1/markets?limit=%2B1", "limit is an integer of 1 to 50"],
    ["/v1/markets?after=4294967296", "after is an integer of 0 to 4294967295"],
    ["/v1/markets/BTC-USD?depth=1", "there is no parameter depth"],
    ["/v1/markets/BTC-USD/book?depth=0", "depth is an integer of 1 to 50"],
    ["/v1/markets/BTC-USD/trades?before=x", "before is an integer of 1 to 9007199254740991"],
    ["/v1/assets?shard=65535", "shard is an integer of 1 to 65534"],
    ["/v1/accounts/1/orders?after=1", "after is an order id such as 9-55-0"],
  ])("%s", async (path, why) => {
    const [status, type, body] = await shard.ask(path);
    if (why === null) {
      expect([status, type]).toEqual([200, "application/json;charset=utf-8"]);
      return;
    }
    expect([status, type, body]).toEqual([
      400,
      PROBLEM,
      {
        type: "urn:clob:http:bad_query",
        title: "bad query",
        status: 400,
        name: "bad_query",
        retry: false,
        detail: why,
      },
    ]);
  });

  test("a shard that is not served here is not found", async () => {
    expect(await shard.ask("/v1/assets?shard=2")).toMatchObject([
      404,
      PROBLEM,
      { name: "not_found", detail: "shard 2 is not served here" },
    ]);
  });
});

describe("methods and paths:", () => {
  test("HEAD is a GET without a body, all others are refused with what is allowed", async () => {
    const head = await shard.app.request("/v1/status", { method: "HEAD" });
    expect([head.status, await head.text()]).toEqual([200, ""]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const answer = await shard.app.request("/v1/markets/1/book", { method });
      expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
      expect(await answer.json()).toMatchObject({ name: "method", status: 405 });
    }
  });

  test.each(["/v1", "/v1/market", "/v1/status/", "/v2/status", "/dashboard", "/v1/orders/"])(
    "%s is not found",
    async (path) => {
      expect(await shard.ask(path)).toMatchObject([404, PROBLEM, { name: "not_found" }]);
    },
  );
});

describe("headers:", () => {
  test.each(["/", "/v1/status", "/v1/nothing", "/metrics", "/dashboard.js"])(
    "%s lets nobody frame, sniff or load from elsewhere",
    async (path) => {
      const { headers } = await shard.app.request(path);
      const policy = headers.get("content-security-policy") ?? "";
      expect(policy.split("; ")).toEqual([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
    },
  );
});

describe("limits and own pages:", () => {
  test("more requests in progress than the limit are refused, and room is given back", async () => {
    const small = new FedShard({ requestsMax: 2 });
    const answers = await Promise.all([1, 2, 3].map(() => small.app.request("/v1/status")));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
    const refused = answers.find(({ status }) => status === 503);
    expect(await refused?.json()).toMatchObject({ name: "requests_max", retry: true });
    expect((await small.app.request("/v1/status")).status).toBe(200);
    expect(small.counts).toMatchObject({ requests: 3, refused: 1, inProgress: 0 });
    small.close();
  });

  test("a route that fails is 500 and gives its place back", async () => {
    shard.parts.log.halted = () => Promise.reject(new Error("the disk is gone"));
    expect(await shard.ask("/v1/status")).toMatchObject([500, PROBLEM, { name: "internal" }]);
    expect(shard.counts.inProgress).toBe(0);
  });

  test("healthz, readyz and metrics", async () => {
    expect(await shard.get("/healthz")).toEqual({ status: "ok" });
    expect(await shard.get("/readyz")).toEqual({ status: "ready", role: "leader" });
    shard.isReady = false;
    expect(await shard.ask("/readyz")).toMatchObject([
      503,
      "application/json;charset=utf-8",
      { status: "recovering" },
    ]);
    shard.checkpoint();
    shard.nowMs += 1500;
    const metrics = await (await shard.app.request("/metrics")).text();
    expect(metrics.split("\n").filter((line) => line.includes('{shard="1"}'))).toEqual([
      'clob_log_trimmed_position{shard="1"} 0',
      'clob_settlement_accounts{shard="1"} 3',
      'clob_settlement_carry_stalled_seconds{shard="1"} 0',
      'clob_settlement_checkpoint_age_seconds{shard="1"} 1.44',
      'clob_settlement_checkpoints_total{shard="1"} 1',
      'clob_settlement_commands_total{shard="1"} 0',
      'clob_settlement_halted_info{shard="1"} 0',
      'clob_settlement_in_flight_entries{shard="1"} 0',
      'clob_settlement_lag_records{shard="1"} 0',
      'clob_settlement_matched_position{shard="1"} 7',
      'clob_settlement_open_orders{shard="1"} 0',
      'clob_settlement_orders_expired_total{shard="1"} 0',
      'clob_settlement_position{shard="1"} 7',
      'clob_settlement_stops_triggered_total{shard="1"} 0',
      'clob_settlement_timers_fired_total{shard="1"} 0',
      'clob_settlement_trades_total{shard="1"} 0',
    ]);
    expect(metrics).toContain("\nclob_settlement_requests_total 4\n");
  });
});
