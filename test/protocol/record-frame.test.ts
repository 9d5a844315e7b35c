/** What is asked of a record's frame before anybody has checked it. */
import { expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { encodePack, readRecord, RecordView } from "../../src/protocol/record.ts";
import { commandsOf, keyIdOf } from "../../src/protocol/record-frame.ts";

const HEADER = { shard: 1, rulesVersion: 1, directoryOrigin: 1, logTime: 1 };

function said(frame: Uint8Array): [key: number | null, commands: number] {
  const view = viewOf(encodePack(HEADER, [frame]));
  const record = new RecordView();
  expect(readRecord(view, 0, record)).toBe("");
  return [keyIdOf(view, record), commandsOf(view, record)];
}

test("a frame says its key and how many commands it has; what is no whole header, nothing", () => {
  const frame = new Uint8Array(72);
  frame[44] = 7;
  frame[64] = 3;
  expect(said(frame)).toEqual([7, 3]);
  expect(said(frame.subarray(0, 71))).toEqual([null, 0]);
  expect(said(frame.subarray(0, 1))).toEqual([null, 0]);
  expect(said(frame.subarray(0, 0))).toEqual([null, 0]);
});
