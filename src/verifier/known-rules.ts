/**
 * KnownRules: the rules versions that govern an export, read before anything of it is replayed.
 *
 * `latest` says the newest, and nobody has signed that: the last commitment under the signed head
 * has to say so too. Then a version that this build does not know is no lie, and nobody can judge
 * it here.
 */
import { equalBytes } from "../base/bytes.ts";
import type { ExportStore } from "../edges/export-store.ts";
import { type KnownRules, unknownRules } from "../engine/rules.ts";
import type { Checkpoint } from "../proofs/checkpoint-note.ts";
import type { ExportLatest } from "../protocol/export-latest.ts";
import type { Upgrade } from "../protocol/governing.ts";
import { EXIT_REFUSED, ServiceEnd } from "../service/start.ts";
import { CommitmentReader } from "./commitment-reader.ts";
import { Lie } from "./lie.ts";

interface Claimed {
  readonly latest: ExportLatest;
  /** Signed, of the commitments. */
  readonly head: Checkpoint;
  readonly known: KnownRules;
}

/** Throws ServiceEnd for a version that is signed for and not known. */
export async function refuseUnknownRules(
  store: ExportStore,
  { latest, head, known }: Claimed,
): Promise<void> {
  if (known.has(latest.rulesVersion)) return;
  const governing = await signedRules(store, head);
  if (governing !== null) refuseUnknown(governing, { shard: store.shard, known });
}

/** Throws ServiceEnd for a version that governs what comes next and is not known. */
export function refuseUnknown(
  upgrade: Upgrade,
  { shard, known }: { readonly shard: number; readonly known: KnownRules },
): void {
  if (known.has(upgrade.version)) return;
  throw new ServiceEnd(EXIT_REFUSED, `shard ${shard}: ${unknownRules([upgrade], known)}`);
}

/** Of the last commitment; null where they are not those of the head: the replay finds the lie. */
async function signedRules(store: ExportStore, head: Checkpoint): Promise<Upgrade | null> {
  try {
    const { last, root } = await new CommitmentReader(store, head.size).finish();
    return equalBytes(root, head.root) ? last.governing.current : null;
  } catch (error) {
    if (error instanceof Lie) return null;
    throw error;
  }
}
