/**
 * CheckpointNotes: a commitment becomes two signed notes, of the input tree and of the tree of
 * commitments. The same commitment and key give the same bytes.
 */
import { toHex } from "../base/bytes.ts";
import type { Signer } from "../edges/keys.ts";
import { signCheckpoint } from "../proofs/checkpoint-note.ts";
import { inputOrigin, statesOrigin } from "../proofs/checkpointer.ts";
import { noteKey } from "../proofs/signed-note.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { Notes } from "./commitment-file.ts";
import type { HeadsAt } from "./shard-export.ts";

export interface PublishedCheckpoint {
  readonly number: number;
  readonly position: number;
  /** Log time of the last record covered, microseconds. */
  readonly logTime: number;
  readonly inputNote: Uint8Array;
  readonly stateNote: Uint8Array;
}

interface SignerParts {
  readonly venue: Uint8Array;
  readonly genesis: Genesis;
  readonly checkpointSigner: Signer;
}

export function signHeads(
  { count, position, inputRoot, statesRoot }: HeadsAt,
  { venue, genesis, checkpointSigner }: SignerParts,
): Notes {
  const hex = toHex(venue);
  const key = noteKey(hex, checkpointSigner.publicKey);
  const sign = (message: Uint8Array): Uint8Array => checkpointSigner.sign(message);
  const input = { origin: inputOrigin(hex, genesis.shard), size: position, root: inputRoot };
  const state = { origin: statesOrigin(hex, genesis.shard), size: count, root: statesRoot };
  return { input: signCheckpoint(input, key, sign), state: signCheckpoint(state, key, sign) };
}
