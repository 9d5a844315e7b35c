/**
 * Segment clock: the log time of a pack, from the host's clock, never going back.
 *
 * If the host's clock moves against uptime by more than the limit, somebody set it: the log says
 * CLOCK and stops, instead of letting orders expire at once or never. Looked at once a second.
 */
import { Clock, type ClockSources, ClockWatch } from "./clock.ts";
import { LogFault } from "./log.ts";

const CHECK_EVERY_MS = 1000;

export class LogTime {
  private readonly clock: Clock;
  private readonly watch: ClockWatch;
  private readonly differenceMsMax: number;
  private checkedAtMs: number;
  private last: number;

  /** `last` is the newest log time so far, 0 for none. */
  constructor(sources: ClockSources, differenceMsMax: number, last: number) {
    this.clock = new Clock(sources);
    this.watch = new ClockWatch(sources);
    this.differenceMsMax = differenceMsMax;
    this.checkedAtMs = this.clock.monotonicMs();
    this.last = last;
    const behindMs = last / 1000 - sources.wallMs();
    if (behindMs > differenceMsMax) {
      const seconds = Math.round(behindMs / 1000);
      throw new LogFault(`CLOCK: the host's clock is ${seconds} s behind the log's newest record`);
    }
  }

  /** The time for the next pack, in microseconds. */
  next(): number {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.checkedAtMs >= CHECK_EVERY_MS) {
      this.check();
      this.checkedAtMs = nowMs;
    }
    this.last = Math.max(this.last, this.clock.micros());
    return this.last;
  }

  private check(): void {
    if (!this.watch.isBeyond(this.differenceMsMax)) return;
    const seconds = Math.round(this.watch.jumpMs() / 1000);
    throw new LogFault(`CLOCK: the host's clock moved by ${seconds} s against uptime`);
  }
}
