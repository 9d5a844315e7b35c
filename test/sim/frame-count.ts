/** FrameCount: how many commands a record has, as a checkpoint counts them. */
import { FRAME_COUNT_AT } from "../../src/protocol/frame.ts";
import { RECORD_FRAME, RECORD_HEADER_SIZE, type RecordView } from "../../src/protocol/record.ts";

export function frameCountOf(view: DataView, { kind, at }: RecordView): number {
  if (kind !== RECORD_FRAME) return 0;
  return view.getUint16(at + RECORD_HEADER_SIZE + FRAME_COUNT_AT, true);
}
