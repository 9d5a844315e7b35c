/** A state trie and its twin, changed together, and keys that part at many depths. */
import { expect } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { StateTrie } from "../../src/proofs/state-trie.ts";
import { bitString } from "./naive-trie.ts";

export class Pair {
  readonly trie: StateTrie;
  readonly twin = new Map<string, Uint8Array>();
  readonly keys = new Map<string, Uint8Array>();

  constructor(keySize: number) {
    this.trie = new StateTrie(keySize);
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const name = bitString(key);
    this.twin.set(name, value.slice());
    this.keys.set(name, key.slice());
    // The trie is given scratch buffers, which are then overwritten.
    const scratchKey = key.slice();
    const scratchValue = value.slice();
    this.trie.set(scratchKey, scratchValue);
    scratchKey.fill(0xaa);
    scratchValue.fill(0xaa);
  }

  delete(key: Uint8Array): boolean {
    const name = bitString(key);
    this.keys.delete(name);
    const was = this.twin.delete(name);
    expect(this.trie.delete(key)).toBe(was);
    return was;
  }

  sortedKeys(): Uint8Array[] {
    return [...this.keys].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, key]) => key);
  }
}

/** Keys that part at many depths: bytes of few kinds. */
export function someKey(prng: Prng, keySize: number): Uint8Array {
  return Uint8Array.from({ length: keySize }, () => prng.pick([0, 1, 2, 3, 128, 255]));
}

/** `count` is at most the number of keys that `someKey` makes: 36 of 2 bytes. */
export function filled(keySize: number, count: number, seed: number): Pair {
  const prng = new Prng(seed);
  const pair = new Pair(keySize);
  while (pair.trie.size < count) pair.set(someKey(prng, keySize), prng.bytes(prng.below(40)));
  return pair;
}
