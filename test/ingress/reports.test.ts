/**
 * Who hears which report, and from where on.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { order } from "../support/small-shard.ts";
import { place, range, resumeFrom } from "./follow.ts";
import { ALICE, BOB, OPERATOR, signerOf, Stand, tagOf, until } from "./stand.ts";
import type { Wire } from "./wire.ts";

describe("a logon", () => {
  test("with 0 hears only what is new, its own report first", async () => {
    await using stand = await Stand.start();
    await place(stand, await stand.logOn(ALICE), 5);
    const { code, first, last, numbers, wire } = await resumeFrom(stand, 0);
    // key_added, two deposits, a logon, five orders, this logon.
    expect({ code, first, last, numbers }).toEqual({
      code: "",
      first: 10,
      last: 10,
      numbers: [10],
    });
    expect(wire.reports[0]).toMatchObject({ kind: codes.REPORT_LOGGED_ON, first: 0, second: 9 });
    await place(stand, wire, 2);
    expect(wire.reports.map(({ number }) => number)).toEqual([10, 11, 12]);
  });

  test("hears all from any number on, without a gap, the resume before them", async () => {
    await using stand = await Stand.start();
    await place(stand, await stand.logOn(ALICE), 5);
    for (const next of [1, 4, 9]) {
      const { code, first, last, numbers, wire } = await resumeFrom(stand, next);
      expect({ code, first, numbers }).toEqual({
        code: "",
        first: next,
        numbers: range(next, last),
      });
      const types = wire.packets.map(({ payload }) => payload[0]);
      expect(types[2]).toBe(codes.MESSAGE_RESUME);
    }
  });

  test("of the next number to come hears its own report", async () => {
    await using stand = await Stand.start();
    const { code, first, last, numbers } = await resumeFrom(stand, 4);
    expect({ code, first, last, numbers }).toEqual({ code: "", first: 4, last: 4, numbers: [4] });
  });

  test("of a number that does not exist yet is told so, and hears what is new", async () => {
    await using stand = await Stand.start();
    const { code, first, last, numbers, wire } = await resumeFrom(stand, 1000);
    expect({ code, first, last, numbers }).toEqual({
      code: "report_number",
      first: 4,
      last: 4,
      numbers: [4],
    });
    await place(stand, wire, 1);
    expect(wire.reports.at(-1)?.number).toBe(5);
  });

  test("hears from `ex` what memory does not hold any more", async () => {
    await using stand = await Stand.start({ door: { reportsKept: 8 } });
    const busy = await stand.logOn(ALICE);
    await place(stand, busy, 50);
    const { code, first, last, numbers, wire } = await resumeFrom(stand, 3);
    expect({ code, first, numbers }).toEqual({ code: "", first: 3, numbers: range(3, last) });
    await place(stand, busy, 20);
    await wire.report(({ number }) => number === last + 20);
    expect(wire.reports.map(({ number }) => number)).toEqual(range(3, last + 20));
  });

  test("goes on without a gap while others trade", async () => {
    await using stand = await Stand.start({ door: { reportsKept: 16 } });
    const busy = await stand.logOn(ALICE);
    await place(stand, busy, 100);
    const frames = Array.from({ length: 200 }, () => stand.order(ALICE));
    const resumed = resumeFrom(stand, 1);
    busy.send(...frames);
    const { wire } = await resumed;
    await wire.report(({ tag }) => tag === tagOf(frames.at(-1)!));
    const numbers = wire.reports.map(({ number }) => number);
    expect(numbers).toEqual(range(1, numbers.length));
  });

  test("hears nothing older than is kept, and is told that it needs a snapshot", async () => {
    await using stand = await Stand.start({ entry: { reportsKeptMs: 1000 } });
    const wire = await stand.logOn(ALICE);
    await place(stand, wire, 2);
    stand.store.logTime += 2_000_000;
    await place(stand, wire, 3);
    const { code, first, last, numbers } = await resumeFrom(stand, 1);
    expect({ code, first, last, numbers }).toEqual({
      code: "snapshot_required",
      first: 7,
      last: 10,
      numbers: [7, 8, 9, 10],
    });
  });

  test("is searched for among the newest records only, however much is asked for", async () => {
    const door = { reportsKept: 4, resumeRecordsMax: 10 };
    await using stand = await Stand.start({ door });
    const wire = await stand.logOn(ALICE);
    for (let i = 0; i < 30; i++) await place(stand, wire, 1);
    const read = countReads(stand);
    const { code, first, last, numbers, wire: late } = await resumeFrom(stand, 1);
    expect({ code, count: last - first + 1 }).toEqual({ code: "snapshot_required", count: 10 });
    expect(numbers).toEqual(range(first, last));
    expect(read.lowest).toBe(stand.door.followed - 10);
    // It goes on without a gap; and who asks for what is near has all of it.
    await place(stand, wire, 12);
    await late.report(({ number }) => number === last + 12);
    expect(late.reports.map(({ number }) => number)).toEqual(range(first, last + 12));
    const near = await resumeFrom(stand, last + 8);
    expect([near.code, near.first]).toEqual(["", last + 8]);
  });

  test("that the engine refuses leaves an earlier one of the account as it was", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const { challenge } = await wire.hello();
    const command = encode.encodeLogon(0, challenge);
    const again = stand.sign(codes.FRAME_LOGON, ALICE, [command], { nonce: 1 });
    wire.send(again);
    await wire.report(({ code }) => code === codes.REJECT_DUPLICATE);
    const type = codes.COMMAND_KEY_ADD;
    const key = { account: 1, key: 4 };
    const add = encode.encodeKey(type, signerOf(4).publicKey, codes.SCOPE_TRADE, 0);
    wire.send(stand.direct(ALICE, add));
    await wire.report(({ kind }) => kind === codes.REPORT_KEY_ADDED);
    wire.send(stand.sign(codes.FRAME_LOGON, key, [command]));
    await wire.report(({ code }) => code === codes.REJECT_KEY_SCOPE);
    await place(stand, wire, 1);
    const numbers = wire.reports.map(({ number }) => number).filter((number) => number > 0);
    expect(numbers).toEqual(range(numbers[0]!, numbers[0]! + numbers.length - 1));
  });

  test("that the engine refuses, the first of its account, is told to who sent it", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const { challenge } = await wire.hello();
    const command = encode.encodeLogon(0, challenge);
    const late = stand.sign(codes.FRAME_LOGON, ALICE, [command], { expiry: 1 });
    wire.send(late);
    const report = await wire.report(({ tag }) => tag === tagOf(late));
    expect(rejectCode(report.code).name).toBe("frame_expired");
    wire.send(stand.order(ALICE));
    expect(rejectCode((await wire.refused()).code).name).toBe("not_logged_on");
  });

  test("again on the same connection starts anew from the number it asks for", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    await place(stand, wire, 2);
    const frame = await stand.logonFrame(wire, ALICE, 2);
    wire.send(frame);
    const { first, last } = await wire.resume();
    await wire.report(({ number }) => number === last);
    const numbers = wire.reports.map(({ number }) => number);
    expect([first, numbers]).toEqual([2, [4, 5, 6, 2, 3, 4, 5, 6, 7]]);
    await place(stand, wire, 1);
    expect(wire.reports.at(-1)?.number).toBe(8);
    expect(wire.reports.length).toBe(10);
  });
});

describe("reports reach", () => {
  test("each account of a connection, and no other's", async () => {
    await using stand = await Stand.start();
    const both = await stand.logOn(ALICE, BOB);
    const alice = await stand.logOn(ALICE);
    const bob = await stand.logOn(BOB);
    const sell = { side: codes.SIDE_SELL, price: 50, quantity: 3 };
    alice.send(stand.trade(ALICE, order({ price: 50, quantity: 3, clientOrderId: 900n })));
    both.send(stand.trade(BOB, order({ ...sell, clientOrderId: 901n })));
    const isFill = ({ kind }: Report): boolean => kind === codes.REPORT_FILL;
    for (const wire of [both, alice, bob]) await wire.report(isFill);
    await both.report(isFill);
    const fills = (wire: Wire): number[] => wire.reports.filter(isFill).map((one) => one.account);
    expect([fills(both), fills(alice), fills(bob)]).toEqual([[1, 2], [1], [2]]);
  });

  test("every connection of an account", async () => {
    await using stand = await Stand.start();
    const wires = [await stand.logOn(ALICE), await stand.logOn(ALICE), await stand.logOn(ALICE)];
    wires[0]!.cut();
    await until(() => stand.ingress.entry.sessionCount === 2);
    await place(stand, wires[1]!, 3);
    await wires[2]!.report(({ number }) => number === wires[1]!.reports.at(-1)?.number);
    const orders = (wire: Wire): Report[] =>
      wire.reports.filter(({ kind }) => kind === codes.REPORT_ACCEPTED);
    expect(orders(wires[2]!)).toEqual(orders(wires[1]!));
    expect(orders(wires[1]!).length).toBe(3);
  });

  test("an operator without a logon, with all that its frame caused", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const frame = stand.operate(encode.encodeDeposit(1, ALICE.account, 5, 100));
    wire.send(frame);
    await wire.report(({ account }) => account === OPERATOR.account);
    expect(wire.reports.map(({ kind, account, tag }) => [kind, account, tag])).toEqual([
      [codes.REPORT_DEPOSITED, ALICE.account, tagOf(frame)],
      [codes.REPORT_DEPOSITED, OPERATOR.account, tagOf(frame)],
    ]);
  });

  test("a connection once where its own frame and its logon both bring them", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const { publicKey } = signerOf(4);
    const type = codes.COMMAND_KEY_ADD;
    const frame = stand.direct(ALICE, encode.encodeKey(type, publicKey, codes.SCOPE_READ, 0));
    wire.send(frame);
    await place(stand, wire, 1);
    expect(wire.reports.filter(({ tag }) => tag === tagOf(frame)).length).toBe(1);
  });
});

test("one frame sent by two connections is executed once, and the second is told", async () => {
  await using stand = await Stand.start();
  const first = await stand.logOn(ALICE);
  const second = await stand.logOn(ALICE);
  const frame = stand.order(ALICE);
  first.send(frame);
  second.send(frame);
  const isIts = ({ tag, number }: Report): boolean => tag === tagOf(frame) && number === 0;
  await until(() => first.reports.some(isIts) !== second.reports.some(isIts));
  await place(stand, first, 1);
  const accepted = first.reports.filter(
    ({ tag, kind }) => tag === tagOf(frame) && kind === codes.REPORT_ACCEPTED,
  );
  expect(accepted.length).toBe(1);
});

/** Where reading of `ex` begins from now on. */
function countReads(stand: Stand): { lowest: number } {
  const stream = stand.store.streams.ex;
  const next = stream.next.bind(stream);
  const seen = { lowest: Number.POSITIVE_INFINITY };
  stream.next = (after, bytesMax, stop) => {
    seen.lowest = Math.min(seen.lowest, after);
    return next(after, bytesMax, stop);
  };
  return seen;
}
