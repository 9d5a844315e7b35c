/**
 * What log time alone brings in the naive engine, by hand from RULES.md section 9: good till, the
 * trading day, dead-man timers, their room, and what is refused while they are left.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { whatIsWrong } from "../support/naive-checks.ts";
import { LOG_TIME, MARKET, order, type Setting, SmallShard } from "../support/small-shard.ts";
import { line } from "./report-line.ts";

const SELL = { side: codes.SIDE_SELL };
const GTD = { tif: codes.TIF_GTD };
const ROOM_OF_SIX = { reportsPerRecordMax: 12 };

function open(setting: Setting = {}): SmallShard {
  return new SmallShard({ makerFeePpm: 0, takerFeePpm: 0, ...setting });
}

describe("good till", () => {
  test("an order lives in the microsecond of its good till and is canceled past it", () => {
    const shard = open();
    shard.trade(1, order({ ...GTD, goodTill: LOG_TIME + 5, quantity: 2 }));
    shard.time = LOG_TIME + 5;
    expect(shard.trade(2, order({ ...SELL }))).toHaveLength(3);
    expect(shard.tick()).toEqual([]);
    shard.time++;
    const said = shard.tick();
    expect(said.map(line)).toEqual(["1 canceled 7 #1 1@100 1+0 (100, 0)"]);
    expect(said.map(({ tag, index }) => [tag, index])).toEqual([["0000000000000000", 65_535]]);
    expect(whatIsWrong(shard.engine.state)).toBe("");
  });

  test("one that is past already is refused", () => {
    const shard = open();
    const goodTills = [LOG_TIME - 1, LOG_TIME];
    const said = goodTills.flatMap((goodTill) => shard.trade(1, order({ ...GTD, goodTill })));
    expect(said.map(line)).toEqual([
      `1 rejected order_expired #1 1@100 0+0 (${LOG_TIME - 1}, ${LOG_TIME})`,
      "1 accepted 0 #1 0@100 0+1 (100, 0)",
    ]);
  });

  test("orders go by good till, then arrival: stops too, in halted markets, for any frame", () => {
    const shard = open();
    const stop = { type: codes.TYPE_STOP_LIMIT, stopPrice: 200 };
    shard.trade(
      1,
      order({ ...GTD, clientOrderId: 1n, goodTill: LOG_TIME + 9 }),
      order({ ...GTD, clientOrderId: 2n, goodTill: LOG_TIME + 8 }),
      order({ ...GTD, ...stop, clientOrderId: 3n, goodTill: LOG_TIME + 7 }),
      order({ ...GTD, clientOrderId: 4n, goodTill: LOG_TIME + 8 }),
      order({ ...GTD, clientOrderId: 5n, goodTill: LOG_TIME + 10 }),
      encode.encodeReplace(MARKET, 2n, 101, 1),
    );
    shard.operate(encode.encodeMarketState(MARKET, codes.STATE_HALTED));
    shard.time = LOG_TIME + 10;
    // The replaced one arrived last.
    const unknown = { kind: codes.FRAME_TRADER, account: 1, key: 9 };
    const said = shard.send(unknown, [encode.encodeCancel(MARKET, 5n)]);
    expect(said.map(({ kind, clientOrderId }) => [kind, clientOrderId])).toEqual([
      [codes.REPORT_CANCELED, 3n],
      [codes.REPORT_CANCELED, 4n],
      [codes.REPORT_CANCELED, 2n],
      [codes.REPORT_CANCELED, 1n],
      [codes.REPORT_REJECTED, 0n],
    ]);
    expect(said.at(-1)?.tag).not.toBe(said[0]?.tag);
  });
});

describe("the trading day", () => {
  /** Good till of a day order that comes at this time. */
  function lastOfDay(dayStartS: number, time: number): number | undefined {
    const shard = open({ dayStartS });
    shard.time = time;
    shard.trade(1, order({ tif: codes.TIF_DAY }));
    return shard.engine.openOrders()[0]?.goodTill;
  }
  const DAY = 86_400_000_000;

  test("ends with the microsecond before it begins again", () => {
    expect(lastOfDay(0, DAY - 1)).toBe(DAY - 1);
    expect(lastOfDay(0, DAY)).toBe(2 * DAY - 1);
    expect(lastOfDay(79_200, 3 * DAY)).toBe(3 * DAY + 79_200_000_000 - 1);
    expect(lastOfDay(79_200, 3 * DAY + 79_200_000_000)).toBe(4 * DAY + 79_200_000_000 - 1);
  });

  test("has one before the first, and none past what a time may be", () => {
    expect(lastOfDay(3_600, LOG_TIME)).toBe(3_600_000_000 - 1);
    expect(lastOfDay(86_399, codes.AMOUNT_MAX)).toBe(codes.AMOUNT_MAX);
  });

  test("has exact borders however late it is", () => {
    const late = 104_000 * DAY + 3_600_000_000;
    expect(lastOfDay(3_600, late - 1)).toBe(late - 1);
    expect(lastOfDay(3_600, late)).toBe(late + DAY - 1);
  });
});

