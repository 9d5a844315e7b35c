/**
 * Those who do not keep up: a client that does not read, and a log that does not take.
 */
import { describe, expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { order } from "../support/small-shard.ts";
import { place, range, resumeFrom } from "./follow.ts";
import { ALICE, BOB, Stand, tagOf, until } from "./stand.ts";

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

  test.each([
    ["`ex`", 64],
    ["memory", 65_536],
  ])("with a long way to catch up from %s is waited for, not cut", async (_from, reportsKept) => {
    const entry = { outQueueBytesMax: 1 << 16 };
    await using stand = await Stand.start({ entry, door: { reportsKept } });
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
    await using stand = await Stand.start({
      door: { appendQueueBytesMax },
      entry: { heartbeatMs: 40 },
    });
    const wire = await stand.logOn(ALICE);
    const silent = await stand.open();
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
    await silent.closed;
    stand.store.fate = () => "ok";
    gate.resolve("ok");
    const isCopy = ({ code }: Report): boolean => code === codes.REJECT_DUPLICATE;
    await until(() => wire.isClosed || wire.reports.filter(isCopy).length === copies - 1);
    expect([wire.isClosed, stand.door.counts.admitted - before]).toEqual([false, copies]);
    const refusals = wire.packets.filter(({ payload }) => payload[0] === codes.MESSAGE_REFUSED);
    expect(refusals).toEqual([]);
  });
});
