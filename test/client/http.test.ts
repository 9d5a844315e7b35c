/**
 * The HTTP client: answers, problems, and what a lost answer means.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { HttpClient } from "../../src/client/http.ts";
import { PROBLEM_CONTENT_TYPE, problemOfCode } from "../../src/edges/problem.ts";
import * as codes from "../../src/protocol/codes.ts";
import { errorOf } from "./stand.ts";

const open: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop();
});

function serve(answer: (request: Request) => Response | Promise<Response>): HttpClient {
  const server = Bun.serve({ port: 0, fetch: answer });
  open.push({ stop: () => server.stop(true) });
  const url = `http://127.0.0.1:${server.port}`;
  return new HttpClient({ settlement: url, ingress: url, timeoutMs: 200 });
}

describe("a question", () => {
  test("brings all pages of markets", async () => {
    const asked: string[] = [];
    const pages: Record<string, object> = {
      "?limit=1000": { markets: [{ id: 1 }, { id: 2 }], next: 2 },
      "?after=2&limit=1000": { markets: [{ id: 3 }], next: null },
    };
    const client = serve((request) => {
      const { search, pathname } = new URL(request.url);
      asked.push(pathname);
      return Response.json(pages[search]);
    });
    expect((await client.markets()).map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(asked).toEqual(["/v1/markets", "/v1/markets"]);
  });

  test("that is refused has the code, the words and the numbers", async () => {
    const client = serve(() => {
      const problem = {
        ...problemOfCode(codes.REJECT_UNKNOWN_MARKET, "no X-Y"),
        stated: 5,
        limit: 6,
      };
      const headers = { "Content-Type": PROBLEM_CONTENT_TYPE };
      return Response.json(problem, { status: 404, headers });
    });
    const { code, message, retryable, stated, limit } = await errorOf(client.market("X-Y"));
    expect([code, message, retryable, stated, limit]).toEqual([
      "unknown_market",
      "unknown_market: no such market on this shard (no X-Y)",
      false,
      5,
      6,
    ]);
  });

  test("whose answer lacks what the page promises is refused by name", async () => {
    const client = serve(() => Response.json({ venue: "ab" }));
    const { code, message } = await errorOf(client.status());
    expect(code).toBe("protocol_violation");
    expect(message).toEndWith("/v1/status answers without shards, rules_version");
    const broken = serve(() => new Response("<html>", { status: 502 }));
    expect((await errorOf(broken.time())).retryable).toBe(true);
  });

  test("that nobody answers is unreachable", async () => {
    const client = new HttpClient({ settlement: "http://127.0.0.1:1", timeoutMs: 500 });
    const { code, message } = await errorOf(client.status());
    expect([code, message.includes("http://127.0.0.1:1")]).toEqual(["unreachable", true]);
  });
});

describe("a frame", () => {
  test("goes as its very bytes", async () => {
    const got: unknown[] = [];
    const client = serve(async (request) => {
      got.push(request.headers.get("content-type"), new Uint8Array(await request.arrayBuffer()));
      return Response.json({ position: 4, reports: [] });
    });
    expect(await client.postFrame(Uint8Array.of(1, 2, 3))).toEqual({ position: 4, reports: [] });
    expect(got).toEqual(["application/octet-stream", Uint8Array.of(1, 2, 3)]);
  });

  test("without an answer has an unknown outcome, but not where nobody listened", async () => {
    const slow = serve(() => new Promise(() => undefined));
    expect((await errorOf(slow.postFrame(Uint8Array.of(1)))).code).toBe("unknown_outcome");
    const url = "http://127.0.0.1:1";
    const nobody = new HttpClient({ settlement: url, ingress: url });
    expect((await errorOf(nobody.postFrame(Uint8Array.of(1)))).code).toBe("unreachable");
  });
});
