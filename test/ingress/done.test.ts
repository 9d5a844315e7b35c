/**
 * Done: when a client knows that it has heard all of what its frame caused.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { readReport, type Report } from "../../src/protocol/report.ts";
import { decodeDone } from "../../src/protocol/session.ts";
import { order } from "../support/small-shard.ts";
import { range } from "./follow.ts";
import { ALICE, BOB, OPERATOR, Stand, tagOf, type Who } from "./stand.ts";
import type { Wire } from "./wire.ts";

interface HeardDone {
  readonly account: number;
  readonly position: number;
  readonly tag: string;
  readonly reports: number;
}

/** Reports and dones of a connection, in the order of hearing. */
function heard(wire: Wire): (Report | HeardDone)[] {
  const all: (Report | HeardDone)[] = [];
  for (const { type, payload } of wire.packets) {
    if (type !== "S") continue;
    const done = decodeDone(payload);
    if (done !== null) all.push({ ...done, tag: done.tag.toHex() });
    if (payload[0]! >= codes.REPORT_ACCEPTED) all.push(readReport(viewOf(payload), 0));
  }
  return all;
}

const isDone = (one: Report | HeardDone): one is HeardDone => !("kind" in one);
const donesOf = (wire: Wire): HeardDone[] => heard(wire).filter(isDone);

async function untilDone(wire: Wire, frame: Uint8Array): Promise<void> {
  const tag = tagOf(frame);
  await wire.message((payload) => decodeDone(payload)?.tag.toHex() === tag);
}

/** Nothing that a done has spoken for comes behind it. */
function expectNothingLate(wire: Wire, { account }: Who): void {
  let spokenFor = 0;
  const late = heard(wire).filter((one) => {
    if (one.account !== account) return false;
    if (isDone(one)) spokenFor = one.position;
    return !isDone(one) && one.position <= spokenFor;
  });
  expect(late).toEqual([]);
}

const sell = (price: number, quantity: number): Uint8Array =>
  order({ side: codes.SIDE_SELL, price, quantity, clientOrderId: BigInt(price) });

describe("a done", () => {
  test("comes behind the last report of each frame, and counts the account's own", async () => {
    await using stand = await Stand.start();
    const [alice, bob] = [await stand.logOn(ALICE), await stand.logOn(BOB)];
    const resting = stand.trade(ALICE, sell(10, 2), sell(11, 2), sell(12, 2));
    alice.send(resting);
    await untilDone(alice, resting);
    const taking = stand.trade(BOB, order({ price: 11, quantity: 5 }));
    bob.send(taking);
    await untilDone(bob, taking);
    const [placed] = donesOf(alice);
    expect(donesOf(alice)).toEqual([
      { account: ALICE.account, position: placed!.position, tag: tagOf(resting), reports: 3 },
    ]);
    // Accepted and two fills; the makers' fills are Alice's.
    expect(donesOf(bob)).toEqual([
      { account: BOB.account, position: placed!.position + 1, tag: tagOf(taking), reports: 3 },
    ]);
    expect(heard(bob).at(-2)).toMatchObject({ kind: codes.REPORT_FILL, tag: tagOf(taking) });
    expectNothingLate(alice, ALICE);
    expectNothingLate(bob, BOB);
  });

  test("of a copy counts none, and comes behind the report that refuses it", async () => {
    await using stand = await Stand.start();
    const wire = await stand.logOn(ALICE);
    const frame = stand.order(ALICE);
    wire.send(frame, frame);
    await untilDone(wire, frame);
    await untilDone(wire, frame);
    expect(donesOf(wire).map(({ reports }) => reports)).toEqual([1, 0]);
    expect(heard(wire).at(-2)).toMatchObject({ number: 0, code: codes.REJECT_DUPLICATE });
  });

  test("of an operator's frame comes behind all reports that it caused", async () => {
    await using stand = await Stand.start();
    const wire = await stand.open();
    const { account } = ALICE;
    const frame = stand.operate(
      ...range(1, 3).map((n) => encode.encodeDeposit(1, account, 1, 100 + n)),
    );
    wire.send(frame);
    await untilDone(wire, frame);
    const all = heard(wire);
    expect(all.filter((one) => one.tag === tagOf(frame))).toHaveLength(7);
    expect(all.at(-1)).toMatchObject({ account: OPERATOR.account, reports: 3 });
  });

  test("does not overtake the reports of a client that reads slowly", async () => {
    const limits = { entry: { outQueueBytesMax: 1 << 17 }, door: { reportsKept: 1000 } };
    await using stand = await Stand.start(limits);
    const slow = await stand.logOn(ALICE);
    const feeder = await stand.open();
    await stand.stopMatcher();
    slow.socket.pause();
    const { account } = ALICE;
    // Beyond what the kernel takes before anything waits in ingress.
    for (const round of range(0, 400)) {
      const references = range(1000 + 256 * round, 1255 + 256 * round);
      feeder.send(
        stand.operate(...references.map((one) => encode.encodeDeposit(1, account, 1, one))),
      );
    }
    const before = stand.tip;
    while (stand.tip < before + 401) await new Promise(setImmediate);
    const frames = range(1, 3).map(() => stand.order(ALICE));
    slow.send(...frames);
    while (stand.tip < before + 404) await new Promise(setImmediate);
    stand.startMatcher();
    while (stand.door.followed < stand.tip) await new Promise(setImmediate);
    slow.socket.resume();
    await untilDone(slow, frames[2]!);
    expectNothingLate(slow, ALICE);
    expect(heard(slow).at(-2)).toMatchObject({
      tag: tagOf(frames[2]!),
      kind: codes.REPORT_ACCEPTED,
    });
    expect(slow.reports.at(-1)!.number).toBe(4 + 401 * 256 + 3);
  }, 20_000);
});
