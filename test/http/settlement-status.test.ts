/**
 * What settlement answers about the venue as a whole, over a real engine: whole bodies, as
 * docs/HTTP.md states them.
 */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { STATE_HALTED, SIDE_SELL, TIF_IOC } from "../../src/protocol/codes.ts";
import { encodeCancel, encodeMarketState } from "../../src/protocol/commands.ts";
import { VERSION } from "../../src/edges/version.ts";
import { FedShard, FIRST_TIME, limit } from "./fed-shard.ts";

/** Position of the record behind genesis and the opening of three traders, and its log time. */
const OPENED = 7;
const PROBLEM = "application/problem+json";
const timeOf = (position: number): number => FIRST_TIME + (position - 1) * 10_000;

let shard: FedShard;
beforeEach(() => {
  shard = new FedShard();
});
afterEach(() => shard.close());

/** Asks of 0.2000 at 60001.00 and 1.0000 at 60002.00, then a bid of 0.5000 at 59999.00. */
function fillBook(): void {
  shard.trade(
    1,
    limit({ side: SIDE_SELL, price: 6_000_100, quantity: 2_000, clientOrderId: 5n }),
    limit({ side: SIDE_SELL, price: 6_000_200, quantity: 10_000, clientOrderId: 6n }),
  );
  shard.trade(2, limit({ price: 5_999_900, quantity: 5_000, clientOrderId: 42n }));
}

function buy(quantity: number, clientOrderId: bigint): void {
  shard.trade(2, limit({ price: 6_000_100, quantity, clientOrderId }));
}

