/**
 * PlacedFrames: frames of ours that lie in the log, by position, until their reports have come.
 *
 * Positions tie the two sides of a door together: an append says where a frame lies, a report says
 * which record caused it.
 */
import { LostSuffix } from "../edges/log.ts";
import { equalBytes, readU64, viewOf } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import type { Execution } from "../protocol/execution.ts";
import { TAG_SIZE } from "../protocol/frame.ts";
import { REPORT_POSITION_AT, REPORT_SIZE, REPORT_TAG_AT } from "../protocol/report.ts";
import type { Origin } from "./append-queue.ts";

/** Who brought it, and what its reports call it. */
interface Placed {
  readonly origin: Origin;
  readonly tag: Uint8Array;
}

export class PlacedFrames {
  private readonly origins = new Map<number, Placed>();

  add(position: number, frame: Uint8Array, origin: Origin): void {
    this.origins.set(position, { origin, tag: sha256(frame).subarray(0, TAG_SIZE) });
  }

  originAt(position: number): Origin | undefined {
    return this.origins.get(position)?.origin;
  }

  /** Forgets all of them; who brought them. */
  letGo(): Origin[] {
    const gone = [...this.origins.values()].map(({ origin }) => origin);
    this.origins.clear();
    return gone;
  }

  /** All reports of this record have been shown. */
  finish(position: number): void {
    if (this.origins.size === 0) return;
    const placed = this.origins.get(position);
    if (placed === undefined) return;
    this.origins.delete(position);
    placed.origin.onDone();
  }

  /**
   * Where we have placed a frame another record may stand, after a failover that this process has
   * not met in any other way: what is said of that one is not for who brought ours.
   */
  refuseOthers({ reports, last }: Execution): void {
    if (this.origins.size === 0) return;
    const view = viewOf(reports);
    const named = new Set<number>();
    let latest = 0;
    for (let at = 0; at < reports.length; at += REPORT_SIZE) {
      const position = readU64(view, at + REPORT_POSITION_AT);
      if (position === latest) continue; // One report that names the frame is enough.
      const placed = this.origins.get(position);
      if (placed === undefined) continue;
      const tag = reports.subarray(at + REPORT_TAG_AT, at + REPORT_TAG_AT + TAG_SIZE);
      if (!equalBytes(placed.tag, tag)) continue;
      named.add(position);
      latest = position;
    }
    for (const position of this.origins.keys()) {
      if (position > last) break; // They were placed in order.
      if (named.has(position)) continue;
      throw new LostSuffix(`record ${position} is not the one that was appended`);
    }
  }
}
