/**
 * ExportHead: the first records of a shard as an export has them, where the log let go of them.
 */
import { join } from "node:path";
import { ExportStore, LATEST } from "../../src/edges/export-store.ts";
import { openStore } from "../../src/edges/open-store.ts";
import { decodeLatest } from "../../src/protocol/export-latest.ts";
import { openSegment } from "../../src/verifier/export-records.ts";
import type { Copy } from "./log-copy.ts";
import { SHARED, type Stand } from "./stand.ts";

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

/** With the records that the log has let go of, as the export has them. */
export async function whole({ dir, setup, timeline }: Stand, copy: Copy): Promise<Copy> {
  if (copy.from === 1) return copy;
  timeline.say(`the log of shard ${copy.shard} begins at ${copy.from}`);
  // What it has let go of is in the continuous export, whoever of two settlements leads.
  const place = setup.sharesExport ? SHARED : "export-of-settlement1";
  const head = await headOf(join(dir, place), copy.shard, copy.from - 1);
  return { ...copy, records: new Uint8Array(Buffer.concat([head, copy.records])) };
}
