/**
 * Stranger: exports what a run has left behind as settlement would, and has the verifier judge it,
 * with nothing in hand but the venue id. On real files, in real time.
 */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { LogFault } from "../../src/edges/log.ts";
import { readCut } from "../../src/settlement-plane/export-cut.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import { listLog } from "../support/sealed-venue.ts";
import { settlementDir } from "./settlement-service.ts";
import type { Venue } from "./venue.ts";

/** "" if either engine says yes; null if nothing was signed yet. */
export async function strangerSays(venue: Venue): Promise<string | null> {
  const dir = mkdtempSync(join(tmpdir(), "clob-sim-"));
  try {
    const out = join(dir, "export");
    if (!(await exportAll(venue, { dir, out }))) return null;
    const venueId = venue.venueId;
    for (const name of ["fast", "naive"] as const) {
      const openEngine = judgeEngine(name);
      const { verifier } = venue;
      const verdict = await verifyExport({ from: out, venue: venueId, verifier, openEngine });
      if (!verdict.ok) return `${name}: ${verdict.sentence}`;
    }
    return "";
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** False if nothing was signed yet, or not by all of them together. */
async function exportAll(
  venue: Venue,
  { dir, out }: { dir: string; out: string },
): Promise<boolean> {
  const cutShards = venue.shards.map((shard) => ({
    shard,
    settlementDir: copyOf(venue, shard, dir),
  }));
  try {
    const cut = await readCut(cutShards);
    for (const { shard, settlementDir: files } of cutShards) {
      const records = venue.oracleOf(shard).records.map(({ bytes }) => bytes);
      const log = listLog(records, shard);
      const published = cut.get(shard)!;
      await exportShard({ log, venue: venue.venueId, settlementDir: files, published, out });
    }
    return true;
  } catch (error) {
    const isEarly =
      error instanceof LogFault && /no checkpoint yet|export again/.test(error.message);
    if (isEarly) return false;
    throw error;
  }
}

/** Settlement's files of one shard, on a real disk. */
function copyOf(venue: Venue, shard: number, dir: string): string {
  const from = settlementDir(shard);
  const files = join(dir, `settlement-${shard}`);
  mkdirSync(files);
  for (const [path, { bytes }] of venue.diskOf("settlement").stored) {
    if (path === `${from}/${basename(path)}`) writeFileSync(join(files, basename(path)), bytes);
  }
  return files;
}
