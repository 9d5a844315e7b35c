/**
 * Power: the host of a service loses it. What was not synced is gone, but never what is signed.
 */
import type { Prng } from "../../src/base/prng.ts";
import {
  COMMITMENTS_NAME,
  noteSize,
  splitCommitments,
  STATE_NOTE_NAME,
} from "../../src/settlement-plane/commitment-file.ts";
import { Violation } from "./oracle.ts";
import { settlementDir } from "./settlement-service.ts";
import type { Venue } from "./venue.ts";

/** Of a service that has ended just before. */
export function losePower(venue: Venue, role: string, prng: Prng): void {
  const { stored } = venue.diskOf(role);
  venue.diskOf(role).losePower(prng);
  for (const shard of venue.shards) {
    const dir = settlementDir(shard);
    const note = stored.get(`${dir}/${STATE_NOTE_NAME}`);
    if (note === undefined) continue;
    const file = stored.get(`${dir}/${COMMITMENTS_NAME}`)?.bytes ?? new Uint8Array(0);
    const [kept, signed] = [splitCommitments(file).entries.length, noteSize(note.bytes)];
    if (kept >= signed) continue;
    venue.fail(new Violation(`${role} has signed ${signed} commitments, and kept ${kept}`));
  }
}
