/**
 * BadFrames: how many frames of a connection or an address were refused within a second.
 *
 * A refused frame has cost a signature check, and nobody has to log on for it. So what one address
 * may cost is bounded over all its connections, those that it makes anew included.
 */
const WINDOW_MS = 1000;
/** An address may have this many times the bad frames of one connection. */
export const ADDRESS_SHARE = 8;

export interface BadFrameParts {
  readonly now: () => number;
  /** Of one connection, beyond which it is closed. */
  readonly badFramesPerSecondMax: number;
  /** Of all connections from its address. */
  readonly badFramesOfAddress: BadFrames;
}

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

  /** Counts one more of this connection and its address: whether that is too many of either. */
  isOneTooMany(parts: BadFrameParts): boolean {
    const { badFramesPerSecondMax: max, badFramesOfAddress } = parts;
    const now = parts.now();
    const ofAddress = badFramesOfAddress.add(now);
    return this.add(now) > max || ofAddress > ADDRESS_SHARE * max;
  }

  isOver(max: number, now: number): boolean {
    return this.count > max && !this.isQuiet(now);
  }

  /** None for a second. */
  isQuiet(now: number): boolean {
    return this.count === 0 || now - this.since >= WINDOW_MS;
  }
}
