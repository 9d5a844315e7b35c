/**
 * ReportRing: the newest reports of a shard, so that a returning client can catch up from memory.
 *
 *   bytes   [ report ][ report ] ... capacity reports, the oldest overwritten first
 *
 * Reports are counted from 0 as they come; those from `oldest` to before `end` are here. One shard
 * has one ring; an account's reports are found by walking back from the newest.
 */
import { readU64, viewOf } from "../base/bytes.ts";
import { REPORT_ACCOUNT_AT, REPORT_NUMBER_AT, REPORT_SIZE } from "../protocol/report.ts";

export class ReportRing {
  readonly view: DataView;
  /** Count of the report that comes next. */
  end = 0;
  private readonly capacity: number;
  private readonly bytes: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.bytes = new Uint8Array(capacity * REPORT_SIZE);
    this.view = viewOf(this.bytes);
  }

  /** Count of the oldest report that is still here. */
  get oldest(): number {
    return Math.max(0, this.end - this.capacity);
  }

  add(reports: Uint8Array, offset: number): void {
    this.bytes.set(reports.subarray(offset, offset + REPORT_SIZE), this.offsetOf(this.end));
    this.end++;
  }

  /** Where report number `count` lies in `view`, while it is here. */
  offsetOf(count: number): number {
    return (count % this.capacity) * REPORT_SIZE;
  }

  /**
   * A count from which on all of the account's reports from `number` on lie, or null when the ring
   * does not reach back so far.
   */
  seek(account: number, number: number): number | null {
    const { oldest, view } = this;
    for (let count = this.end - 1; count >= oldest; count--) {
      const at = this.offsetOf(count);
      if (view.getUint32(at + REPORT_ACCOUNT_AT, true) !== account) continue;
      const its = readU64(view, at + REPORT_NUMBER_AT);
      if (its <= number) return its < number ? count + 1 : count;
    }
    return null;
  }
}
