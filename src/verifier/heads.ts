/**
 * Heads: the two signed notes of an export, and whose word they are.
 *
 * The checkpoint key stands in the genesis, and the venue id is the hash of the genesis: from the
 * venue id alone follows what must be signed by whom.
 */
import { type ExportStore, INPUT_NOTE, STATE_NOTE } from "../edges/export-store.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { type Checkpoint, openCheckpoint } from "../proofs/checkpoint-note.ts";
import { inputOrigin, statesOrigin } from "../proofs/checkpointer.ts";
import { noteKey } from "../proofs/signed-note.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { Lie } from "./lie.ts";

export interface Heads {
  readonly input: Checkpoint;
  readonly states: Checkpoint;
}

export async function openHeads(
  store: ExportStore,
  genesis: Genesis,
  venue: Uint8Array,
  verifier: SignatureVerifier,
): Promise<Heads> {
  const venueHex = venue.toHex();
  // Moved in the other order: the input tree's head is as far as this one, or further.
  const stateNote = await store.get(STATE_NOTE);
  const inputNote = await store.get(INPUT_NOTE);
  const open = (name: string, bytes: Uint8Array | null, origin: string): Checkpoint => {
    if (bytes === null) throw new Lie(name, 0, "it is missing");
    const opened = openCheckpoint(bytes, {
      origin,
      keys: [noteKey(venueHex, genesis.checkpointKey)],
      verify: (message, signature, key) => verifier.verify(message, signature, key),
    });
    if (!opened.ok) throw new Lie(name, 0, opened.reason);
    return opened.checkpoint;
  };
  return {
    input: open(INPUT_NOTE, inputNote, inputOrigin(venueHex, genesis.shard)),
    states: open(STATE_NOTE, stateNote, statesOrigin(venueHex, genesis.shard)),
  };
}
