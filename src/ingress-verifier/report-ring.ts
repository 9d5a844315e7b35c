/**
 * ReportRing: the newest reports of a shard, so that a returning client can catch up from memory.
 *
 *   bytes   [ report ][ report ] ... capacity reports, the oldest overwritten first
 *
 * One shard has one ring; an account's reports are found by walking back from the newest.
 */
import { readU64 } from "../base/bytes.ts";
import {
  REPORT_ACCOUNT_AT,
  REPORT_NUMBER_AT,
  REPORT_POSITION_AT,
  REPORT_SIZE,
} from "../protocol/report.ts";

export class ReportRing {
  private readonly capacity: number;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private added = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.bytes = new Uint8Array(capacity * REPORT_SIZE);
    this.view = new DataView(this.bytes.buffer);
  }

  add(reports: Uint8Array, offset: number): void {
    const at = (this.added % this.capacity) * REPORT_SIZE;
    this.bytes.set(reports.subarray(offset, offset + REPORT_SIZE), at);
    this.added++;
  }

  /** Position of the oldest report kept, or 0 when empty. Older positions are not complete here. */
  get oldestPosition(): number {
    if (this.added === 0) return 0;
    return readU64(this.view, this.offsetOf(Math.max(0, this.added - this.capacity)));
  }

  /**
   * The account's numbered reports from `number` on, oldest first, each a view on loan; null when
   * the ring does not reach back to `number`.
   */
  from(account: number, number: number): Uint8Array[] | null {
    const found: Uint8Array[] = [];
    const oldest = Math.max(0, this.added - this.capacity);
    for (let i = this.added - 1; i >= oldest; i--) {
      const at = (i % this.capacity) * REPORT_SIZE;
      if (this.view.getUint32(at + REPORT_ACCOUNT_AT, true) !== account) continue;
      const its = readU64(this.view, at + REPORT_NUMBER_AT);
      if (its === 0) continue;
      if (its >= number) found.push(this.bytes.subarray(at, at + REPORT_SIZE));
      if (its <= number) return found.reverse();
    }
    return null;
  }

  private offsetOf(index: number): number {
    return (index % this.capacity) * REPORT_SIZE + REPORT_POSITION_AT;
  }
}
