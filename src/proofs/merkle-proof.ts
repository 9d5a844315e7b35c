/**
 * Merkle proofs: "leaf i is in the tree of size n" and "the tree of size n begins with that of
 * size m", made and checked as RFC 9162 section 2.1 says.
 *
 * A maker reads *complete* subtrees only, through a NodeReader:
 *
 *   level 2      [0]             [1]          node (level, index) spans the leaves
 *   level 1   [0]   [1]       [2]   [3]       index * 2^level .. (index + 1) * 2^level - 1
 *   level 0   0  1  2  3      4  5  6  7
 *
 * Complete subtrees never change again, so leaf hashes, tiles or any cache can stand behind it.
 * A checker takes everything as hostile and answers true or false; it never throws.
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { MerkleLog } from "./merkle-log.ts";
import { emptyRoot, TreeHasher } from "./tree-hash.ts";

/** The root, 32 bytes, of the complete subtree `index` of 2^level leaves. */
export type NodeReader = (level: number, index: number) => Uint8Array;

/** What the tree of `size` leaves looks like from outside. */
export type TreeHead = { readonly size: number; readonly root: Uint8Array };

/** PATH of RFC 9162 2.1.3.1: the siblings from leaf `index` up to the root of `size` leaves. */
export function inclusionProof(index: number, size: number, read: NodeReader): Uint8Array[] {
  assert(Number.isSafeInteger(size) && isIndexOf(index, size), "a proof is of a leaf in the tree");
  const proof: Uint8Array[] = [];
  let low = 0;
  let high = size;
  while (high - low > 1) {
    const middle = low + largestPowerBelow(high - low);
    if (index < middle) {
      proof.push(rangeRoot(middle, high, read));
      high = middle;
    } else {
      proof.push(rangeRoot(low, middle, read));
      low = middle;
    }
  }
  return proof.reverse();
}

/** PROOF of RFC 9162 2.1.4.1: that the tree of `newSize` begins with the tree of `oldSize`. */
export function consistencyProof(oldSize: number, newSize: number, read: NodeReader): Uint8Array[] {
  assert(Number.isSafeInteger(newSize) && isIndexOf(oldSize, newSize + 1), "a tree only grows");
  if (oldSize === 0) return [];
  const proof: Uint8Array[] = [];
  let low = 0;
  let high = newSize;
  while (high !== oldSize) {
    const middle = low + largestPowerBelow(high - low);
    if (oldSize <= middle) {
      proof.push(rangeRoot(middle, high, read));
      high = middle;
    } else {
      proof.push(rangeRoot(low, middle, read));
      low = middle;
    }
  }
  // From 0 the subtree is the old tree itself, whose root the checker has.
  if (low !== 0) proof.push(rangeRoot(low, high, read));
  return proof.reverse();
}

/** RFC 9162 2.1.3.2: whether `proof` leads from the leaf at `index` to the root of `head`. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  head: TreeHead,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(head.size) || !isIndexOf(index, head.size)) return false;
  if (!isHash(leaf) || !areHashes(proof)) return false;
  const hasher = new TreeHasher();
  let fn = index;
  let sn = head.size - 1;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      r = hasher.join(p, r);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      r = hasher.join(r, p);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(r, head.root);
}

/** RFC 9162 2.1.4.2: whether `proof` shows that `newer` begins with `older`. */
export function verifyConsistency(
  older: TreeHead,
  newer: TreeHead,
  proof: readonly Uint8Array[],
): boolean {
  if (!Number.isSafeInteger(newer.size) || !isIndexOf(older.size, newer.size + 1)) return false;
  if (!isHash(older.root) || !isHash(newer.root) || !areHashes(proof)) return false;
  if (older.size === newer.size) return proof.length === 0 && equalBytes(older.root, newer.root);
  if (older.size === 0) return proof.length === 0 && equalBytes(older.root, emptyRoot());

  // Step 2: an old tree that is complete is itself the first node of the proof.
  const path = isPowerOfTwo(older.size) ? [older.root, ...proof] : proof;
  return foldConsistency(older, newer, path);
}

/** Steps 3 to 7 of RFC 9162 2.1.4.2. */
function foldConsistency(older: TreeHead, newer: TreeHead, path: readonly Uint8Array[]): boolean {
  const first = path[0];
  if (first === undefined) return false;
  const hasher = new TreeHasher();
  let fn = older.size - 1;
  let sn = newer.size - 1;
  while (isOdd(fn)) {
    fn = half(fn);
    sn = half(sn);
  }
  let fr = first;
  let sr = first;
  for (const c of path.slice(1)) {
    if (sn === 0) return false;
    if (isOdd(fn) || fn === sn) {
      fr = hasher.join(c, fr);
      sr = hasher.join(c, sr);
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn);
        sn = half(sn);
      }
    } else {
      sr = hasher.join(sr, c);
    }
    fn = half(fn);
    sn = half(sn);
  }
  return sn === 0 && equalBytes(fr, older.root) && equalBytes(sr, newer.root);
}

/** The root over a whole tree of `size` leaves. */
export function rootFromNodes(size: number, read: NodeReader): Uint8Array {
  return size === 0 ? emptyRoot() : rangeRoot(0, size, read);
}

/** A reader over leaf hashes that lie one after the other. It hashes 2^level of them per call. */
export function nodesFromLeaves(leafHashes: Uint8Array): NodeReader {
  return (level, index) => {
    const count = 2 ** level;
    const from = index * count * HASH_SIZE;
    assert(from + count * HASH_SIZE <= leafHashes.length, "a node lies within the leaves");
    const log = new MerkleLog();
    for (let i = 0; i < count; i++) log.appendHash(leafHashes, from + i * HASH_SIZE);
    return log.root();
  };
}

/**
 * The root of leaves low .. high-1; `low` is a multiple of a power of two not below their number.
 */
function rangeRoot(low: number, high: number, read: NodeReader): Uint8Array {
  const hasher = new TreeHasher();
  const peaks: Uint8Array[] = [];
  for (let at = low; at < high; ) {
    let level = 0;
    while (2 ** (level + 1) <= high - at) level++;
    peaks.push(read(level, at / 2 ** level));
    at += 2 ** level;
  }
  return peaks.reduceRight((right, left) => hasher.join(left, right));
}

/** The k of RFC 9162 2.1.1: the largest power of two smaller than `size`, which is 2 or more. */
function largestPowerBelow(size: number): number {
  let power = 1;
  while (power * 2 < size) power *= 2;
  return power;
}

function isIndexOf(index: number, size: number): boolean {
  return Number.isSafeInteger(index) && index >= 0 && index < size;
}

function isPowerOfTwo(value: number): boolean {
  return largestPowerBelow(value + 1) === value;
}

/** Sizes go beyond 32 bits, where the bit operators end. */
function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function half(value: number): number {
  return Math.floor(value / 2);
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_SIZE;
}

function areHashes(proof: readonly Uint8Array[]): boolean {
  return proof.every(isHash);
}
