/**
 * The stream over a real server: who is not let in, and who is closed.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { FedServer, type ServerSettings, StreamTape, until } from "./fed-server.ts";
import { limit } from "./fed-shard.ts";
import { flow, SlowReader } from "./slow-reader.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function serve(settings: ServerSettings = {}): FedServer {
  const server = new FedServer(settings);
  closers.push(() => server.close());
  return server;
}

test("a HEAD over the wire has the length of what a GET gives", async () => {
  const server = serve();
  for (const path of ["/", "/v1/markets"]) {
    const head = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: "HEAD" });
    const body = await (await server.get(path)).arrayBuffer();
    expect(head.headers.get("content-length")).toBe(String(body.byteLength));
  }
});

describe("an upgrade is refused", () => {
  const upgrade = { headers: { Upgrade: "websocket", Connection: "Upgrade" } };
  test.each([
    ["?markets=XRP", 404, "unknown_market"],
    ["?markets=", 404, "unknown_market"],
    ["?market=1", 400, "bad_query"],
    [`?markets=${Array(65).fill("1").join()}`, 400, "bad_query"],
    ["", 426, "upgrade_required"],
  ])("%s", async (query, status, name) => {
    const server = serve();
    const url = `http://127.0.0.1:${server.port}/v1/stream${query}`;
    const answer = await fetch(url, status === 426 ? {} : upgrade);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect([answer.status, await answer.json()]).toMatchObject([status, { name }]);
  });

  test("beyond the limit of connections, until one goes", async () => {
    const server = serve({ connectionsMax: 2 });
    const tapes = [new StreamTape(server.port), new StreamTape(server.port)];
    for (const tape of tapes) await tape.untilCount(2);
    const url = `http://127.0.0.1:${server.port}/v1/stream`;
    const headers = {
      ...upgrade.headers,
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    };
    const answer = await fetch(url, { headers });
    expect([answer.status, await answer.json()]).toMatchObject([503, { name: "connections_max" }]);
    tapes[0]!.socket.close();
    await until("one reader", () => server.shard.counts.streamConnections === 1);
    const third = new StreamTape(server.port);
    await third.untilCount(2);
  });
});

describe("a reader is closed", () => {
  test("when it says something, or the server goes", async () => {
    const server = serve();
    const talker = new StreamTape(server.port);
    const quiet = new StreamTape(server.port);
    await talker.untilCount(2);
    await quiet.untilCount(2);
    talker.socket.send("hello");
    await until("close", () => talker.closed !== null);
    expect(talker.closed).toEqual({ code: 1008, reason: "this stream takes no messages" });
    server.closeReaders();
    await until("close", () => quiet.closed !== null);
    expect(quiet.closed).toEqual({ code: 1001, reason: "going away" });
    expect(server.shard.counts.streamConnections).toBe(0);
  });

  test("with 1013 when it reads too slowly, and others notice nothing", async () => {
    const server = serve({ queueBytesMax: 65_536 });
    const { shard } = server;
    const fast = new StreamTape(server.port, "?markets=1");
    await fast.untilCount(1);
    const slow = await SlowReader.open(server.port);
    await until("two readers", () => shard.counts.streamConnections === 2);
    const prng = new Prng(5);
    for (let turn = 0; turn < 2000 && shard.counts.streamSlow === 0; turn++) {
      flow(shard, prng, 200);
      await new Promise(setImmediate);
    }
    expect(shard.counts.streamSlow).toBe(1);
    expect(await slow.closeCode()).toBe(1013);
    await until("one reader", () => shard.counts.streamConnections === 1);
    shard.trade(1, limit({ price: 6_000_000, quantity: 100_000, clientOrderId: 9_999n }));
    await fast.untilPosition(shard.engine.position);
    expect(fast.closed).toBeNull();
  }, 30_000);
});
