/**
 * Stranger: exports what a run has left behind as settlement would, and has the verifier judge it,
 * with nothing in hand but the venue id. On real files, in real time.
 */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { decodeGenesis, venueOf } from "../../src/protocol/genesis.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import { listLog } from "../support/sealed-venue.ts";
import { DATA } from "./services.ts";
import type { Venue } from "./venue.ts";

/** "" if either engine says yes; null if nothing was signed yet. */
export async function strangerSays(venue: Venue): Promise<string | null> {
  const dir = mkdtempSync(join(tmpdir(), "clob-sim-"));
  try {
    const settlementDir = join(dir, "settlement");
    mkdirSync(settlementDir);
    for (const [path, { bytes }] of venue.diskOf("settlement").stored) {
      const isHere = path === `${DATA}/settlement/${basename(path)}`;
      if (isHere) writeFileSync(join(settlementDir, basename(path)), bytes);
    }
    const records = venue.oracle.records.map(({ bytes }) => bytes);
    const genesis = decodeGenesis(venue.genesisFrame);
    if (typeof genesis === "string") return genesis;
    const venueId = venueOf(venue.genesisFrame, genesis);
    const out = join(dir, "export");
    try {
      await exportShard({ log: listLog(records, 1), venue: venueId, settlementDir, out });
    } catch (error) {
      if (error instanceof Error && error.message.includes("no checkpoint yet")) return null;
      throw error;
    }
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
