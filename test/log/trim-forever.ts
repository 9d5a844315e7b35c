/**
 * A process to be killed: appends to the log in argv[2], says that all of it is archived,
 * checkpointed and consumed, and trims, again and again, until somebody ends it.
 */
import { writeSync } from "node:fs";
import { openSegmentLog } from "../../src/edges/segment-log.ts";
import { executionOf, frameOf, SHARD } from "./records.ts";

const SIZE = 6000;

const log = openSegmentLog({
  dir: process.argv[2]!,
  shard: SHARD,
  segmentBytesMax: 65_536,
  clockDifferenceMsMax: 5000,
});
const input = await log.openInputWriter();
const execution = await log.openExecutionWriter();
writeSync(1, `open ${input.tip()}\n`);
for (;;) {
  const next = input.tip() + 1;
  const { last } = await input.append([frameOf(next, SIZE), frameOf(next + 1, SIZE)]);
  await execution.append(executionOf(execution.epoch, execution.tip() + 1, last, 100));
  await log.consume("matcher", last, 60_000);
  await log.cover("archived", last);
  await log.cover("checkpointed", last);
  const { trimmed } = await log.trim(last);
  writeSync(1, `${last} ${trimmed}\n`);
}
