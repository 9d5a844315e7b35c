/**
 * What is due is told to whom it concerns and to nobody else, whoever's record brings it.
 */
import { describe, expect, test } from "bun:test";
import { submit } from "../../src/ingress-verifier/submission.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { order } from "../support/small-shard.ts";
import { placeTillSoon } from "./follow.ts";
import { ALICE, BOB, Stand, tagOf } from "./stand.ts";
import type { Wire } from "./wire.ts";

/** As every report of what is due: no frame caused it. */
const DUE = { tag: "0000000000000000", index: codes.INDEX_DUE };

const isExpiry = ({ kind, reason }: Report): boolean =>
  kind === codes.REPORT_CANCELED && reason === codes.CANCEL_EXPIRED;
const isDeposit = ({ kind }: Report): boolean => kind === codes.REPORT_DEPOSITED;

/** Alice logged on, with an order in the book that the next record finds past its good till. */
async function withOldOrder(stand: Stand): Promise<Wire> {
  const wire = await stand.logOn(ALICE);
  const goodTill = await placeTillSoon(wire, (till) =>
    stand.trade(ALICE, order({ ...till, price: 1, clientOrderId: 77n })),
  );
  while (Date.now() * 1000 <= goodTill) await Bun.sleep(1);
  return wire;
}

describe("an order that expires in the record of another's frame", () => {
  test("is told to its owner, and not to the operator who sent the frame", async () => {
    await using stand = await Stand.start();
    const alice = await withOldOrder(stand);
    const operator = await stand.open();
    operator.send(stand.operate(encode.encodeDeposit(1, 2, 5, 1000)));
    const expired = await alice.report(isExpiry);
    expect(expired).toMatchObject({ ...DUE, account: 1, clientOrderId: 77n, leaves: 0 });
    await operator.report(isDeposit);
    await operator.report(isDeposit);
    expect(operator.reports.map(({ kind }) => kind)).toEqual([
      codes.REPORT_DEPOSITED,
      codes.REPORT_DEPOSITED,
    ]);
    expect(operator.reports[0]?.position).toBe(expired.position);
  });

  test("is no part of what HTTP answers to the frame, even of its own account", async () => {
    await using stand = await Stand.start();
    const alice = await withOldOrder(stand);
    const frame = stand.trade(ALICE, encode.encodeMassCancel(0, 0));
    const answer = await submit(stand.door, frame, 5000);
    expect(answer.reports.map(({ kind, last }) => [kind, last])).toEqual([
      [codes.REPORT_MASS_CANCELED, 0],
    ]);
    const expired = await alice.report(isExpiry);
    expect(expired).toMatchObject({ ...DUE, position: answer.reports[0]?.position });
    expect(expired.number + 1).toBe(answer.reports[0]!.number);
  });

  test("does not disturb a logon in the same record, nor one that resumes", async () => {
    await using stand = await Stand.start();
    const alice = await withOldOrder(stand);
    const bob = await stand.logOn(BOB);
    const expired = await alice.report(isExpiry);
    expect(bob.reports.map(({ kind, account }) => [kind, account])).toEqual([
      [codes.REPORT_LOGGED_ON, 2],
    ]);
    expect(bob.reports[0]?.position).toBe(expired.position);
    const again = await stand.open();
    again.send(await stand.logonFrame(again, ALICE, expired.number));
    expect(await again.report(() => true)).toEqual(expired);
    await again.report(({ kind }) => kind === codes.REPORT_LOGGED_ON);
    const numbers = again.reports.map(({ number }) => number);
    expect(numbers).toEqual([expired.number, expired.number + 1]);
  });
});

test("a tick brings it too, and a dead-man timer, to whom it concerns", async () => {
  await using stand = await Stand.start({ tickMs: 40 });
  const [alice, bob] = [await stand.logOn(ALICE), await stand.logOn(BOB)];
  const armed = stand.trade(
    ALICE,
    encode.encodeDeadMan(60_000),
    order({ price: 1, clientOrderId: 1n }),
    order({ price: 2, clientOrderId: 2n, type: codes.TYPE_STOP, stopPrice: 50 }),
  );
  alice.send(armed);
  const fired = await alice.report(({ kind }) => kind === codes.REPORT_TIMER_FIRED);
  const set = alice.reports.find(({ kind }) => kind === codes.REPORT_TIMER_SET)!;
  expect(set).toMatchObject({ tag: tagOf(armed), index: 0, first: set.logTime + 60_000 });
  expect(fired).toMatchObject({ ...DUE, first: set.first, last: 2, reason: 0 });
  expect(fired.logTime).toBeGreaterThan(set.first);
  const canceled = alice.reports.filter(({ kind }) => kind === codes.REPORT_CANCELED);
  expect(canceled.map(({ clientOrderId, reason }) => [clientOrderId, reason])).toEqual([
    [1n, codes.CANCEL_DEAD_MAN],
    [2n, codes.CANCEL_DEAD_MAN],
  ]);
  expect(bob.reports.map(({ kind }) => kind)).toEqual([codes.REPORT_LOGGED_ON]);
});
