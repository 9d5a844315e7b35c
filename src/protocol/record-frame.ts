/**
 * RecordFrame: what a record's frame says of itself, of any size and form: nobody may have checked
 * it yet, and one that was cured (docs/RULES.md 12) never passes the check.
 */
import { FRAME_COUNT_AT, FRAME_HEADER_SIZE, FRAME_KEY_AT } from "./frame.ts";
import { RECORD_FRAME, RECORD_HEADER_SIZE, type RecordView } from "./record.ts";

/** The key id that the record's frame names; null for a tick, and for what is too short to name. */
export function keyIdOf(view: DataView, record: RecordView): number | null {
  if (!hasHeader(record)) return null;
  return view.getUint32(record.at + RECORD_HEADER_SIZE + FRAME_KEY_AT, true);
}

/** How many commands it has by its own word, for the border of checkpoints; likewise 0. */
export function commandsOf(view: DataView, record: RecordView): number {
  if (!hasHeader(record)) return 0;
  return view.getUint16(record.at + RECORD_HEADER_SIZE + FRAME_COUNT_AT, true);
}

function hasHeader({ kind, frameSize }: RecordView): boolean {
  return kind === RECORD_FRAME && frameSize >= FRAME_HEADER_SIZE;
}
