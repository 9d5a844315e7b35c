/** LatestClaims: what `latest` of an export says of itself, held against what is signed. */
import { type ExportStore, LATEST } from "../edges/export-store.ts";
import { decodeLatest, type ExportLatest } from "../protocol/export-latest.ts";
import type { Heads } from "./heads.ts";
import { Lie } from "./lie.ts";

export async function readLatest(store: ExportStore): Promise<ExportLatest> {
  const bytes = await store.get(LATEST);
  const latest = bytes === null ? "it is missing" : decodeLatest(bytes);
  if (typeof latest === "string") throw new Lie(LATEST, 0, latest);
  return latest;
}

/** Nobody has signed it: it only says how far to read, and must fit what is signed. */
export function checkLatest(
  latest: ExportLatest,
  { shard, venue, heads }: { shard: number; venue: Uint8Array; heads: Heads },
): void {
  const refuse = (why: string): never => {
    throw new Lie(LATEST, 0, why);
  };
  if (latest.shard !== shard || latest.venue !== venue.toHex()) refuse("it is of another shard");
  const { records, commitments, isCut } = latest;
  const { input, states } = heads;
  if (records < 1 || records > input.size || commitments > states.size) {
    refuse("it covers more than is signed");
  }
  const isWhole = records === input.size && commitments === states.size;
  if (isCut && !isWhole) refuse("it says to end where the signed heads do not");
}

/** Behind the last record. */
export function checkEnd(latest: ExportLatest, commitments: number, version: number): void {
  if (commitments !== latest.commitments) {
    throw new Lie(LATEST, 0, `its records make ${commitments} commitments`);
  }
  if (version !== latest.rulesVersion) {
    throw new Lie(LATEST, 0, `rules version ${latest.rulesVersion} does not govern its end`);
  }
}
