/**
 * Nobody has to log on for a signature check, so what one address may cost is bounded, however
 * often it connects anew.
 */
import { expect, test } from "bun:test";
import { rejectCode } from "../../src/protocol/codes.ts";
import { ALICE, Stand, tagOf } from "./stand.ts";
import type { Wire } from "./wire.ts";

async function refusal(wire: Wire, frame: Uint8Array): Promise<string> {
  wire.send(frame);
  const refused = await wire.refused();
  expect(refused.tag.toHex()).toBe(tagOf(frame));
  return rejectCode(refused.code).name;
}

test("too many bad frames of one address end its new connections, too", async () => {
  await using stand = await Stand.start({ entry: { badFramesPerSecondMax: 1 } });
  const good = await stand.logOn(ALICE);
  const bad = new Uint8Array(10);
  for (let i = 0; i < 8; i++) {
    const wire = await stand.open();
    expect(await refusal(wire, bad)).toBe("frame_size");
    await wire.close();
  }
  const ninth = await stand.open();
  expect(await refusal(ninth, bad)).toBe("rate");
  await ninth.closed;
  const tenth = await stand.connect();
  await tenth.closed;
  const frame = stand.order(ALICE);
  good.send(frame);
  await good.report(({ tag }) => tag === tagOf(frame));
  stand.ahead += 1000;
  expect(await refusal(await stand.open(), bad)).toBe("frame_size");
});
