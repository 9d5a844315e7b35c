/**
 * Prng: xoshiro128** seeded by splitmix32. For tests, load and demo flow; never for keys.
 *
 * Same seed, same numbers, on any machine: 32-bit integer arithmetic only.
 */
export class Prng {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    let z = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let x = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      this.state[i] = x ^ (x >>> 15);
    }
  }

  /** A u32. */
  next(): number {
    const s = this.state;
    const scrambled = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return scrambled;
  }

  /** An integer of 0 .. bound-1; bound 1 .. 2^32. The bias is below 2^-21 for bounds below 2^32. */
  below(bound: number): number {
    return Math.floor(((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) * 2 ** -53 * bound);
  }

  /** An integer of low .. high, both included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True in `percent` of a hundred cases. */
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  /** A number of [0, 1) with 53 bits. */
  unit(): number {
    return ((this.next() >>> 5) * 0x4000000 + (this.next() >>> 6)) * 2 ** -53;
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new RangeError("nothing to pick from");
    return chosen;
  }

  bytes(size: number): Uint8Array<ArrayBuffer> {
    const out = new Uint8Array(size);
    for (let i = 0; i < size; i++) out[i] = this.next() >>> 24;
    return out;
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
