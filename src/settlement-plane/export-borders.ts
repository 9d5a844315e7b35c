/**
 * ExportBorders: where an export's steps end. It follows from the commitments alone, so that two
 * exporters cut at the same places.
 *
 *   commitment   0     1  2  3     4  5 ...
 *   log time     9.1   9.5  9.9    20.3 ...      period: 10 s of log time
 *   a step ends  ^                 ^             with the first commitment of each period
 */
import { assert } from "../base/assert.ts";
import { type Commitment, decodeCommitment } from "../proofs/commitment.ts";
import { LogFault } from "../edges/log.ts";

/** A step of the export: 10 s of log time. Part of the format: all exporters must agree. */
export const STEP_US = 10_000_000;

/** A settlement's commitments, as far as they are signed. */
export interface Commitments {
  readonly count: number;
  read(number: number): Uint8Array | null;
}

export class ExportBorders {
  private readonly commitments: Commitments;
  private readonly stepUs: number;

  constructor(commitments: Commitments, stepUs = STEP_US) {
    this.commitments = commitments;
    this.stepUs = stepUs;
  }

  get count(): number {
    return this.commitments.count;
  }

  bytes(number: number): Uint8Array {
    const bytes = this.commitments.read(number);
    assert(bytes !== null, "a commitment below the count is there");
    return bytes;
  }

  at(number: number): Commitment {
    const commitment = decodeCommitment(this.bytes(number));
    if (typeof commitment === "string") throw new LogFault(`commitment ${number}: ${commitment}`);
    return commitment;
  }

  /** Records that the first `count` commitments cover. */
  position(count: number): number {
    return count === 0 ? 0 : this.at(count - 1).position;
  }

  /** The smallest count above `count` where a step ends; null while there is none. */
  next(count: number): number | null {
    for (let number = count; number < this.count; number++) {
      if (this.endsWith(number)) return number + 1;
    }
    return null;
  }

  /** The largest count up to `count` where a step ends, or 0. */
  last(count: number): number {
    for (let number = count - 1; number >= 0; number--) {
      if (this.endsWith(number)) return number + 1;
    }
    return 0;
  }

  private endsWith(number: number): boolean {
    return number === 0 || this.period(number) !== this.period(number - 1);
  }

  private period(number: number): number {
    return Math.floor(this.at(number).logTime / this.stepUs);
  }
}
