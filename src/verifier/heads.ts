/**
 * Heads: the two signed notes of an export, and whose word they are.
 *
 * The checkpoint key stands in the genesis, and the venue id is the hash of the genesis: from the
 * venue id alone follows what must be signed by whom.
 */
import type { ExportDir } from "../edges/export-dir.ts";
import { INPUT_NOTE, STATE_NOTE } from "../edges/export-dir.ts";
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

export function openHeads(
  dir: ExportDir,
  genesis: Genesis,
  venue: Uint8Array,
  verifier: SignatureVerifier,
): Heads {
  const venueHex = venue.toHex();
  const open = (name: string, origin: string): Checkpoint => {
    const bytes = dir.read(name);
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
    input: open(INPUT_NOTE, inputOrigin(venueHex, genesis.shard)),
    states: open(STATE_NOTE, statesOrigin(venueHex, genesis.shard)),
  };
}
