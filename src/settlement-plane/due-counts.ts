/**
 * DueCounts: what happened to orders without a command for it, counted for metrics.
 */
import * as codes from "../protocol/codes.ts";
import { REPORT_REASON_AT } from "../protocol/report.ts";

export class DueCounts {
  /** Orders past their good till. */
  expired = 0;
  /** Stops that were reached, also those that a command reached. */
  triggered = 0;
  /** Dead-man timers; one that needed several records counts once. */
  timersFired = 0;

  follow(view: DataView, offset: number): void {
    const reason = view.getUint8(offset + REPORT_REASON_AT);
    switch (view.getUint8(offset)) {
      case codes.REPORT_CANCELED:
        if (reason === codes.CANCEL_EXPIRED) this.expired++;
        break;
      case codes.REPORT_TRIGGERED:
        this.triggered++;
        break;
      case codes.REPORT_TIMER_FIRED:
        if (reason === 0) this.timersFired++;
        break;
    }
  }
}
