/**
 * Clock: the time of this host, and the suspicion that it was changed.
 *
 *   wall clock   microseconds since 1970, never going back; becomes log time in the embedded log
 *   monotonic    milliseconds since some moment; for time-outs and durations
 *   uptime       milliseconds since boot, sleep included; what the wall clock is compared with
 *
 * A wall clock that was stepped moves against uptime. `ClockWatch` says by how much, and whoever
 * stamps log time refuses to go on beyond the configured difference.
 */
import { readFileSync } from "node:fs";
import { uptime } from "node:os";

export interface ClockSources {
  /** Whole milliseconds since 1970; may jump either way. */
  wallMs(): number;
  /** Never goes back, finer than a millisecond. */
  monotonicMs(): number;
  uptimeMs(): number;
}

export const HOST_CLOCK: ClockSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  uptimeMs: readUptimeMs,
};

/** Linux tells hundredths of a second; elsewhere whole seconds must do. */
function readUptimeMs(): number {
  try {
    const seconds = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
    if (seconds > 0) return seconds * 1000;
  } catch {
    // Not Linux.
  }
  return uptime() * 1000;
}

export class Clock {
  private readonly sources: ClockSources;
  private anchorWallMs: number;
  private anchorMonotonicMs: number;
  private latest = 0;

  constructor(sources: ClockSources = HOST_CLOCK) {
    this.sources = sources;
    this.anchorWallMs = sources.wallMs();
    this.anchorMonotonicMs = sources.monotonicMs();
  }

  /**
   * Microseconds since 1970, an integer, never below an earlier answer. The wall clock has whole
   * milliseconds; the monotonic clock fills in the rest as long as the two agree.
   */
  micros(): number {
    const wallMs = this.sources.wallMs();
    const monotonicMs = this.sources.monotonicMs();
    const guessMs = this.anchorWallMs + (monotonicMs - this.anchorMonotonicMs);
    let micros = Math.floor(guessMs * 1000);
    if (guessMs < wallMs || guessMs >= wallMs + 1) {
      this.anchorWallMs = wallMs;
      this.anchorMonotonicMs = monotonicMs;
      micros = wallMs * 1000;
    }
    this.latest = Math.max(this.latest, micros);
    return this.latest;
  }

  /** Milliseconds for durations only; means nothing outside this process. */
  monotonicMs(): number {
    return this.sources.monotonicMs();
  }
}

export class ClockWatch {
  private readonly sources: ClockSources;
  private readonly offsetMs: number;

  /** The wall clock as it is now is believed. */
  constructor(sources: ClockSources = HOST_CLOCK) {
    this.sources = sources;
    this.offsetMs = sources.wallMs() - sources.uptimeMs();
  }

  /** Milliseconds that the wall clock was set forward (above 0) or back since the start. */
  jumpMs(): number {
    return this.sources.wallMs() - this.sources.uptimeMs() - this.offsetMs;
  }

  /** True if it moved further than allowed, either way. */
  isBeyond(differenceMsMax: number): boolean {
    return Math.abs(this.jumpMs()) > differenceMsMax;
  }
}
