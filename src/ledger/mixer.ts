/**
 * Mixer: the hash under the tables of the core, three words in and 32 well-mixed bits out.
 *
 * Keyed by a layout seed: the odd multipliers and the offset come from it, so that who does not
 * know it cannot choose keys that fall on the same place. Results never depend on it, only where
 * things lie.
 */

/** Tables have a power of two of cells, and twice as many as there is to find. */
export function cellCountFor(expected: number): number {
  let count = 16;
  while (count < 2 * expected) count *= 2;
  return count;
}

export class Mixer {
  private readonly offset: number;
  private readonly one: number;
  private readonly two: number;
  private readonly three: number;

  /** The seed changes where things lie, never what is found. */
  constructor(seed: number) {
    this.offset = finish(seed ^ 0x243f6a88);
    this.one = finish(seed + 0x13198a2e) | 1;
    this.two = finish(seed + 0x03707344) | 1;
    this.three = finish(seed + 0x299f31d0) | 1;
  }

  /** 32 well-mixed bits of three words, as a signed number. */
  mix(a: number, b: number, c: number): number {
    let hash = Math.imul(a ^ this.offset, this.one);
    hash = Math.imul((hash ^ (hash >>> 15)) + b, this.two);
    hash = Math.imul((hash ^ (hash >>> 14)) + c, this.three);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    return hash ^ (hash >>> 13);
  }
}

/** The last steps of murmur3. */
function finish(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
