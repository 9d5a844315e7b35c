/**
 * NaiveTrie: the root of a compressed binary trie, by recursion over sorted entries.
 *
 *   empty   SHA-256 of nothing
 *   leaf    SHA-256(0x00 || key || value)
 *   inner   SHA-256(0x01 || u16 big-endian index of the first bit that differs || left || right)
 *
 * Bit 0 is the highest bit of the key's first byte. Keys have one width and differ, so the shape
 * is given by content alone. Of sorted keys, the first and the last part soonest.
 */
import { compareBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";

export interface TrieEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const LEAF = Uint8Array.of(0);

export function trieRoot(entries: readonly TrieEntry[]): Uint8Array {
  if (entries.length === 0) return sha256();
  const sorted = entries.toSorted((a, b) => compareBytes(a.key, b.key));
  return rootOf(sorted, 0, sorted.length);
}

/** The root of entries from .. to-1. */
function rootOf(sorted: readonly TrieEntry[], from: number, to: number): Uint8Array {
  const first = sorted[from]!;
  if (to - from === 1) return sha256(LEAF, first.key, first.value);
  const bit = firstDifference(first.key, sorted[to - 1]!.key);
  let middle = from;
  while (!hasBit(sorted[middle]!.key, bit)) middle++;
  const prefix = Uint8Array.of(1, bit >>> 8, bit & 0xff);
  return sha256(prefix, rootOf(sorted, from, middle), rootOf(sorted, middle, to));
}

function hasBit(key: Uint8Array, bit: number): boolean {
  return (key[bit >>> 3]! & (0x80 >>> (bit & 7))) !== 0;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let bit = 0;
  while (hasBit(a, bit) === hasBit(b, bit)) bit++;
  return bit;
}