describe("a dead-man timer", () => {
  test("fires past its time: the account's orders everywhere by arrival, once", () => {
    const shard = open();
    const said = shard.trade(1, encode.encodeDeadMan(5), encode.encodeDeadMan(9));
    expect(said.map(line)).toEqual([
      `1 timer_set 0 #0 0@0 0+0 (${LOG_TIME + 5}, 0)`,
      `1 timer_set 0 #0 0@0 0+0 (${LOG_TIME + 9}, ${LOG_TIME + 5})`,
    ]);
    const stop = { type: codes.TYPE_STOP, stopPrice: 200 };
    shard.trade(1, order({ clientOrderId: 2n }), order({ ...stop, clientOrderId: 1n }));
    shard.trade(2, order({}));
    shard.operate(encode.encodeMarketState(MARKET, codes.STATE_HALTED));
    shard.time = LOG_TIME + 9;
    expect(shard.tick()).toEqual([]);
    shard.time++;
    const fired = shard.tick();
    expect(fired.map(line)).toEqual([
      "1 canceled 8 #2 1@100 0+0 (100, 0)",
      "1 canceled 8 #1 1@100 0+0 (100, 0)",
      `1 timer_fired 0 #0 2@0 0+0 (${LOG_TIME + 9}, 0)`,
    ]);
    expect(fired.map(({ index }) => index)).toEqual(Array(3).fill(codes.INDEX_DUE));
    expect(shard.tick()).toEqual([]);
    expect(shard.engine.openOrders()).toHaveLength(1);
  });

  test("is disarmed by a timeout of zero, and never set past what a time may be", () => {
    const shard = open();
    shard.trade(1, encode.encodeDeadMan(5));
    const said = shard.trade(1, encode.encodeDeadMan(0));
    expect(said.map(line)).toEqual([`1 timer_set 0 #0 0@0 0+0 (0, ${LOG_TIME + 5})`]);
    shard.time = codes.AMOUNT_MAX - 1;
    expect(shard.trade(1, encode.encodeDeadMan(codes.DAY_US))[0]?.first).toBe(codes.AMOUNT_MAX);
  });

  test("needs a key that may cancel or trade", () => {
    const shard = open();
    const key = encode.encodeKey(
      codes.COMMAND_KEY_ADD,
      new Uint8Array(32).fill(77),
      codes.SCOPE_READ,
      0,
    );
    shard.direct({ account: 1, key: 2 }, key);
    const signer = { kind: codes.FRAME_TRADER, account: 1, key: 4 };
    const [said] = shard.send(signer, [encode.encodeDeadMan(5)]);
    expect([said?.code, said?.first, said?.second, said?.subject, said?.reason]).toEqual([
      codes.REJECT_KEY_SCOPE,
      codes.SCOPE_READ,
      codes.SCOPE_CANCEL,
      0,
      codes.COMMAND_DEAD_MAN,
    ]);
  });

  test("several fire by time, then account", () => {
    const shard = open({ traders: 3 });
    shard.trade(2, encode.encodeDeadMan(5));
    shard.trade(1, encode.encodeDeadMan(5));
    shard.trade(3, encode.encodeDeadMan(4));
    shard.time += 6;
    expect(shard.tick().map(({ account }) => account)).toEqual([3, 1, 2]);
  });
});

