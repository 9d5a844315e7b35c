/**
 * ExportHead: the first records of a shard as an export has them, where the log let go of them.
 */
import { ExportStore, LATEST } from "../../src/edges/export-store.ts";
import { openStore } from "../../src/edges/open-store.ts";
import { decodeLatest } from "../../src/protocol/export-latest.ts";
import { openSegment } from "../../src/verifier/export-records.ts";

/** Records 1 to `upTo`, one after the other. */
export async function headOf(dir: string, shard: number, upTo: number): Promise<Uint8Array> {
  const store = new ExportStore(openStore(dir), shard);
  const latest = decodeLatest((await store.get(LATEST)) ?? new Uint8Array(0));
  if (typeof latest === "string") throw new Error(`${dir}, shard ${shard}: ${latest}`);
  const parts: Uint8Array[] = [];
  for (let position = 0; position < upTo; ) {
    const segment = await openSegment(store, position + 1, latest.records);
    for (const found of segment.records(() => undefined)) {
      position = found.position;
      if (position <= upTo) parts.push(found.bytes.slice());
    }
  }
  return new Uint8Array(Buffer.concat(parts));
}