describe("status and time", () => {
  test("how far the matcher is, is not guessed from what was executed so far", async () => {
    const matched = async (): Promise<unknown> => {
      const { shards } = (await shard.get("/v1/status")) as {
        shards: { matched_position: number }[];
      };
      return shards[0]?.matched_position;
    };
    shard.data.matchedPosition = 0;
    fillBook();
    expect(await matched()).toBe(0);
    shard.data.matchedPosition = OPENED + 90;
    expect(await matched()).toBe(OPENED + 90);
  });

  test("a shard's status counts commands, trades and open orders", async () => {
    fillBook();
    buy(500, 43n);
    shard.checkpoint();
    shard.nowMs += 640;
    expect(await shard.get("/v1/status")).toEqual({
      venue: shard.parts.venue.toHex(),
      name: "demo",
      version: VERSION,
      protocol_version: 1,
      rules_version: 1,
      rules_known: [1],
      directory_shard: 1,
      role: "leader",
      shards: [
        {
          shard: 1,
          log: "embedded, D2, ./data",
          matcher: null,
          position: OPENED + 3,
          matched_position: OPENED + 3,
          log_time_us: timeOf(OPENED + 3),
          orders_per_s: 0,
          commands: 4,
          trades: 1,
          open_orders: 3,
          accounts: 3,
          markets: 2,
          directory: 3,
          links: [],
          rules: { version: 1, from: 1, next: null },
          halted: null,
          checkpoint: {
            number: 0,
            position: OPENED + 3,
            log_time_us: timeOf(OPENED + 3),
            age_ms: 550,
          },
          export: null,
          kept: null,
        },
      ],
    });
  });

  test("an export says what is archived, how far it is behind and why it waits", async () => {
    fillBook();
    shard.checkpoint();
    const [archived, archivedTime] = [OPENED, timeOf(OPENED)];
    const counts = { steps: 3, bytes: 5000, faults: 1 };
    shard.exported = { place: "directory d", archived, archivedTime, ...counts, why: "no room" };
    const head = { archived_position: OPENED, archived_time_us: archivedTime, to: "directory d" };
    expect(await shard.get("/v1/status")).toMatchObject({
      shards: [{ export: { ...head, lag_records: 2, waits: "no room" } }],
    });
    expect(await shard.get("/v1/accounts/1")).toMatchObject({ archived_position: OPENED });
    shard.exported = { ...shard.exported, archived: OPENED + 2, why: "" };
    expect(await shard.get("/v1/status")).toMatchObject({
      shards: [{ export: { archived_position: OPENED + 2, lag_records: 0, waits: null } }],
    });
  });

  test("a halt is told with its reasons and position; at first no checkpoint", async () => {
    shard.halted = "by hand: a drill | record 77 has no successor state: its log time goes back";
    expect(await shard.get("/v1/status")).toMatchObject({
      shards: [
        {
          halted: {
            reason: "its log time goes back",
            reasons: [
              "by hand: a drill",
              "record 77 has no successor state: its log time goes back",
            ],
            position: 77,
            mark: shard.halted,
            recomputed: null,
          },
          checkpoint: null,
        },
      ],
    });
    const publicKey = new Uint8Array(32).fill(7);
    const key = { key: 1, account: 0, publicKey, scopes: 1, expiry: 0, revoked: false };
    const operators = [{ ...key, high: 9, reference: 0, logon: 0 }];
    const chain = new Uint8Array(32).fill(8);
    const wrong = { wrong: "record 77 has no successor state", poison: 77 };
    const rules = { version: 1, from: 1 };
    const found = { position: 80, published: 76, chain, ...wrong, rules };
    shard.recompute = { found: { ...found, operators } };
    const recomputed = { ...found, chain: "08".repeat(32) };
    const own = { key: 1, public_key: "07".repeat(32), nonce_high: 9 };
    expect(await shard.get("/v1/status")).toMatchObject({
      shards: [{ halted: { recomputed: { ...recomputed, operators: [own] } } }],
    });
  });

  test("orders per second are those of the last full second", async () => {
    const perSecond = (): Promise<unknown> => shard.get("/v1/status");
    const rate = (orders: number) => ({ shards: [{ orders_per_s: orders }] });
    shard.nowMs += 1000;
    fillBook();
    expect(await perSecond()).toMatchObject(rate(0));
    shard.nowMs += 1000;
    buy(10, 50n);
    expect(await perSecond()).toMatchObject(rate(3));
    shard.nowMs += 1000;
    expect(await perSecond()).toMatchObject(rate(1));
    buy(10, 51n);
    shard.nowMs += 2000;
    expect(await perSecond()).toMatchObject(rate(0));
    // Records of long ago are caught up with: they are no rate of now.
    shard.nowMs += 10_000;
    buy(10, 52n);
    shard.nowMs += 1000;
    expect(await perSecond()).toMatchObject({ shards: [{ orders_per_s: 0, commands: 6 }] });
  });

  test("a trader's refused command counts, an operator's command does not", async () => {
    shard.operate(encodeMarketState(7, STATE_HALTED));
    shard.trade(1, limit({ market: 99 }));
    // Accepted, then canceled: two reports of one command. A cancel is a command of its own.
    shard.trade(1, limit({ tif: TIF_IOC }));
    shard.trade(1, limit({}), encodeCancel(1, 1n));
    expect(await shard.get("/v1/status")).toMatchObject({ shards: [{ commands: 4 }] });
  });

  test("time is this server's and the log's", async () => {
    expect(await shard.get("/v1/time")).toEqual({
      time_us: FIRST_TIME,
      log_time_us: timeOf(OPENED),
    });
  });

  test("assets have their totals", async () => {
    fillBook();
    buy(500, 43n);
    expect(await shard.get("/v1/assets?shard=1")).toEqual({
      assets: [
        // 0.0500 at 60001.00 is 3000.05: 200 ppm from the maker, 500 ppm from the taker.
        {
          ...asset("USD", 1, 6),
          deposits: "3000000.000000",
          withdrawals: "0.000000",
          fees: "2.100035",
          net: "0.000000",
        },
        {
          ...asset("BTC", 2, 8),
          deposits: "300.00000000",
          withdrawals: "0.00000000",
          fees: "0.00000000",
          net: "0.00000000",
        },
      ],
    });
  });
});

function asset(symbol: string, id: number, decimals: number) {
  return { id, symbol, decimals };
}

describe("checkpoints", () => {
  test("before the first there is none", async () => {
    expect(await shard.ask("/v1/checkpoints/latest")).toMatchObject([
      404,
      PROBLEM,
      { name: "not_found" },
    ]);
  });

  test("the newest is told with both notes, and what they say", async () => {
    shard.checkpoint();
    const venue = shard.parts.venue.toHex();
    const latest = shard.latest!;
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    const root = (note: string): string => Uint8Array.fromBase64(note.split("\n")[2]!).toHex();
    const [input, state] = [text(latest.inputNote), text(latest.stateNote)];
    expect(await shard.get("/v1/checkpoints/latest")).toEqual({
      shard: 1,
      number: 0,
      position: OPENED,
      log_time_us: timeOf(OPENED),
      age_ms: 0,
      input: { origin: `${venue}/1/in`, size: OPENED, root: root(input), note: input },
      state: { origin: `${venue}/1/state`, size: 1, root: root(state), note: state },
    });
  });
});
