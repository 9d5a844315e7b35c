/**
 * FrameCopies: each frame is copied to one place, so that none needs an array and a view of its
 * own. The runtime keeps a list of all views of a buffer until it collects, and copies that list
 * when it grows: with frames of one command that was a pause of milliseconds.
 */
import { viewOf } from "../base/bytes.ts";
import { RECORD_HEADER_SIZE, type RecordView } from "../protocol/record.ts";

/** Larger frames are rare, and get an array of their own. */
const COPIED_MAX = 16_384;

export class FrameCopies {
  private readonly memory = new ArrayBuffer(COPIED_MAX);
  private readonly words = new Int32Array(this.memory);
  /** By size. */
  private readonly arrays: Uint8Array[] = [];
  private readonly views: DataView[] = [];

  /** The frame's bytes, good until the next call. */
  of(view: DataView, { at, frameSize }: RecordView): Uint8Array {
    const start = at + RECORD_HEADER_SIZE;
    if (frameSize > COPIED_MAX || (frameSize & 3) !== 0) {
      return new Uint8Array(view.buffer, view.byteOffset + start, frameSize);
    }
    const words = this.words;
    for (let i = 0; i < frameSize; i += 4) words[i >> 2] = view.getInt32(start + i, true);
    const known = this.arrays[frameSize];
    if (known !== undefined) return known;
    const fresh = new Uint8Array(this.memory, 0, frameSize);
    this.arrays[frameSize] = fresh;
    this.views[frameSize] = viewOf(fresh);
    return fresh;
  }

  /** A view on what `of` has just given. */
  viewOf(frame: Uint8Array): DataView {
    return (frame.buffer === this.memory && this.views[frame.length]) || viewOf(frame);
  }
}
