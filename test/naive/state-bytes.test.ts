/**
 * The naive engine's state bytes, field by field from RULES.md section 8. A trie of one entry is
 * SHA-256(0 || key || value), so one market and one order show their bytes in the root.
 */
import { describe, expect, test } from "bun:test";
import { sha256 } from "../../src/base/hash.ts";
import { trieRoot } from "../../src/naive/naive-trie.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { LOG_TIME, MARKET, MONEY, order, QUOTE, SmallShard } from "../support/small-shard.ts";

type Field = readonly [offset: number, size: 1 | 2 | 4 | 8, value: number];

/** Little-endian fields in so many bytes. */
function bytes(size: number, fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  for (const [offset, width, value] of fields) {
    for (let i = 0; i < width; i++)
      out[offset + i] = Number((BigInt(value) >> BigInt(8 * i)) & 255n);
  }
  return out;
}

function leaf(key: Uint8Array, value: Uint8Array): Uint8Array {
  return sha256(Uint8Array.of(0), key, value);
}

const STOP_LIMIT = order({
  side: codes.SIDE_SELL,
  type: codes.TYPE_STOP_LIMIT,
  tif: codes.TIF_GTD,
  stp: codes.STP_DECREMENT,
  clientOrderId: 0x1122n,
  price: 90,
  stopPrice: 95,
  quantity: 3,
  goodTill: LOG_TIME + 7,
});

describe("an order", () => {
  test("that waits: its stop price in the key, its limit price, good till and type behind", () => {
    const shard = new SmallShard();
    shard.trade(1, STOP_LIMIT);
    const key = Uint8Array.of(0, 0, 0, MARKET, 4, 0, 0, 0, 95, 0, 0, 0, 0, 0, 0, 0, 1);
    const value = bytes(56, [
      [0, 4, 1],
      [4, 4, 2],
      [8, 8, 1],
      [18, 1, codes.STP_DECREMENT],
      [20, 4, 3],
      [24, 8, 0x1122],
      [36, 4, 90],
      [40, 8, LOG_TIME + 7],
      [48, 1, codes.TYPE_STOP_LIMIT],
    ]);
    expect(shard.engine.roots().books).toEqual(leaf(key, value));
  });

  test("that was triggered and rests is a limit order like any other", () => {
    const shard = new SmallShard();
    shard.trade(2, order({ side: codes.SIDE_SELL, price: 93 }));
    shard.trade(2, order({ clientOrderId: 2n, price: 93 }));
    shard.trade(1, STOP_LIMIT);
    const key = Uint8Array.of(0, 0, 0, MARKET, 2, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 0, 2);
    const value = bytes(56, [
      [0, 4, 1],
      [4, 4, 2],
      [8, 8, 1],
      [18, 1, codes.STP_DECREMENT],
      [20, 4, 3],
      [24, 8, 0x1122],
      [40, 8, LOG_TIME + 7],
      [48, 1, codes.TYPE_LIMIT],
    ]);
    expect(shard.engine.roots().books).toEqual(leaf(key, value));
  });

  test("that slides has its mode, and its place in the frame", () => {
    const shard = new SmallShard();
    const slides = order({ clientOrderId: 5n, postOnly: codes.POST_ONLY_SLIDE });
    shard.trade(1, encode.encodeCancel(MARKET, 1n), slides);
    const key = Uint8Array.of(0, 0, 0, MARKET, 1, 0, 0, 0, 100, 0, 0, 0, 0, 0, 0, 0, 1);
    const value = bytes(56, [
      [0, 4, 1],
      [4, 4, 2],
      [8, 8, 1],
      [16, 2, 1],
      [19, 1, codes.POST_ONLY_SLIDE],
      [20, 4, 1],
      [24, 8, 5],
      [48, 1, codes.TYPE_LIMIT],
    ]);
    expect(shard.engine.roots().books).toEqual(leaf(key, value));
  });
});

