/**
 * The public flows, and one of them through a venue: what came back beside what must come back.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type ReplayOptions, replay } from "../../src/load/replay.ts";
import { loadWorkload, referenceHash } from "../../src/load/workload-file.ts";
import { sharedDir } from "./shared-dir.ts";
import type { VenueProcess } from "./venue-process.ts";

const dir = join(sharedDir() ?? "", "workloads");

/** Names of the 34 cases, of the flows of 20,000 orders, of those of 200,000; or none. */
export const CASES = filesOf("cases").map((file) => join("cases", file));
export const FLOWS = filesOf("").filter((file) => !file.startsWith("large_"));
export const LARGE_FLOWS = filesOf("").filter((file) => file.startsWith("large_"));

/** Two unlike flows, for where all would take too long. */
export const SOME_FLOWS = FLOWS.filter((file) => /normal_s7|own_deep/.test(file));

function filesOf(folder: string): string[] {
  if (sharedDir() === null) return [];
  return readdirSync(join(dir, folder)).filter((file) => /\.bin(?:\.gz)?$/.test(file));
}

export function pathOf(file: string): string {
  return join(dir, file);
}

/** Hash of a flow's report stream through this venue, and the public one. */
export async function replayFile(
  venue: VenueProcess,
  file: string,
  options: Partial<ReplayOptions> = {},
): Promise<{ found: string; wanted: string | null }> {
  const loaded = loadWorkload(pathOf(file));
  if (typeof loaded === "string") throw new Error(loaded);
  const { report_sha256: found } = await replay(loaded, {
    venue: venue.address,
    operator: venue.operator,
    batch: 1,
    accounts: 2,
    rate: 0,
    window: 2048,
    keepBook: false,
    journalDir: null,
    reconnectMsMax: 10_000,
    ...options,
  });
  return { found, wanted: referenceHash(pathOf(file)) };
}
