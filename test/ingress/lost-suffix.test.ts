/**
 * When the log has lost its newest entries, every connection with a frame that has no report is
 * ended with a word; the others go on, and what is sent again is done once.
 */
import { expect, test } from "bun:test";
import type { Fate, Role } from "../../src/edges/memory-log.ts";
import * as codes from "../../src/protocol/codes.ts";
import { submit } from "../../src/ingress-verifier/submission.ts";
import { ALICE, BOB, Stand, tagOf, until } from "./stand.ts";
import type { Wire } from "./wire.ts";

async function expectUnknown(wire: Wire): Promise<void> {
  await wire.closed;
  const words = wire.packets.filter(({ type }) => type === "+");
  expect(words.map(({ payload }) => Buffer.from(payload).toString())).toEqual([
    "unknown outcome: log on and send again what has no report",
  ]);
  expect(wire.packets.at(-1)?.type).toBe("Z");
}

test("in flight, waiting or without a report: unknown; the others stay", async () => {
  await using stand = await Stand.start({});
  const placed = await stand.logOn(ALICE);
  const flying = await stand.logOn(ALICE);
  const idle = await stand.logOn(BOB);
  // The first is in the log, and its report does not come.
  const held = Promise.withResolvers<Fate>();
  const fates: Promise<Fate>[] = [];
  stand.store.fate = (role: Role) => (role === "ex" ? held.promise : (fates.shift() ?? "ok"));
  const first = stand.order(ALICE);
  const before = stand.tip;
  placed.send(first);
  await until(() => stand.tip === before + 1);
  // The second is on its way, the third behind it.
  const lost = Promise.withResolvers<Fate>();
  fates.push(lost.promise);
  const second = stand.order(ALICE);
  flying.send(second);
  await until(() => stand.door.queue.bytes > 0 && fates.length === 0);
  const third = submit(stand.door, stand.order(ALICE), 60_000);
  lost.resolve("lost");
  await Promise.all([expectUnknown(placed), expectUnknown(flying)]);
  expect((await third).code).toBe(codes.REJECT_UNKNOWN_OUTCOME);
  expect([stand.door.counts.losses, stand.door.queue.bytes]).toEqual([1, 0]);
  held.resolve("ok");
  // Nobody else noticed, and what is sent again has one effect.
  const order = stand.order(BOB);
  idle.send(order);
  await idle.report((report) => report.tag === tagOf(order));
  const again = await stand.logOn(ALICE);
  again.send(first, second);
  const { code } = await again.report((report) => report.tag === tagOf(first));
  expect(code).toBe(codes.REJECT_DUPLICATE);
  await again.report((report) => report.tag === tagOf(second));
});
