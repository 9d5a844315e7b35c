/**
 * MerkleLog: the append-only tree of RFC 9162 section 2.1, holding its right edge only.
 *
 * A tree of n leaves is a row of complete subtrees, one per set bit of n, the largest first. Their
 * roots, the *peaks*, are all that appending needs: 32 bytes each, never more than 53 of them.
 *
 *   size 11 = 8 + 2 + 1      peaks:  [ root of 0..7 | root of 8..9 | leaf 10 ]
 *   append                   push the leaf; while the new size is even so often, join the last two
 *   root                     fold the peaks from the right
 *
 * Saved form, little-endian ("frontier"):
 *
 *   offset  size     field      meaning
 *        0     1     version    always 1
 *        1     7     reserved   zero
 *        8     8     size       leaves so far, u64 below 2^53
 *       16     32*k  peaks      k = number of set bits of size, the largest subtree first
 *
 * Invariant: the number of peaks is the number of set bits of `size`.
 */
import { assert } from "../base/assert.ts";
import { readU64, SAFE_LIMIT, viewOf, writeU64 } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { emptyRoot, TreeHasher } from "./tree-hash.ts";

const VERSION = 1;
const SIZE_AT = 8;
const PEAKS_AT = 16;
/** Sizes are below 2^53. One more peak lies there for a moment while a leaf is appended. */
const PEAKS_MAX = 53;

export class MerkleLog {
  private readonly hasher = new TreeHasher();
  private readonly peaks = new Uint8Array((PEAKS_MAX + 1) * HASH_SIZE);
  private peakCount = 0;
  private leafCount = 0;

  /** Number of leaves. */
  get size(): number {
    return this.leafCount;
  }

  /** Appends the leaf `data`, hashing it. */
  append(data: Uint8Array): void {
    this.hasher.leaf(data, this.peaks, this.peakCount * HASH_SIZE);
    this.settle();
  }

  /** Appends a leaf whose hash is known: the 32 bytes of `hashes` from `at`. */
  appendHash(hashes: Uint8Array, at = 0): void {
    assert(at + HASH_SIZE <= hashes.length, "a leaf hash has 32 bytes");
    const peaks = this.peaks;
    const top = this.peakCount * HASH_SIZE;
    for (let i = 0; i < HASH_SIZE; i++) peaks[top + i] = hashes[at + i]!;
    this.settle();
  }

  /** The root over all leaves so far: 32 fresh bytes. */
  root(): Uint8Array {
    if (this.peakCount === 0) return emptyRoot();
    const folded = this.peaks.slice((this.peakCount - 1) * HASH_SIZE, this.peakCount * HASH_SIZE);
    const pair = new Uint8Array(2 * HASH_SIZE);
    for (let peak = this.peakCount - 2; peak >= 0; peak--) {
      pair.set(this.peaks.subarray(peak * HASH_SIZE, (peak + 1) * HASH_SIZE), 0);
      pair.set(folded, HASH_SIZE);
      this.hasher.node(pair, 0, folded, 0);
    }
    return folded;
  }

  /** The saved form above. */
  frontier(): Uint8Array {
    const out = new Uint8Array(PEAKS_AT + this.peakCount * HASH_SIZE);
    out[0] = VERSION;
    writeU64(viewOf(out), SIZE_AT, this.leafCount);
    out.set(this.peaks.subarray(0, this.peakCount * HASH_SIZE), PEAKS_AT);
    return out;
  }

  /** The log whose frontier `bytes` is, or null if no log has written them. */
  static restore(bytes: Uint8Array): MerkleLog | null {
    if (bytes.length < PEAKS_AT || bytes[0] !== VERSION) return null;
    for (let i = 1; i < SIZE_AT; i++) if (bytes[i] !== 0) return null;
    const size = readU64(viewOf(bytes), SIZE_AT);
    if (size >= SAFE_LIMIT) return null;
    const peakCount = countBits(size);
    if (bytes.length !== PEAKS_AT + peakCount * HASH_SIZE) return null;

    const log = new MerkleLog();
    log.leafCount = size;
    log.peakCount = peakCount;
    log.peaks.set(bytes.subarray(PEAKS_AT));
    return log;
  }

  /** Counts the leaf that lies on top, and joins equal subtrees: one for each one at size's end. */
  private settle(): void {
    assert(this.leafCount + 1 < SAFE_LIMIT, "a log has fewer than 2^53 leaves");
    let count = this.peakCount + 1;
    for (let rest = this.leafCount; rest % 2 === 1; rest = (rest - 1) / 2) {
      const left = (count - 2) * HASH_SIZE;
      this.hasher.node(this.peaks, left, this.peaks, left);
      count--;
    }
    this.peakCount = count;
    this.leafCount++;
  }
}

function countBits(value: number): number {
  let count = 0;
  for (let rest = value; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}