describe("a market", () => {
  test("has trades, last price and window behind its 88 bytes", () => {
    const shard = new SmallShard({ reportsPerRecordMax: 8 });
    const sell = { side: codes.SIDE_SELL };
    shard.trade(1, order({ ...sell, clientOrderId: 1n, price: 70 }));
    const stop = { type: codes.TYPE_STOP, stopPrice: 65, price: 65 };
    shard.trade(1, order({ ...stop, clientOrderId: 3n }));
    // A cancel to come leaves the stop one report too few.
    const cancels = [1, 2].map(() => encode.encodeCancel(MARKET, 99n));
    shard.trade(2, order({ price: 70 }), ...cancels);
    const { opened } = shard.engine.state.markets.get(MARKET)!;
    const value = new Uint8Array(112);
    value.set(opened);
    const tail = bytes(24, [
      [0, 8, 1],
      [8, 4, 70],
      [12, 4, 70],
      [16, 4, 70],
    ]);
    value.set(tail, 88);
    expect(shard.engine.roots().markets).toEqual(leaf(Uint8Array.of(0, 0, 0, MARKET), value));
  });
});

describe("what is stated beside the roots", () => {
  test("totals end with the net, which may be below zero; links are the known other shards", () => {
    const shard = new SmallShard();
    shard.operate(encode.encodeShardOpen(0x1234), encode.encodeShardOpen(7));
    const transfers = [3, 4].map((amount) => encode.encodeTransfer(7, QUOTE, amount));
    shard.trade(1, ...transfers);
    const back = {
      entry: codes.ENTRY_CREDIT,
      source: 7,
      account: 2,
      number: 1,
      key: QUOTE,
      scopes: 0,
      expiry: 5,
      directory: 99,
      publicKey: new Uint8Array(32),
    };
    shard.operate(encode.encodeCarry(back));
    const { directory, totals, links } = shard.engine.roots();
    expect(directory).toBe(2);
    const amounts = bytes(24, [[0, 8, 2 * MONEY]]).toHex();
    expect(totals.toHex().slice(2 * 32, 2 * 56)).toBe(amounts);
    expect(totals.toHex().slice(2 * 56, 2 * 64)).toBe("00".repeat(8));
    expect(totals.toHex().slice(2 * 96, 2 * 120)).toBe(amounts);
    expect(totals.toHex().slice(2 * 120)).toBe(`fe${"ff".repeat(7)}`);
    const known = bytes(48, [
      [0, 2, 7],
      [8, 8, 2],
      [16, 8, 1],
      [24, 2, 0x1234],
    ]);
    expect(links.toHex()).toBe(known.toHex());
  });
});

describe("an account", () => {
  test("has its timer between its number and its counts", () => {
    const shard = new SmallShard({ traders: 0 });
    const operator = accountZero(shard);
    const publicKey = new Uint8Array(32).fill(5);
    const fresh = encode.encodeKey(codes.COMMAND_ACCOUNT_OPEN, publicKey, codes.SCOPES_TRADER, 0);
    shard.direct({ account: 0, key: 1 }, fresh);
    shard.operate(encode.encodeDeposit(2, 1, MONEY, 1));
    shard.trade(1, encode.encodeDeadMan(50));
    // key_added, deposited, timer_set; one key, one asset.
    const value = bytes(32 + 208 + 24, [
      [0, 4, 1],
      [8, 8, 3],
      [16, 8, LOG_TIME + 50],
      [24, 4, 1],
      [28, 4, 1],
      [32, 4, 2],
      [36, 4, codes.SCOPES_TRADER],
      [80, 8, 1],
      [112, 1, 2],
      [240, 4, 2],
      [248, 8, MONEY],
    ]);
    value.set(publicKey, 48);
    const entries = [operator(2, 2), { key: Uint8Array.of(0, 0, 0, 1), value }];
    expect(shard.engine.roots().accounts).toEqual(trieRoot(entries));
  });

  /** Account 0 with one key, once it has so many reports and its key this nonce. */
  function accountZero(shard: SmallShard) {
    const { publicKey } = shard.engine.state.keys[0]!;
    return (number: number, nonce: number) => {
      const value = bytes(32 + 208, [
        [0, 4, 0],
        [8, 8, number],
        [24, 4, 1],
        [32, 4, 1],
        [36, 4, codes.SCOPES_OPERATOR],
        [80, 8, nonce],
        [88, 8, 1],
        [112, 1, 6],
      ]);
      value.set(publicKey, 48);
      return { key: new Uint8Array(4), value };
    };
  }
});
