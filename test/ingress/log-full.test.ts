/**
 * A log without room refuses at once with `overloaded`, and everything goes on when there is room
 * again. Below that, marks keep room for what ends orders.
 */
import { expect, test } from "bun:test";
import { pressureOf } from "../../src/ingress-verifier/memory-marks.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as encode from "../../src/protocol/commands.ts";
import { BASE, MARKET, order } from "../support/small-shard.ts";
import { ALICE, BOB, Stand, tagOf, until } from "./stand.ts";

const MARKS = { memoryRefuseOrdersPercent: 70, memoryCancelsOnlyPercent: 85 };

test("a full log: overloaded at once, nothing in it, and the next one is taken", async () => {
  await using stand = await Stand.start({});
  const wire = await stand.logOn(ALICE);
  const before = stand.tip;
  stand.store.fate = (role) => (role === "in" ? "full" : "ok");
  const frame = stand.order(ALICE);
  wire.send(frame);
  const { code, tag } = await wire.refused();
  expect([code, tag.toHex()]).toEqual([codes.REJECT_OVERLOADED, tagOf(frame)]);
  expect([stand.tip, stand.door.queue.bytes]).toEqual([before, 0]);
  expect(stand.door.counts.overloaded).toBe(1);
  // A logon that finds no room leaves nothing behind, and can be repeated.
  const other = await stand.open();
  const logon = await stand.logonFrame(other, BOB, 0);
  other.send(logon);
  expect((await other.refused()).code).toBe(codes.REJECT_OVERLOADED);
  other.send(stand.order(BOB));
  expect((await other.refused()).code).toBe(codes.REJECT_NOT_LOGGED_ON);
  stand.store.fate = () => "ok";
  wire.send(frame);
  await wire.report((report) => report.tag === tagOf(frame));
  other.send(logon);
  await other.report((report) => report.tag === tagOf(logon));
});

test("over the first mark no new orders, over the second ways out only", async () => {
  await using stand = await Stand.start({});
  const wire = await stand.logOn(ALICE);
  const done = async (frame: Uint8Array): Promise<void> => {
    wire.send(frame);
    await wire.report((report) => report.tag === tagOf(frame));
  };
  const refused = async (...commands: readonly Uint8Array[]): Promise<void> => {
    const before = stand.tip;
    wire.send(stand.trade(ALICE, ...commands));
    expect((await wire.refused()).code).toBe(codes.REJECT_OVERLOADED);
    expect(stand.tip).toBe(before);
  };
  const [first, second] = [stand.order(ALICE), stand.order(ALICE)];
  await done(first);
  await done(second);
  const id = BigInt(stand.nonceOf(ALICE));
  const cancel = encode.encodeCancel(MARKET, id - 1n);
  const withdraw = encode.encodeWithdraw(BASE, 1, new Uint8Array(32));

  stand.store.fullness = 0.71;
  await until(() => stand.door.pressure === "no_new_orders");
  await refused(order({ clientOrderId: 99n }));
  await refused(encode.encodeReplace(MARKET, id, 2, 2));
  await refused(cancel, order({ clientOrderId: 99n }));
  await done(stand.trade(ALICE, withdraw));

  stand.store.fullness = 0.86;
  await until(() => stand.door.pressure === "cancels_only");
  await refused(withdraw);
  await refused(order({ clientOrderId: 99n }));
  const other = await stand.logOn(BOB);
  other.cut();
  await done(stand.trade(ALICE, cancel));
  await done(stand.trade(ALICE, encode.encodeMassCancel(0, 0)));
  const stop = stand.operate(encode.encodeMarketState(MARKET, codes.STATE_CANCEL_ONLY));
  const before = stand.tip;
  wire.send(stop);
  await until(() => stand.door.followed > before);

  stand.store.fullness = 0.5;
  await until(() => stand.door.pressure === "none");
  await done(stand.trade(ALICE, withdraw));
});

test("the marks are borders: at them nothing changes, above them it does", () => {
  const shares = [null, 0, 0.7, 0.7001, 0.85, 0.8501, 2];
  expect(shares.map((share) => pressureOf(share, MARKS))).toEqual([
    "none",
    "none",
    "none",
    "no_new_orders",
    "no_new_orders",
    "cancels_only",
    "cancels_only",
  ]);
});
