/**
 * PublishedExecution: an execution record, held against what its input records cause when they are
 * executed again. The chain in its header alone would not tell: the reports in it, byte for byte,
 * are what traders are shown, and records without reports leave the chain of any such records.
 */
import { equalBytes, readU64, viewOf } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import type { Execution } from "../protocol/execution.ts";
import { REPORT_POSITION_AT, REPORT_SIZE } from "../protocol/report.ts";

export class PublishedExecution {
  private rest: Uint8Array = new Uint8Array(0);
  private isSame = true;

  /** Of records behind `after`: those up to there were executed before, and are not looked at. */
  begin({ reports }: Execution, after: number): void {
    const view = viewOf(reports);
    let at = 0;
    while (at < reports.length && readU64(view, at + REPORT_POSITION_AT) <= after) {
      at += REPORT_SIZE;
    }
    this.rest = reports.subarray(at);
    this.isSame = true;
  }

  /** What the next record caused. */
  compare(made: Uint8Array): void {
    const theirs = this.rest.subarray(0, made.length);
    this.isSame &&= equalBytes(theirs, made);
    this.rest = this.rest.subarray(theirs.length);
  }

  /**
   * Whether all reports that came were there and nothing else is, `newest` (the record that was
   * executed last) is the one that it names, and the chain behind it is the same.
   */
  holds({ chain, lastCrc }: Execution, newest: Uint8Array, made: Uint8Array): boolean {
    const areAll = this.isSame && this.rest.length === 0;
    return areAll && crc32(newest) === lastCrc && equalBytes(chain, made);
  }
}
