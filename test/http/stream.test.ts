/**
 * The stream over a real server: what a reader is sent, and that a book kept by the recipe is the
 * book.
 */
import { afterEach, describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { BookMirror } from "../../src/client/book-mirror.ts";
import type { BookJson } from "../../src/client/http-json.ts";
import type { StreamMessage } from "../../src/client/stream-json.ts";
import { SIDE_SELL, TYPE_STOP_LIMIT } from "../../src/protocol/codes.ts";
import { encodeCancel } from "../../src/protocol/commands.ts";
import { FedServer, type ServerSettings, StreamTape, until } from "./fed-server.ts";
import { FIRST_TIME, limit } from "./fed-shard.ts";
import { flow } from "./slow-reader.ts";

const OPENED = 7;
const timeOf = (position: number): number => FIRST_TIME + (position - 1) * 10_000;
const EMPTY = Bun.hash.crc32("|");

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

function serve(settings: ServerSettings = {}): FedServer {
  const server = new FedServer(settings);
  closers.push(() => server.close());
  return server;
}

describe("a reader", () => {
  test("is sent a snapshot, then trades before the delta that shows what they did", async () => {
    const server = serve();
    const { shard } = server;
    shard.trade(2, limit({ price: 5_999_900, quantity: 5_000, clientOrderId: 42n }));
    shard.trade(
      1,
      limit({ side: SIDE_SELL, price: 6_000_100, quantity: 2_000, clientOrderId: 5n }),
    );
    const tape = new StreamTape(server.port, "?markets=BTC-USD");
    await tape.untilCount(1);
    shard.trade(2, limit({ price: 6_000_100, quantity: 2_000, clientOrderId: 43n }));
    await tape.untilCount(3);
    shard.trade(
      1,
      limit({ side: SIDE_SELL, price: 6_000_300, quantity: 20_000, clientOrderId: 6n }),
    );
    await tape.untilCount(4);
    const place = (position: number) => ({ position, log_time_us: timeOf(position) });
    expect(tape.messages).toEqual([
      {
        type: "snapshot",
        market: "BTC-USD",
        sequence: 0,
        depth: 50,
        ...place(OPENED + 2),
        bids: [["59999.00", "0.5000"]],
        asks: [["60001.00", "0.2000"]],
        checksum: 3077996118, // As docs/HTTP.md prints it for this book.
      },
      {
        type: "trade",
        market: "BTC-USD",
        id: 1,
        price: "60001.00",
        quantity: "0.2000",
        taker_side: "buy",
        ...place(OPENED + 3),
      },
      {
        type: "delta",
        market: "BTC-USD",
        first: 1,
        last: 1,
        ...place(OPENED + 3),
        bids: [],
        asks: [["60001.00", "0"]],
        checksum: Bun.hash.crc32("59999.00:0.5000|"),
      },
      {
        type: "delta",
        market: "BTC-USD",
        first: 2,
        last: 2,
        ...place(OPENED + 4),
        bids: [],
        asks: [["60003.00", "2.0000"]],
        checksum: Bun.hash.crc32("59999.00:0.5000|60003.00:2.0000"),
      },
    ]);
  });

  test("without names gets the first markets by id, and checkpoints and stats", async () => {
    const server = serve();
    const tape = new StreamTape(server.port);
    await tape.untilCount(2);
    server.shard.checkpoint();
    await until("stats", () => tape.messages.some(({ type }) => type === "stats"));
    const rest = { bids: [], asks: [], checksum: EMPTY, depth: 50, sequence: 0 };
    const place = { position: OPENED, log_time_us: timeOf(OPENED) };
    expect(tape.messages).toEqual([
      { type: "snapshot", market: "BTC-USD", ...rest, ...place },
      { type: "snapshot", market: "ETH-USD", ...rest, ...place },
      { type: "checkpoint", shard: 1, number: 0, ...place },
      {
        type: "stats",
        time_us: FIRST_TIME,
        shards: [
          {
            shard: 1,
            position: OPENED,
            matched_position: OPENED,
            orders_per_s: 0,
            commands: 0,
            trades: 0,
            open_orders: 0,
          },
        ],
      },
    ]);
  });

  test("that joins later shares the sequence, and hears nothing of other markets", async () => {
    const server = serve();
    const { shard } = server;
    const early = new StreamTape(server.port, "?markets=BTC-USD");
    const other = new StreamTape(server.port, "?markets=7");
    await early.untilCount(1);
    await other.untilCount(1);
    shard.trade(1, limit({ price: 100_000, clientOrderId: 1n }));
    shard.trade(1, limit({ price: 100_001, clientOrderId: 2n }));
    // Joining brings the market up to date at once, whatever the pace.
    const late = new StreamTape(server.port, "?markets=1");
    await late.untilCount(1);
    shard.trade(1, limit({ price: 100_002, clientOrderId: 3n }));
    await late.untilPosition(OPENED + 3);
    await early.untilPosition(OPENED + 3);
    expect(late.messages[0]).toMatchObject({ type: "snapshot", sequence: 2 });
    expect(late.messages[1]).toEqual(early.messages.at(-1));
    expect(late.messages[1]).toMatchObject({ first: 3, last: 3, bids: [["1000.02", "0.0010"]] });
    expect(other.messages).toHaveLength(1);
  });

  test("sees of a cascade trades and levels, of stops that wait nothing", async () => {
    const server = serve();
    const { shard } = server;
    const tape = new StreamTape(server.port, "?markets=BTC-USD");
    await tape.untilCount(1);
    const stop = { type: TYPE_STOP_LIMIT, stopPrice: 6_000_100, price: 6_000_200 };
    shard.trade(3, limit({ ...stop, quantity: 3_000, clientOrderId: 7n }));
    const sell = { side: SIDE_SELL, quantity: 1_000 };
    shard.trade(
      1,
      limit({ ...sell, price: 6_000_100, clientOrderId: 5n }),
      limit({ ...sell, price: 6_000_200, clientOrderId: 6n }),
    );
    await tape.untilPosition(OPENED + 2);
    const before = tape.messages.length;
    shard.trade(2, limit({ price: 6_000_100, quantity: 1_000, clientOrderId: 43n }));
    await tape.untilCount(before + 3);
    const prices = (message: StreamMessage): unknown =>
      message.type === "trade" ? [message.price, message.quantity] : message;
    expect(tape.messages.slice(1, 2)).toMatchObject([{ bids: [], position: OPENED + 2 }]);
    expect(tape.messages.slice(before).map(prices)).toMatchObject([
      ["60001.00", "0.1000"],
      ["60002.00", "0.1000"],
      {
        bids: [["60002.00", "0.2000"]],
        asks: [
          ["60001.00", "0"],
          ["60002.00", "0"],
        ],
      },
    ]);
  });

  test("sees 50 levels a side: one falls out, one comes in", async () => {
    const server = serve();
    const { shard } = server;
    for (let i = 0; i < 50; i++) {
      shard.trade(1, limit({ price: 200_000 - i, clientOrderId: BigInt(i + 1) }));
    }
    const tape = new StreamTape(server.port, "?markets=1");
    await tape.untilCount(1);
    shard.trade(1, limit({ price: 200_001, clientOrderId: 99n }));
    await tape.untilCount(2);
    shard.trade(1, encodeCancel(1, 99n));
    await tape.untilCount(3);
    expect(tape.messages.slice(1)).toMatchObject([
      {
        first: 1,
        last: 2,
        bids: [
          ["2000.01", "0.0010"],
          ["1999.51", "0"],
        ],
      },
      {
        first: 3,
        last: 4,
        bids: [
          ["2000.01", "0"],
          ["1999.51", "0.0010"],
        ],
      },
    ]);
  });
});

describe("the recipe", () => {
  test("keeps the very book that is asked for, over wide books and many deltas", async () => {
    const server = serve();
    const { shard } = server;
    const prng = new Prng(11);
    flow(shard, prng, 500);
    const tape = new StreamTape(server.port, "?markets=1");
    await tape.untilCount(1);
    for (let turn = 0; turn < 15; turn++) {
      const before = tape.messages.length;
      flow(shard, prng, 40);
      await tape.untilCount(before + 1);
    }
    // A change that is seen for certain is the end.
    shard.trade(1, limit({ price: 6_000_000, quantity: 100_000, clientOrderId: 9_999n }));
    await tape.untilPosition(shard.engine.position);
    const book = new BookMirror("BTC-USD");
    const wrongs: string[] = [];
    let deltas = 0;
    for (const message of tape.messages) {
      if (message.type === "snapshot") wrongs.push(book.begin(message));
      if (message.type === "delta") {
        deltas++;
        wrongs.push(book.apply(message));
      }
    }
    expect(wrongs.filter((wrong) => wrong !== "")).toEqual([]);
    expect(deltas).toBeGreaterThan(10);
    const answer = await server.get("/v1/markets/1/book?depth=50");
    const asked = (await answer.json()) as BookJson;
    expect(asked.bids.length).toBe(50);
    expect([book.bids, book.asks]).toEqual([[...asked.bids], [...asked.asks]]);
    expect(book.position).toBe(asked.position);
    const ids = tape.messages.flatMap((message) => (message.type === "trade" ? [message.id] : []));
    expect(ids.length).toBeGreaterThan(100);
    expect(ids).toEqual(ids.map((_, i) => ids[0]! + i));
  });
});
