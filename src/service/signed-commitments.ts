/**
 * SignedCommitments: commitments of an export that the signed head of their tree covers.
 *
 *   state.note, signed by the checkpoint key of genesis -> size and root
 *   commitments/<first> -> the one that is asked for, and all behind it up to that size
 *
 * What is handed out is as it was found. Whoever knows the tree up to a commitment appends those
 * behind it, and has to get the signed root; see judged-state.ts.
 */
import { ExportStore, STATE_NOTE } from "../edges/export-store.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { type Checkpoint, openCheckpoint } from "../proofs/checkpoint-note.ts";
import { statesOrigin } from "../proofs/checkpointer.ts";
import { decodeCommitmentChunk } from "../proofs/commitment-chunk.ts";
import { noteKey } from "../proofs/signed-note.ts";
import type { Genesis } from "../protocol/genesis.ts";

export interface SignedCommitmentsParts {
  readonly store: ExportStore;
  readonly venue: Uint8Array;
  readonly genesis: Genesis;
  readonly openVerifier: () => Promise<SignatureVerifier>;
}

export interface FoundCommitments {
  /** The one that was asked for. */
  readonly own: Uint8Array;
  /** Those behind it. */
  readonly later: readonly Uint8Array[];
  /** Root over all up to the last of them, as it was signed. */
  readonly root: Uint8Array;
}

export class SignedCommitments {
  private readonly parts: SignedCommitmentsParts;

  constructor(parts: SignedCommitmentsParts) {
    this.parts = parts;
  }

  /** Commitment `number` and those behind it; or a sentence about why they cannot be had. */
  async from(number: number): Promise<FoundCommitments | string> {
    const head = await this.head();
    if (typeof head === "string") return head;
    const { size, root } = head;
    if (number + 1 >= size) return `the signed head has no commitment behind number ${number}`;
    const begin = await this.parts.store.chunkOf(number);
    if (begin === null) return `commitment ${number} is missing`;
    const entries: Uint8Array[] = [];
    for (let next = begin; next < size; ) {
      const chunk = await this.chunk(next, size);
      if (typeof chunk === "string") return chunk;
      for (const entry of chunk) if (next++ >= number) entries.push(entry);
    }
    const [own, ...later] = entries.slice(0, size - number);
    return own === undefined ? `commitment ${number} is missing` : { own, later, root };
  }

  private async head(): Promise<Checkpoint | string> {
    const { store, venue, genesis, openVerifier } = this.parts;
    const note = await store.get(STATE_NOTE);
    if (note === null) return "there is no signed head";
    const verifier = await openVerifier();
    const venueHex = venue.toHex();
    const opened = openCheckpoint(note, {
      origin: statesOrigin(venueHex, genesis.shard),
      keys: [noteKey(venueHex, genesis.checkpointKey)],
      verify: (message, signature, key) => verifier.verify(message, signature, key),
    });
    return opened.ok ? opened.checkpoint : `${STATE_NOTE}: ${opened.reason}`;
  }

  /** Those of one object, from `first`. */
  private async chunk(first: number, size: number): Promise<readonly Uint8Array[] | string> {
    const { store } = this.parts;
    const bytes =
      (await store.get(ExportStore.chunkName(first))) ??
      (await store.get(ExportStore.partChunkName(first, size - 1)));
    if (bytes === null) return `commitment ${first} is missing`;
    const chunk = decodeCommitmentChunk(bytes);
    if (typeof chunk === "string") return `commitments from ${first}: ${chunk}`;
    const isOurs = chunk.first === first && chunk.shard === store.shard;
    return isOurs ? chunk.entries : `commitments from ${first}: its header is that of another one`;
  }
}
