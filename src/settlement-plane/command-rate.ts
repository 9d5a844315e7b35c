/**
 * CommandRate: commands of traders so far, and how many came in the last full second.
 *
 * Old records that settlement catches up with are counted, but are no part of what goes on now.
 */

/** A record whose log time is older is one that is caught up with. */
const OLD_MS = 5000;

export class CommandRate {
  private readonly wallMs: () => number;
  private second = 0;
  private current = 0;
  private previous = 0;
  total = 0;

  constructor(wallMs: () => number) {
    this.wallMs = wallMs;
  }

  /** `logTime` of their record, in microseconds. */
  add(count: number, logTime: number): void {
    this.total += count;
    if (count === 0 || logTime / 1000 < this.wallMs() - OLD_MS) return;
    this.turn();
    this.current += count;
  }

  get perSecond(): number {
    this.turn();
    return this.previous;
  }

  private turn(): void {
    const second = Math.floor(this.wallMs() / 1000);
    if (second === this.second) return;
    this.previous = second === this.second + 1 ? this.current : 0;
    this.current = 0;
    this.second = second;
  }
}
