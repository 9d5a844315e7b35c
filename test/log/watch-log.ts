/**
 * A reader in a process of its own: prints, for every batch of `in` that it gets, the last position
 * and the moment on the host's clock.
 */
import { writeSync } from "node:fs";
import { openSegmentLog } from "../../src/edges/segment-log.ts";
import { READ_MAX, SHARD } from "./records.ts";

const log = openSegmentLog({
  dir: process.argv[2]!,
  shard: SHARD,
  segmentBytesMax: 65_536,
  clockDifferenceMsMax: 5000,
});
const reader = await log.openInputReader();
const never = new AbortController().signal;
for (let at = 0; ; ) {
  const batch = await reader.read(at, READ_MAX, never);
  const now = performance.timeOrigin + performance.now();
  at = batch!.first + batch!.count - 1;
  writeSync(1, `${at} ${now}\n`);
}
