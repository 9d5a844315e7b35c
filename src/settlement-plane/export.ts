/**
 * Export: everything that a stranger needs to check a shard, up to its newest checkpoint, at once.
 *
 * What the continuous export does as time goes by (exporter.ts), by the same parts: into a place
 * where either has been before, only what is new is written.
 */
import { openStore } from "../edges/open-store.ts";
import { ExportStore } from "../edges/export-store.ts";
import { LogFault, type ShardLog } from "../edges/log.ts";
import type { ObjectStore } from "../edges/object-store.ts";
import { type Published, readPublished } from "./commitment-file.ts";
import { ExportBorders } from "./export-borders.ts";
import { ShardExport } from "./shard-export.ts";

export interface ExportParts {
  readonly log: ShardLog;
  readonly venue: Uint8Array;
  /** Where this shard's settlement keeps its commitments. */
  readonly settlementDir: string;
  /** The checkpoint up to which; the newest there if absent. */
  readonly published?: Published;
  /** A directory, or any store. */
  readonly out: string | ObjectStore;
}

export interface Exported {
  readonly shard: number;
  readonly records: number;
  readonly checkpoints: number;
  /** Of objects that were not there before. */
  readonly bytes: number;
}

/** Throws LogFault when there is no checkpoint yet, StoreFault for what the store cannot do. */
export async function exportShard(parts: ExportParts): Promise<Exported> {
  const { log, venue, settlementDir, out } = parts;
  const published = parts.published ?? (await readPublished(settlementDir));
  if (published === null) throw new LogFault(`shard ${log.shard} has no checkpoint yet`);
  const objects = typeof out === "string" ? openStore(out) : out;
  const store = new ExportStore(objects, log.shard);
  const { entries, notes } = published;
  const borders = new ExportBorders({
    count: entries.length,
    read: (number) => entries[number] ?? null,
  });
  const stop = new AbortController().signal;
  const open = await ShardExport.open({
    store,
    venue,
    borders,
    part: "all",
    notesOf: ({ count }) => (count === entries.length ? notes : null),
    stop,
  });
  if (open !== null) {
    const input = await log.openRestReader();
    for (let count = borders.next(open.count); count !== null; count = borders.next(count)) {
      await open.step(input, count, count === entries.length);
    }
    if (open.count < entries.length) await open.step(input, entries.length, true);
    await input.close();
  }
  if (typeof out === "string") objects.close();
  const records = borders.position(entries.length);
  return { shard: log.shard, records, checkpoints: entries.length, bytes: store.written };
}
