/**
 * Market data as a client keeps it: books from snapshots and deltas, and what makes it begin
 * again. The texts are those that docs/HTTP.md prints.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Server, ServerWebSocket } from "bun";
import { crc32 } from "../../src/base/crc32.ts";
import { Prng } from "../../src/base/prng.ts";
import { BookMirror, bookChecksum } from "../../src/client/book-mirror.ts";
import type { LevelJson } from "../../src/client/http-json.ts";
import type { DeltaMessage, SnapshotMessage } from "../../src/client/stream-json.ts";
import { MarketStream, type StreamEvents } from "../../src/client/stream.ts";

const page = readFileSync(join(import.meta.dir, "../../docs/HTTP.md"), "utf8");
const printed = page
  .split("\n{")
  .map((part) => `{${part.split("```")[0]!}`)
  .filter((part) => /^\{"type": "(snapshot|trade|delta|checkpoint|stats)"/.test(part))
  .map((part) => part.replace(/\n\n[^]*/, "").trim());
const [SNAPSHOT, TRADE, DELTA] = printed.map((text) => JSON.parse(text));

class StreamServer {
  readonly asked: string[] = [];
  readonly sockets: ServerWebSocket<unknown>[] = [];
  /** What each new connection is sent. */
  greeting: string[] = [JSON.stringify(SNAPSHOT)];
  private readonly server: Server<unknown>;

  constructor() {
    this.server = Bun.serve({
      port: 0,
      fetch: (request, server) => {
        this.asked.push(new URL(request.url).search);
        return server.upgrade(request, { data: null })
          ? undefined
          : new Response("", { status: 400 });
      },
      websocket: {
        data: null,
        open: (socket) => {
          this.sockets.push(socket);
          for (const text of this.greeting) socket.send(text);
        },
        message: () => undefined,
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.server.port}`;
  }

  stop(): Promise<void> {
    return this.server.stop(true);
  }
}

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function serve(): StreamServer {
  const server = new StreamServer();
  open.push({ close: () => server.stop() });
  return server;
}

function follow(server: StreamServer, events: StreamEvents, silentMsMax = 5000): MarketStream {
  const markets = ["BTC-USD"];
  const stream = new MarketStream({ settlement: server.url, markets, silentMsMax }, events);
  open.unshift(stream);
  return stream;
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(setImmediate);
}

test("the page's own messages make a book, and its checksums are right", () => {
  const book = new BookMirror("BTC-USD");
  expect(printed.length).toBe(5);
  expect(book.begin(SNAPSHOT)).toBe("");
  expect(book.apply(DELTA)).toBe("");
  expect([book.bids, book.asks, book.sequence]).toEqual([
    [["59999.00", "0.5000"]],
    [["60003.00", "2.0000"]],
    4413,
  ]);
  expect(bookChecksum([], [])).toBe(crc32(new TextEncoder().encode("|")));
});

test("a book that follows deltas equals one that is sorted anew", () => {
  const prng = new Prng(11);
  const sides = { bids: new Map<number, number>(), asks: new Map<number, number>() };
  const level = (price: number, lots: number): LevelJson => [`${price}.00`, `${lots}.0`];
  const listed = (side: Map<number, number>, sign: number): LevelJson[] =>
    [...side].sort(([a], [b]) => sign * (a - b)).map(([price, lots]) => level(price, lots));
  const state = () => ({ bids: listed(sides.bids, -1), asks: listed(sides.asks, 1) });
  const common = { market: "A-B", position: 1, log_time_us: 1 };
  const checked = () => ({ ...state(), checksum: bookChecksum(state().bids, state().asks) });
  const book = new BookMirror("A-B");
  const snapshot = { type: "snapshot", depth: 50, sequence: 0, ...common, ...checked() } as const;
  expect(book.begin(snapshot satisfies SnapshotMessage)).toBe("");
  for (let step = 1; step <= 3000; step++) {
    const name = prng.chance(50) ? "bids" : "asks";
    const price = prng.between(95, 1005);
    const lots = prng.chance(40) ? 0 : prng.between(1, 9);
    if (lots === 0) sides[name].delete(price);
    else sides[name].set(price, lots);
    const change: LevelJson = lots === 0 ? [`${price}.00`, "0"] : level(price, lots);
    const changes = { bids: [], asks: [], [name]: [change] };
    const delta = { type: "delta", first: step, last: step, ...common, ...changes } as const;
    const { checksum } = checked();
    expect([step, book.apply({ ...delta, checksum } satisfies DeltaMessage)]).toEqual([step, ""]);
    if (step % 500 === 0) expect({ bids: book.bids, asks: book.asks }).toEqual(state());
  }
});

describe("a stream", () => {
  test("names its markets and hands on books and trades", async () => {
    const server = serve();
    server.greeting.push(JSON.stringify(TRADE), '{"type":"later kind"}', JSON.stringify(DELTA));
    const said: string[] = [];
    follow(server, {
      onBook: (book) => said.push(`book ${book.sequence} ${book.asks[0]?.[0]}`),
      onTrade: (trade) => said.push(`trade ${trade.id} ${trade.taker_side}`),
    });
    await until(() => said.length === 3);
    expect(said).toEqual(["book 4411 60001.00", "trade 311 buy", "book 4413 60003.00"]);
    expect(server.asked).toEqual(["?markets=BTC-USD"]);
  });

  const faults: readonly (readonly [string, string, string])[] = [
    ["a gap", JSON.stringify({ ...DELTA, first: 4413, last: 4414 }), "4412 to 4412 did not come"],
    ["a wrong checksum", JSON.stringify({ ...DELTA, checksum: 5 }), "checksum 148614679 here, 5"],
    ["another market's delta", JSON.stringify({ ...DELTA, market: "X-Y" }), "before its snapshot"],
    ["noise", "{", "no JSON"],
  ];
  test.each(faults)("begins again after %s", async (_name, text, why) => {
    const server = serve();
    const lost: string[] = [];
    let books = 0;
    const stream = follow(server, {
      onBook: () => books++,
      onLost: (error) => lost.push(error.message),
    });
    await until(() => books === 1);
    server.sockets[0]!.send(text);
    await until(() => lost.length === 1);
    expect(lost[0]).toContain(why);
    expect(stream.book("BTC-USD")).toBeUndefined();
    await until(() => books === 2);
    expect(stream.book("BTC-USD")?.sequence).toBe(4411);
  });

  test("begins again after silence, and after the server closed it", async () => {
    const server = serve();
    const lost: string[] = [];
    follow(server, { onLost: (error) => lost.push(error.message) }, 40);
    await until(() => server.sockets.length === 1);
    await until(() => lost.length === 1);
    await until(() => server.sockets.length === 2);
    server.sockets[1]!.close(1013);
    await until(() => lost.length === 2);
    expect(lost[0]).toContain("silent for 40 ms");
    expect(lost[1]).toContain("(1013)");
  });
});
