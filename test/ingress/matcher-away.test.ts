/**
 * Without a matcher nobody is told anything. So only a bounded number of frames may enter the log,
 * the rest is refused at once, and all goes on when the matcher is back.
 */
import { expect, test } from "bun:test";
import * as codes from "../../src/protocol/codes.ts";
import { ALICE, Stand, tagOf, until } from "./stand.ts";

const RECORDS_MAX = 8;

test("a bounded number of records waits for a matcher that is away", async () => {
  await using stand = await Stand.start({ door: { unmatchedRecordsMax: RECORDS_MAX } });
  const wire = await stand.logOn(ALICE);
  await stand.stopMatcher();
  const before = stand.tip;
  const frames = [];
  for (let i = 0; i < RECORDS_MAX; i++) {
    const frame = stand.order(ALICE);
    frames.push(frame);
    wire.send(frame);
    await until(() => stand.tip === before + i + 1);
  }
  expect(stand.door.unmatched).toBe(RECORDS_MAX);
  const late = stand.order(ALICE);
  wire.send(late);
  const { code, tag } = await wire.refused();
  expect({ code, tag: tag.toHex() }).toEqual({
    code: codes.REJECT_OVERLOADED,
    tag: tagOf(late),
  });
  expect(stand.tip).toBe(before + RECORDS_MAX);

  stand.startMatcher();
  for (const frame of frames) await wire.report((report) => report.tag === tagOf(frame));
  wire.send(late);
  await wire.report((report) => report.tag === tagOf(late));
  expect(stand.door.unmatched).toBe(0);
});
