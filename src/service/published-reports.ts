/**
 * PublishedReports: the reports of an execution record, held byte for byte against those that its
 * records cause when they are executed again. The chain in its header alone would not tell: the
 * reports in it are what traders are shown.
 */
import { equalBytes, readU64, viewOf } from "../base/bytes.ts";
import { REPORT_POSITION_AT, REPORT_SIZE } from "../protocol/report.ts";

export class PublishedReports {
  private rest: Uint8Array = new Uint8Array(0);
  private isSame = true;

  /** Of records behind `after`: those up to there were executed before, and are not looked at. */
  begin(reports: Uint8Array, after: number): void {
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

  /** Whether all that came was there, and nothing else is. */
  areAll(): boolean {
    return this.isSame && this.rest.length === 0;
  }
}
