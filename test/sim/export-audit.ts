/**
 * ExportAudit: what the export of a run is worth in the end. The verifier says yes to it, as it
 * would to a stranger, and its heads are those of a cold replay of the log.
 */
import { INPUT_NOTE, STATE_NOTE } from "../../src/edges/export-store.ts";
import { decodeCommitment } from "../../src/proofs/commitment.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import { Violation } from "./oracle.ts";
import type { Venue } from "./venue.ts";

/** Of a cold replay of one shard. */
export interface ColdTrees {
  readonly commitments: readonly Uint8Array[];
  /** Roots of the tree of commitments, by size less one, as a note has them. */
  readonly heads: readonly string[];
}

export function auditExport(venue: Venue, cold: ReadonlyMap<number, ColdTrees>): void {
  const { store, archive } = venue;
  if (store === null || archive === null) return;
  const verdict = verdictOn(venue);
  if (!verdict.ok) throw new Violation(`the verifier says of the export: ${verdict.sentence}`);
  for (const [shard, trees] of cold) {
    const found = verdict.shards.find((one) => one.shard === shard);
    const archived = archive.recordsOf(shard);
    if (found?.records !== archived) {
      throw new Violation(`shard ${shard}: ${archived} are archived, ${found?.records} verified`);
    }
    const head = (name: string) => headOf(store.objects.get(`shard-${shard}/${name}`)!);
    const states = head(STATE_NOTE);
    if (trees.heads[states.size - 1] !== states.root) {
      throw new Violation(`shard ${shard}: its export has signed other commitments`);
    }
    const input = head(INPUT_NOTE);
    if (inputRootAt(trees, input.size) !== input.root) {
      throw new Violation(`shard ${shard}: its export has signed other records`);
    }
  }
}

/** Nothing of it waits for time to pass. */
function verdictOn({ world, store, venueId, verifier }: Venue): Verdict {
  let verdict: Verdict | null = null;
  let fault: unknown = new Violation("the verifier does not come to an end");
  const openEngine = judgeEngine("fast");
  const parts = { from: store!.atRest(), venue: venueId, verifier, openEngine };
  world.enter(world.nature, () => {
    verifyExport(parts).then(
      (said) => (verdict = said),
      (error: unknown) => (fault = error),
    );
  });
  if (verdict === null) throw fault;
  return verdict;
}

function headOf(note: Uint8Array): { readonly size: number; readonly root: string } {
  const [, size = "", root = ""] = new TextDecoder().decode(note).split("\n");
  return { size: Number(size), root };
}

function inputRootAt({ commitments }: ColdTrees, position: number): string {
  for (const bytes of commitments) {
    const commitment = decodeCommitment(bytes);
    if (typeof commitment === "string") throw new Violation(commitment);
    if (commitment.position === position) return commitment.inputRoot.toBase64();
  }
  return "";
}
