/**
 * A process to be killed: appends to `in` and `ex` of the log in argv[2] until somebody ends it,
 * and prints every position of `in` once its append has returned. Frame and position tell one
 * number.
 */
import { writeSync } from "node:fs";
import { Prng } from "../../src/base/prng.ts";
import { openSegmentLog } from "../../src/edges/segment-log.ts";
import { executionOf, frameOf, SHARD } from "./records.ts";

const FRAMES_MAX = 5;
const SIZE_MAX = 4000;

const log = openSegmentLog({
  dir: process.argv[2]!,
  shard: SHARD,
  segmentBytesMax: 65_536,
  clockDifferenceMsMax: 5000,
});
const input = await log.openInputWriter();
const execution = await log.openExecutionWriter();
const random = new Prng(Number(process.argv[3]));
writeSync(1, `open ${input.tip()} ${execution.tip()}\n`);
for (;;) {
  const next = input.tip() + 1;
  const count = random.between(1, FRAMES_MAX);
  const frames = Array.from({ length: count }, (_, i) =>
    frameOf(next + i, random.between(4, SIZE_MAX)),
  );
  const { last } = await input.append(frames);
  await execution.append(executionOf(execution.epoch, execution.tip() + 1, last));
  writeSync(1, `${last}\n`);
}
