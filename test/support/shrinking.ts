/**
 * Shrinking: of a list of records on which two engines differ, the fewest records and commands that
 * still show it, and the text that a failing test prints.
 */
import { toHex, viewOf } from "../../src/base/bytes.ts";
import { FRAME_GENESIS } from "../../src/protocol/codes.ts";
import { COMMAND_SIZE } from "../../src/protocol/command-layout.ts";
import {
  encodeFrame,
  FRAME_COUNT_AT,
  FRAME_HEADER_SIZE,
  FRAME_KIND_AT,
  readFrameHeader,
} from "../../src/protocol/frame.ts";
import {
  encodePack,
  readRecord,
  RECORD_HEADER_SIZE,
  RecordView,
} from "../../src/protocol/record.ts";
import { Comparison, type Maker } from "./comparison.ts";
import { describeRecord } from "./describe-record.ts";

/** Records replayed for one shrinking; with what is left of a list then, a person must do. */
const RECORDS_REPLAYED_MAX = 1_000_000;

/** The first difference on these records, roots compared at the end only; "" if there is none. */
export function replay(
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): string {
  const pair = new Comparison(genesisFrame, make);
  for (const record of records) {
    const difference = pair.step(record);
    if (difference !== "") return difference;
  }
  return pair.compareRoots() || pair.compareOrders();
}

/** The same difference or another, on fewer records. The first is genesis and stays. */
export function shrink(
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): Uint8Array<ArrayBuffer>[] {
  let kept = [...records];
  let budget = RECORDS_REPLAYED_MAX;
  for (let size = kept.length >>> 1; size >= 1 && budget > 0; ) {
    const before = kept.length;
    for (let at = kept.length - size; at >= 1 && budget > 0; at -= size) {
      const fewer = kept.toSpliced(at, size);
      budget -= fewer.length;
      if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
    }
    if (kept.length === before || size > 1) size >>>= 1;
  }
  return dropCommands(genesisFrame, kept, make);
}

/** The same with fewer commands in its frames. */
function dropCommands(
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): Uint8Array<ArrayBuffer>[] {
  let kept = [...records];
  for (let at = 1; at < kept.length; at++) {
    for (let index = countOf(kept[at]!) - 1; index >= 0 && countOf(kept[at]!) > 1; index--) {
      const fewer = kept.with(at, without(kept[at]!, index));
      if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
    }
  }
  return kept;
}

const FRAME_AT = RECORD_HEADER_SIZE;

function countOf(record: Uint8Array): number {
  if (record.length <= FRAME_AT) return 0;
  const view = viewOf(record);
  const isGenesis = view.getUint8(FRAME_AT + FRAME_KIND_AT) === FRAME_GENESIS;
  return isGenesis ? 0 : view.getUint16(FRAME_AT + FRAME_COUNT_AT, true);
}

/** The record without the command at this index of its frame. */
function without(record: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  const read = new RecordView();
  const wrong = readRecord(viewOf(record), 0, read);
  if (wrong !== "") throw new Error(wrong);
  const commands: Uint8Array[] = [];
  let at = FRAME_AT + FRAME_HEADER_SIZE;
  for (let left = countOf(record); left > 0; left--) {
    const size = COMMAND_SIZE[record[at]!]!;
    commands.push(record.subarray(at, at + size));
    at += size;
  }
  const header = readFrameHeader(viewOf(record), FRAME_AT);
  const frame = encodeFrame(header, commands.toSpliced(index, 1));
  return encodePack(read, [frame]);
}

/** What a failing test prints: the seed, what differs, and the shortest way there. */
export function explain(
  seed: number,
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): string {
  const first = replay(genesisFrame, records, make);
  if (first === "") return `seed ${seed}: a difference that does not come back on replay`;
  const least = shrink(genesisFrame, records, make);
  return [
    `seed ${seed}, after ${records.length} records:`,
    first,
    `the same with ${least.length} records:`,
    replay(genesisFrame, least, make),
    ...least.map(
      (record, i) => `${i + 1} ${record.length === 0 ? "restart" : describeRecord(record)}`,
    ),
    `genesis ${toHex(genesisFrame)}`,
  ].join("\n");
}
