/**
 * TrieRows: the memory of a StateTrie, structure of arrays that double when they are full.
 *
 *   leaf slot   keys[slot * keySize ..]            its key
 *               leafHashes[slot * 32 ..]           its hash
 *   node        children[2 * node], [2 * node + 1] left and right: a node (>= 0) or ~slot of a leaf
 *               bits[node]                         the bit at which the keys below part
 *               dirty[node]                        1 if nodeHashes is not the hash of what is below
 *               nodeHashes[node * 32 ..]
 *
 * Free rows are threaded: a leaf's through the first word of its hash, a node's through its left
 * child. Arrays move when they grow, so nobody keeps one over a `take`.
 */
import { assert } from "../base/assert.ts";
import { HASH_SIZE } from "../base/hash.ts";

/** Most leaves: their hashes are then an array of 2 GiB. */
export const TRIE_LEAVES_MAX = 2 ** 26;

const CAPACITY_MIN = 16;
const HASH_WORDS = HASH_SIZE / 4;
/** The end of a free list. */
const NONE = -1;

export class TrieRows {
  keys: Uint8Array;
  leafHashes: Uint8Array;
  children: Int32Array;
  bits: Uint16Array;
  dirty: Uint8Array;
  nodeHashes: Uint8Array;

  private readonly keySize: number;
  private leafLinks: Int32Array; // The words of leafHashes.
  capacity: number;
  private freeLeaf = NONE;
  private freeNode = NONE;
  private leafEnd = 0; // No row from here on was ever taken.
  private nodeEnd = 0;

  constructor(keySize: number, capacityHint: number) {
    const capacity = Math.max(CAPACITY_MIN, capacityHint);
    assert(capacity <= TRIE_LEAVES_MAX, "a trie has at most TRIE_LEAVES_MAX leaves");
    this.keySize = keySize;
    this.capacity = capacity;
    this.keys = new Uint8Array(capacity * keySize);
    this.leafHashes = new Uint8Array(capacity * HASH_SIZE);
    this.leafLinks = new Int32Array(this.leafHashes.buffer);
    this.children = new Int32Array(capacity * 2);
    this.bits = new Uint16Array(capacity);
    this.dirty = new Uint8Array(capacity);
    this.nodeHashes = new Uint8Array(capacity * HASH_SIZE);
  }

  takeLeaf(): number {
    const free = this.freeLeaf;
    if (free !== NONE) {
      this.freeLeaf = this.leafLinks[free * HASH_WORDS]!;
      return free;
    }
    if (this.leafEnd === this.capacity) this.grow();
    return this.leafEnd++;
  }

  giveLeaf(slot: number): void {
    this.leafLinks[slot * HASH_WORDS] = this.freeLeaf;
    this.freeLeaf = slot;
  }

  /** There are fewer nodes than leaves, so that the leaf taken before has made room. */
  takeNode(): number {
    const free = this.freeNode;
    if (free !== NONE) {
      this.freeNode = this.children[2 * free]!;
      return free;
    }
    assert(this.nodeEnd < this.capacity, "a trie has fewer nodes than leaves");
    return this.nodeEnd++;
  }

  giveNode(node: number): void {
    this.children[2 * node] = this.freeNode;
    this.freeNode = node;
  }

  clear(): void {
    this.freeLeaf = NONE;
    this.freeNode = NONE;
    this.leafEnd = 0;
    this.nodeEnd = 0;
  }

  private grow(): void {
    const capacity = this.capacity * 2;
    assert(capacity <= TRIE_LEAVES_MAX, "a trie has at most TRIE_LEAVES_MAX leaves");
    this.keys = widened(this.keys, new Uint8Array(capacity * this.keySize));
    this.leafHashes = widened(this.leafHashes, new Uint8Array(capacity * HASH_SIZE));
    this.leafLinks = new Int32Array(this.leafHashes.buffer);
    this.children = widened(this.children, new Int32Array(capacity * 2));
    this.bits = widened(this.bits, new Uint16Array(capacity));
    this.dirty = widened(this.dirty, new Uint8Array(capacity));
    this.nodeHashes = widened(this.nodeHashes, new Uint8Array(capacity * HASH_SIZE));
    this.capacity = capacity;
  }
}

function widened<T extends Uint8Array | Uint16Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