describe("with room for six reports of what is due", () => {
  const ids = (from: bigint, count: number) =>
    Array.from({ length: count }, (_, i) => from + BigInt(i));

  test("a timer is cut off and goes on; nobody trades meanwhile, but may cancel", () => {
    const shard = open(ROOM_OF_SIX);
    for (const id of ids(1n, 8)) shard.trade(1, order({ clientOrderId: id }));
    shard.trade(2, order({ clientOrderId: 1n }));
    shard.trade(1, encode.encodeDeadMan(5));
    shard.trade(2, encode.encodeDeadMan(6));
    shard.time += 7;
    const said = shard.trade(
      2,
      order({ ...SELL, clientOrderId: 2n }),
      encode.encodeReplace(MARKET, 1n, 101, 1),
      encode.encodeCancel(MARKET, 1n),
    );
    expect(said.map(line).slice(4)).toEqual([
      "1 canceled 8 #5 1@100 0+0 (100, 0)",
      `1 timer_fired 1 #0 5@0 0+0 (${LOG_TIME + 5}, 0)`,
      "2 rejected catching_up #2 1@100 0+0 (0, 0)",
      "2 rejected catching_up #1 1@101 0+0 (0, 0)",
      "2 canceled 1 #1 1@100 0+0 (100, 0)",
    ]);
    expect(shard.trade(2, order({ clientOrderId: 3n })).map(line)).toEqual([
      "1 canceled 8 #6 1@100 0+0 (100, 0)",
      "1 canceled 8 #7 1@100 0+0 (100, 0)",
      "1 canceled 8 #8 1@100 0+0 (100, 0)",
      `1 timer_fired 0 #0 3@0 0+0 (${LOG_TIME + 5}, 0)`,
      `2 timer_fired 0 #0 0@0 0+0 (${LOG_TIME + 6}, 0)`,
      "2 accepted 0 #3 0@100 0+1 (100, 0)",
    ]);
  });

  test("expired orders come before timers, and a timer with room of one cancels nothing", () => {
    const shard = open(ROOM_OF_SIX);
    for (const clientOrderId of ids(1n, 5)) {
      shard.trade(1, order({ ...GTD, clientOrderId, goodTill: LOG_TIME + 20 }));
    }
    shard.trade(2, order({}));
    shard.trade(2, encode.encodeDeadMan(5));
    shard.time += 21;
    expect(shard.tick().slice(4).map(line)).toEqual([
      "1 canceled 7 #5 1@100 0+0 (100, 0)",
      `2 timer_fired 1 #0 0@0 0+0 (${LOG_TIME + 5}, 0)`,
    ]);
  });

  test("a timer that was not begun can be disarmed, and its account trades in that frame", () => {
    const shard = open(ROOM_OF_SIX);
    for (const clientOrderId of ids(1n, 6)) {
      shard.trade(1, order({ ...GTD, clientOrderId, goodTill: LOG_TIME }));
    }
    shard.trade(2, order({}), encode.encodeDeadMan(5));
    shard.time += 6;
    const next = order({ clientOrderId: 2n });
    const said = shard.trade(2, next, encode.encodeDeadMan(0), next);
    expect(said.slice(6).map(line)).toEqual([
      "2 rejected catching_up #2 1@100 0+0 (0, 0)",
      `2 timer_set 0 #0 0@0 0+0 (0, ${LOG_TIME + 5})`,
      "2 accepted 0 #2 0@100 0+1 (100, 0)",
    ]);
    expect(shard.tick()).toEqual([]);
  });

  test("expired orders are cut off; cancels of those left make way in their frame", () => {
    const shard = open(ROOM_OF_SIX);
    for (const clientOrderId of ids(1n, 8)) {
      shard.trade(1, order({ ...GTD, clientOrderId, goodTill: LOG_TIME }));
    }
    shard.trade(2, encode.encodeDeadMan(5));
    shard.time += 6;
    // Eight expire, six fit; the timer is not begun.
    const said = shard.trade(
      1,
      encode.encodeCancel(MARKET, 7n),
      order({ clientOrderId: 9n }),
      encode.encodeCancel(MARKET, 8n),
    );
    expect(said.slice(0, 6).map(({ reason }) => reason)).toEqual(Array(6).fill(7));
    expect(said.slice(6).map(line)).toEqual([
      "1 canceled 1 #7 1@100 0+0 (100, 0)",
      "1 rejected catching_up #9 1@100 0+0 (0, 0)",
      "1 canceled 1 #8 1@100 0+0 (100, 0)",
    ]);
    const next = shard.trade(1, order({ clientOrderId: 9n }));
    expect(next.map(({ kind }) => kind)).toEqual([codes.REPORT_TIMER_FIRED, codes.REPORT_ACCEPTED]);
  });

  test("the last cancel of what is left lets the next command trade", () => {
    const shard = open(ROOM_OF_SIX);
    for (const clientOrderId of ids(1n, 7)) {
      shard.trade(1, order({ ...GTD, clientOrderId, goodTill: LOG_TIME }));
    }
    shard.time++;
    const next = order({ clientOrderId: 9n });
    const said = shard.trade(1, next, encode.encodeCancel(MARKET, 7n), next);
    expect(said.slice(6).map(line)).toEqual([
      "1 rejected catching_up #9 1@100 0+0 (0, 0)",
      "1 canceled 1 #7 1@100 0+0 (100, 0)",
      "1 accepted 0 #9 0@100 0+1 (100, 0)",
    ]);
  });
});
