/**
 * BadFrames: how many frames of a connection or an address were refused within a second.
 *
 * A refused frame has cost a signature check, and nobody has to log on for it. So what one address
 * may cost is bounded over all its connections, those that it makes anew included.
 */
const WINDOW_MS = 1000;
/** An address may have this many times the bad frames of one connection. */
export const ADDRESS_SHARE = 8;

export class BadFrames {
  private count = 0;
  private since = 0;

  /** Counts one more; returns how many there were within the second. */
  add(now: number): number {
    if (this.isQuiet(now)) {
      this.since = now;
      this.count = 0;
    }
    return ++this.count;
  }

  isOver(max: number, now: number): boolean {
    return this.count > max && !this.isQuiet(now);
  }

  /** None for a second. */
  isQuiet(now: number): boolean {
    return this.count === 0 || now - this.since >= WINDOW_MS;
  }
}
