/**
 * The stupid twin of src/proofs/state-trie.ts: sorts all keys and splits them at the first bit in
 * which any of them differ, again at every step. Keys are strings of "0" and "1".
 */
import { createHash } from "node:crypto";

/** From bit string to value. */
export type NaiveTrie = ReadonlyMap<string, Uint8Array>;

export function bitString(key: Uint8Array): string {
  return Array.from(key, (byte) => byte.toString(2).padStart(8, "0")).join("");
}

export function naiveTrieRoot(trie: NaiveTrie): Uint8Array {
  const keys = [...trie.keys()].toSorted();
  return keys.length === 0 ? hash() : subtree(keys, trie);
}

function subtree(keys: readonly string[], trie: NaiveTrie): Uint8Array {
  const first = keys[0]!;
  if (keys.length === 1) return hash([0], keyBytes(first), trie.get(first)!);
  let bit = 0;
  while (keys.every((key) => key[bit] === first[bit])) bit++;
  const left = keys.filter((key) => key[bit] === "0");
  const right = keys.filter((key) => key[bit] === "1");
  return hash([1, bit >> 8, bit & 255], subtree(left, trie), subtree(right, trie));
}

function keyBytes(bits: string): number[] {
  return (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
}

function hash(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(Uint8Array.from(part));
  return Uint8Array.from(hasher.digest());
}
