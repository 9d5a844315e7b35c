/**
 * VerifyExport: the verdict on a whole export, for people and for scripts.
 */
import { openStore } from "../edges/open-store.ts";
import { ExportStore } from "../edges/export-store.ts";
import { NotAnObject, type ObjectStore } from "../edges/object-store.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import type { KnownRules } from "../engine/rules.ts";
import { checkCrossings, type CrossingCounts, ShardCrossings } from "./crossings.ts";
import { Lie } from "./lie.ts";
import { type ShardVerdict, type VerifyEngine, verifyShard } from "./verify-shard.ts";

export interface VerifyExportParts {
  /** A directory, or any store. */
  readonly from: string | ObjectStore;
  /** The venue id that is expected, 32 bytes; null gives an unpinned verdict. */
  readonly venue: Uint8Array | null;
  readonly verifier: SignatureVerifier;
  readonly openEngine: (genesisFrame: Uint8Array) => VerifyEngine;
  /** See VerifyParts. */
  readonly rules?: KnownRules;
  readonly onProgress?: (shard: number, position: number, of: number) => void;
}

export type Verdict =
  | {
      readonly ok: true;
      readonly isPinned: boolean;
      readonly shards: readonly (ShardVerdict & { readonly shard: number })[];
      readonly crossings: CrossingCounts;
    }
  | {
      readonly ok: false;
      /** 0 when the export as a whole cannot be read. */
      readonly shard: number;
      readonly sentence: string;
      /** Kind and place of the first lie, and the bytes that show it, for a proof file. */
      readonly what: string;
      readonly place: number;
      readonly bytes: Uint8Array | null;
    };

type Refusal = Extract<Verdict, { ok: false }>;

export async function verifyExport(parts: VerifyExportParts): Promise<Verdict> {
  const { from } = parts;
  const store = typeof from === "string" ? openStore(from) : from;
  const shards = await ExportStore.shardsIn(store);
  if (shards.length === 0) {
    const sentence = `${store.describe} holds no shard`;
    return { ok: false, shard: 0, what: "export", place: 0, bytes: null, sentence };
  }
  const verdicts: (ShardVerdict & { shard: number })[] = [];
  const all = shards.map((shard) => new ShardCrossings(shard));
  for (const crossings of all) {
    const verdict = await verifyOne({ ...parts, store }, crossings, verdicts[0]);
    if ("sentence" in verdict) return verdict;
    verdicts.push({ ...verdict, shard: crossings.shard });
  }
  const isCut = verdicts.every((one) => one.isCut);
  const crossings = checkCrossings(all, isCut);
  if ("lie" in crossings) return refusalOf(crossings.shard, crossings.lie);
  return { ok: true, isPinned: parts.venue !== null, shards: verdicts, crossings };
}

function refusalOf(shard: number, { what, place, bytes, sentence }: Lie): Refusal {
  return { ok: false, shard, what, place, bytes, sentence };
}

/** `first`: of the lowest shard, which makes the venue; all others are held to it. */
async function verifyOne(
  parts: VerifyExportParts & { readonly store: ObjectStore },
  crossings: ShardCrossings,
  first: ShardVerdict | undefined,
): Promise<ShardVerdict | Refusal> {
  const { store, verifier, openEngine, rules, onProgress } = parts;
  const { shard } = crossings;
  try {
    return await verifyShard({
      store: new ExportStore(store, shard),
      shard,
      verifier,
      openEngine,
      rules,
      venue: parts.venue ?? first?.venue ?? null,
      lead: first?.genesis ?? null,
      crossings,
      onProgress: (position, of) => onProgress?.(shard, position, of),
    });
  } catch (error) {
    const lie = error instanceof NotAnObject ? new Lie(error.object, 0, error.message) : error;
    if (!(lie instanceof Lie)) throw lie;
    return refusalOf(shard, lie);
  }
}
