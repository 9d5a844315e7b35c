/** The embedded log under the conformance suite. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSegmentLog } from "../../src/edges/segment-log.ts";
import { conformance } from "./conformance.ts";
import { SHARD } from "./records.ts";

conformance("segment", async () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-log-"));
  return {
    open: async () =>
      openSegmentLog({ dir, shard: SHARD, segmentBytesMax: 65_536, clockDifferenceMsMax: 5000 }),
    dispose: async () => rmSync(dir, { recursive: true }),
  };
});
