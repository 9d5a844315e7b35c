/**
 * Who hears which report, from where on, and what happens to those who do not listen.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { rejectCode } from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { order } from "../support/small-shard.ts";
import { ALICE, BOB, OPERATOR, signerOf, Stand, tagOf, until, type Who } from "./stand.ts";
import type { Wire } from "./wire.ts";

/** Logs an account on from a report number; what the resume says, and all reports up to it. */
async function resumeFrom(
  stand: Stand,
  next: number,
  who: Who = ALICE,
): Promise<{ code: string; first: number; last: number; numbers: number[]; wire: Wire }> {
  const wire = await stand.open();
  wire.send(await stand.logonFrame(wire, who, next));
  const { code, account, first, last } = await wire.resume();
  expect(account).toBe(who.account);
  if (wire.reports.at(-1)?.number !== last) await wire.report(({ number }) => number === last);
  const numbers = wire.reports.map(({ number }) => number);
  const name = code === codes.ACCEPTED ? "" : rejectCode(code).name;
  return { code: name, first, last, numbers, wire };
}

/** Orders of Alice's that rest, each with one report; waits until all are reported. */
async function place(stand: Stand, wire: Wire, count: number): Promise<void> {
  const frames = Array.from({ length: count }, () => stand.order(ALICE));
  wire.send(...frames);
  const last = tagOf(frames.at(-1)!);
  await wire.report(({ tag }) => tag === last);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

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

/** The operator gives Alice 256 times one unit: 256 reports to her, 27,392 bytes. */
function deposits(stand: Stand, round: number): Uint8Array {
  const { account } = ALICE;
  const references = range(1000 + 256 * round, 1255 + 256 * round);
  return stand.operate(...references.map((one) => encode.encodeDeposit(1, account, 1, one)));
}

describe("who does not keep up", () => {
  test("costs a bounded queue, goes after a while, and nobody else notices", async () => {
    const outQueueBytesMax = 1 << 17;
    const limits = { outQueueBytesMax, clientSilentMsMax: 10_000, heartbeatMs: 40 };
    await using stand = await Stand.start({ entry: limits, door: { reportsKept: 1000 } });
    const { entry } = stand.ingress;
    const slow = await stand.logOn(ALICE);
    const busy = await stand.logOn(BOB);
    const feeder = await stand.open();
    slow.socket.pause();
    let most = 0;
    let round = 0;
    // The kernel takes some megabytes before anything waits here.
    for (let full = 0; full < 20; round++) {
      const frame = deposits(stand, round);
      feeder.send(frame);
      await feeder.report(({ tag, index }) => tag === tagOf(frame) && index === 255);
      most = Math.max(most, entry.queuedBytes);
      if (entry.queuedBytes > outQueueBytesMax / 2) full++;
    }
    expect(most).toBeLessThanOrEqual(outQueueBytesMax);
    const placed = stand.order(BOB);
    busy.send(placed);
    await busy.report(({ tag }) => tag === tagOf(placed));
    expect(entry.sessionCount).toBe(3);
    stand.ahead += 10_001;
    await until(() => entry.sessionCount < 3);
    const { numbers, last } = await resumeFrom(stand, slow.reports.at(-1)!.number + 1);
    expect(numbers).toEqual(range(slow.reports.at(-1)!.number + 1, last));
    expect(last).toBe(256 * round + 5);
  });

  test("for a while only is served on, without a gap", async () => {
    const outQueueBytesMax = 1 << 17;
    const door = { reportsKept: 1000 };
    await using stand = await Stand.start({ entry: { outQueueBytesMax }, door });
    const slow = await stand.logOn(ALICE);
    const feeder = await stand.open();
    slow.socket.pause();
    let round = 0;
    for (let full = 0; full < 10; round++) {
      const frame = deposits(stand, round);
      feeder.send(frame);
      await feeder.report(({ tag, index }) => tag === tagOf(frame) && index === 255);
      if (stand.ingress.entry.queuedBytes > outQueueBytesMax / 2) full++;
    }
    slow.socket.resume();
    const newest = 256 * round + 4;
    await slow.report(({ number }) => number === newest);
    await place(stand, slow, 3);
    expect(slow.reports.map(({ number }) => number)).toEqual(range(4, newest + 3));
  });

  test("with a long way to catch up is waited for, not cut", async () => {
    const outQueueBytesMax = 1 << 16;
    const door = { reportsKept: 64 };
    await using stand = await Stand.start({ entry: { outQueueBytesMax }, door });
    const feeder = await stand.open();
    for (let round = 0; round < 60; round++) {
      const frame = deposits(stand, round);
      feeder.send(frame);
      await feeder.report(({ tag, index }) => tag === tagOf(frame) && index === 255);
    }
    const { numbers, last } = await resumeFrom(stand, 1);
    expect(numbers).toEqual(range(1, last));
    expect(last).toBe(60 * 256 + 4);
  });

  test("a log that does not take more: reading stops, and goes on where it stopped", async () => {
    const appendQueueBytesMax = 1 << 20;
    await using stand = await Stand.start({ door: { appendQueueBytesMax } });
    const wire = await stand.logOn(ALICE);
    const gate = Promise.withResolvers<"ok">();
    stand.store.fate = (role) => (role === "in" ? gate.promise : "ok");
    // 12 KiB each; all but the first are duplicates, so that each has one report.
    const one = order({ tif: codes.TIF_IOC, price: 1 });
    const frame = stand.trade(ALICE, ...Array.from({ length: 256 }, () => one));
    const before = stand.door.counts.admitted;
    const copies = 2000;
    for (let i = 0; i < copies; i++) wire.send(frame);
    await until(() => stand.door.queue.isFull && wire.socket.writableLength > 0);
    expect(stand.door.queue.bytes).toBeLessThanOrEqual(appendQueueBytesMax);
    expect(stand.door.counts.admitted - before).toBeLessThan(100);
    // However long that takes: the client's silence is ours.
    stand.ahead += 120_000;
    stand.store.fate = () => "ok";
    gate.resolve("ok");
    const isCopy = ({ code }: Report): boolean => code === codes.REJECT_DUPLICATE;
    await until(() => wire.isClosed || wire.reports.filter(isCopy).length === copies - 1);
    expect([wire.isClosed, stand.door.counts.admitted - before]).toEqual([false, copies]);
    const refusals = wire.packets.filter(({ payload }) => payload[0] === codes.MESSAGE_REFUSED);
    expect(refusals).toEqual([]);
  });
});
