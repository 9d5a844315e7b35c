/**
 * JudgedState: a snapshot of the export, held against what settlement signed before anybody goes on
 * from it.
 *
 *   snapshot = [ u32 size ][ engine ][ checkpointer ]
 *   checkpointer's tree of commitments + the commitments behind it  = the signed root
 *   hash of its last commitment                  = what the commitment behind that names
 *   commitment made anew of the restored state   = that last commitment, byte for byte
 *
 * So position, log time, report chain, input root, roots, totals, links and rules versions are
 * those that were signed, and the roots cover every account, key, balance, market and order. The
 * record behind it is executed on this state, and its chain is compared with `ex` as any other.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import { Engine, type EngineOptions, type Restored } from "../engine/engine.ts";
import { Checkpointer } from "../proofs/checkpointer.ts";
import { type Commitment, decodeCommitment, encodeCommitment } from "../proofs/commitment.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { FoundCommitments, SignedCommitments } from "./signed-commitments.ts";

export interface JudgeTerms {
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly commitments: Pick<SignedCommitments, "from">;
}

export interface StateParts {
  readonly engine: Uint8Array;
  readonly checkpointer: Checkpointer;
}

/** A state, and the checkpointer behind its commitment. */
export interface JudgedState extends Restored {
  readonly checkpointer: Checkpointer;
}

/** The two parts of a snapshot's bytes, or what is wrong with them. */
export function splitState(bytes: Uint8Array, genesis: Genesis): StateParts | string {
  if (bytes.length < 4) return "it is cut";
  const end = 4 + viewOf(bytes).getUint32(0, true);
  if (end > bytes.length) return "it is cut";
  const { shard, directoryOrigin, checkpointIntervalUs, checkpointCommands } = genesis;
  const checkpointer = Checkpointer.restore(
    { shard, directoryOrigin, intervalUs: checkpointIntervalUs, commandsMax: checkpointCommands },
    bytes.subarray(end),
  );
  if (typeof checkpointer === "string") return checkpointer;
  return { engine: bytes.subarray(4, end), checkpointer };
}

/** "", or why this is not the state that was signed for at `position`. */
export async function judgeState(
  { genesis, genesisFrame, commitments }: JudgeTerms,
  { engine: bytes, checkpointer }: StateParts,
  { position, options }: { readonly position: number; readonly options: EngineOptions },
): Promise<string> {
  if (checkpointer.count === 0) return "it lies behind no commitment";
  const found = await commitments.from(checkpointer.count - 1);
  if (typeof found === "string") return found;
  const own = signedOne(found, checkpointer);
  if (typeof own === "string") return own;
  const restored = Engine.restore(genesisFrame, bytes, { ...options, roots: true });
  if (typeof restored === "string") return restored;
  const { engine } = restored;
  if (engine.position !== position || own.position !== position) {
    return `it is of position ${engine.position}, its commitment of ${own.position}`;
  }
  if (!checkpointer.isBehind(found.own, engine.logTime)) return "it is not behind its commitment";
  const made = commitmentOf(restored, { genesis, checkpointer, previous: own.previous });
  return equalBytes(made, found.own) ? "" : "it is not the state that was signed";
}

/** The last commitment of that tree, which is a part of the one that was signed. */
function signedOne(
  { own, later, root }: FoundCommitments,
  checkpointer: Checkpointer,
): Commitment | string {
  if (!equalBytes(checkpointer.statesRootWith(later), root)) {
    return "its commitments are not those that were signed";
  }
  const [next] = later;
  const behind = next === undefined ? "there is none" : decodeCommitment(next);
  if (typeof behind === "string") return `the commitment behind it: ${behind}`;
  if (!equalBytes(behind.previous, sha256(own))) {
    return "its commitment is not the one that was signed";
  }
  return decodeCommitment(own);
}

interface CommitmentTerms {
  readonly genesis: Genesis;
  readonly checkpointer: Checkpointer;
  readonly previous: Uint8Array;
}

function commitmentOf(
  { engine, chain }: Restored,
  { genesis, checkpointer, previous }: CommitmentTerms,
): Uint8Array {
  const roots = engine.roots();
  return encodeCommitment({
    shard: genesis.shard,
    governing: roots.governing,
    directoryOrigin: genesis.directoryOrigin,
    number: checkpointer.count - 1,
    position: engine.position,
    logTime: engine.logTime,
    inputRoot: checkpointer.inputRoot,
    reportChain: chain,
    accountsRoot: roots.accounts,
    marketsRoot: roots.markets,
    booksRoot: roots.books,
    previous,
    arrivals: roots.arrivals,
    directory: roots.directory,
    totals: roots.totals,
    links: roots.links,
  });
}
