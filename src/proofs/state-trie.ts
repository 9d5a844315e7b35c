/**
 * StateTrie: a set of (key, value) whose root depends on nothing but what is in it.
 *
 * A compressed binary trie over keys of one width. A node exists only where keys part, and says
 * at which bit; bit 0 is the highest bit of byte 0, so that left to right is ascending order.
 *
 *            node, bit 0                leaf   SHA-256( 00 | key | value )
 *           /          \                node   SHA-256( 01 | bit, u16 big-endian | left | right )
 *    node, bit 6     leaf 10100000      empty  SHA-256( nothing )
 *     /       \
 *  leaf       leaf
 *  00000000   00000010                  left: the keys whose bit is 0
 *
 * Values are not kept, only the hashes of the leaves. Changes mark the path above them; `root`
 * hashes what is marked and no more.
 *
 * Invariants: n leaves have n - 1 nodes; along a path the bits rise; above a dirty node every
 * node is dirty.
 */
import { assert } from "../base/assert.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { emptyRoot, LEAF_PREFIX, NODE_PREFIX, PlacedSha256 } from "./tree-hash.ts";
import { TRIE_KEY_SIZE_MAX, type TrieProof } from "./trie-proof.ts";
import { TrieRows } from "./trie-rows.ts";

const CLEAN = 0;
const DIRTY = 1;
/** First difference of equal keys. */
const NOWHERE = -1;
const BIT_AT = 1;
const PAIR_AT = 3;

export class StateTrie {
  readonly keySize: number;
  private readonly rows: TrieRows;
  private readonly sha = new PlacedSha256();
  private readonly leafBlock: Uint8Array;
  private readonly nodeBlock = new Uint8Array(PAIR_AT + 2 * HASH_SIZE).fill(NODE_PREFIX, 0, 1);
  /** The hash of the leaf being set. */
  private readonly leafHash = new Uint8Array(HASH_SIZE);
  /** The nodes that the last descent passed, from the top. */
  private readonly path: Int32Array;
  private depth = 0;
  /** A node, or ~slot of the only leaf; without meaning while there is none. */
  private top = 0;
  private leafCount = 0;

  /** Keys of `keySize` bytes; room for `capacityHint` of them before the arrays grow. */
  constructor(keySize: number, capacityHint = 0) {
    assert(keySize >= 1 && keySize <= TRIE_KEY_SIZE_MAX, "a trie's keys have 1 to 64 bytes");
    this.keySize = keySize;
    this.rows = new TrieRows(keySize, capacityHint);
    this.leafBlock = new Uint8Array(1 + keySize).fill(LEAF_PREFIX, 0, 1);
    this.path = new Int32Array(8 * keySize);
  }

  /** Number of keys. */
  get size(): number {
    return this.leafCount;
  }

  /** Keys that there is room for before the arrays grow; keys taken out make room again. */
  get capacity(): number {
    return this.rows.capacity;
  }

  /** Sets the value of `key`. Both are read at once and not kept: scratch buffers will do. */
  set(key: Uint8Array, value: Uint8Array): void {
    assert(key.length === this.keySize, "a key has the trie's width");
    this.leafBlock.set(key, 1);
    this.sha.update(this.leafBlock).update(value).digest(this.leafHash, 0);
    if (this.leafCount === 0) {
      this.top = ~this.addLeaf(key);
      return;
    }
    const slot = this.descend(key);
    const bit = this.firstDifference(key, slot);
    if (bit !== NOWHERE) this.insert(key, bit);
    else if (this.replaceHash(slot)) this.markAbove(this.depth);
  }

  /** Takes `key` out; false if it was not there. */
  delete(key: Uint8Array): boolean {
    assert(key.length === this.keySize, "a key has the trie's width");
    if (this.leafCount === 0) return false;
    const slot = this.descend(key);
    if (this.firstDifference(key, slot) !== NOWHERE) return false;

    this.rows.giveLeaf(slot);
    this.leafCount--;
    if (this.depth === 0) return true;
    const { children } = this.rows;
    const node = this.path[this.depth - 1]!;
    const sibling = children[2 * node] === ~slot ? children[2 * node + 1]! : children[2 * node]!;
    this.link(this.depth - 1, key, sibling);
    this.rows.giveNode(node);
    this.markAbove(this.depth - 1);
    return true;
  }

  has(key: Uint8Array): boolean {
    assert(key.length === this.keySize, "a key has the trie's width");
    return this.leafCount > 0 && this.firstDifference(key, this.descend(key)) === NOWHERE;
  }

  /** The root: 32 fresh bytes. Hashes what has changed since the last call. */
  root(): Uint8Array {
    if (this.leafCount === 0) return emptyRoot();
    if (this.top >= 0 && this.rows.dirty[this.top] === DIRTY) this.hashNode(this.top);
    return this.hashOf(this.top).slice();
  }

  /** The way to `key`, or to the leaf that shows that it is not there (see trie-proof.ts). */
  prove(key: Uint8Array): TrieProof {
    assert(key.length === this.keySize, "a key has the trie's width");
    this.root();
    if (this.leafCount === 0) return { leafKey: null, bits: [], siblings: [] };
    const slot = this.descend(key);
    const path = this.path.subarray(0, this.depth);
    return {
      leafKey: this.keyOf(slot).slice(),
      bits: Array.from(path, (node) => this.rows.bits[node]!),
      siblings: Array.from(path, (node) => {
        const side = bitOf(key, this.rows.bits[node]!);
        return this.hashOf(this.rows.children[2 * node + 1 - side]!).slice();
      }),
    };
  }

  /** Shows every key and leaf hash, by ascending key, on loan until `each` returns. */
  visit(each: (key: Uint8Array, leafHash: Uint8Array) => void): void {
    if (this.leafCount > 0) this.visitFrom(this.top, each);
  }

  clear(): void {
    this.rows.clear();
    this.leafCount = 0;
  }

  /** Follows `key`, remembering the path; the slot of the leaf at its end. */
  private descend(key: Uint8Array): number {
    const { children, bits } = this.rows;
    const path = this.path;
    let depth = 0;
    let at = this.top;
    while (at >= 0) {
      path[depth++] = at;
      at = children[2 * at + bitOf(key, bits[at]!)]!;
    }
    this.depth = depth;
    return ~at;
  }

  private firstDifference(key: Uint8Array, slot: number): number {
    const { keys } = this.rows;
    const size = this.keySize;
    const from = slot * size;
    for (let i = 0; i < size; i++) {
      const difference = key[i]! ^ keys[from + i]!;
      if (difference !== 0) return 8 * i + Math.clz32(difference) - 24;
    }
    return NOWHERE;
  }

  /** Puts a node for `bit` into the path just walked, with the new leaf on `key`'s side. */
  private insert(key: Uint8Array, bit: number): void {
    const slot = this.addLeaf(key);
    const node = this.rows.takeNode();
    const { children, bits, dirty } = this.rows;
    let at = this.depth;
    while (at > 0 && bits[this.path[at - 1]!]! > bit) at--;
    const displaced = this.link(at, key, node);
    const side = bitOf(key, bit);
    children[2 * node + side] = ~slot;
    children[2 * node + 1 - side] = displaced;
    bits[node] = bit;
    dirty[node] = DIRTY;
    this.markAbove(at);
  }

  /** Hangs `child` under path[at - 1], or on top, on `key`'s side; what hung there. */
  private link(at: number, key: Uint8Array, child: number): number {
    if (at === 0) {
      const before = this.top;
      this.top = child;
      return before;
    }
    const { children, bits } = this.rows;
    const parent = this.path[at - 1]!;
    const place = 2 * parent + bitOf(key, bits[parent]!);
    const before = children[place]!;
    children[place] = child;
    return before;
  }

  private addLeaf(key: Uint8Array): number {
    const slot = this.rows.takeLeaf();
    this.rows.keys.set(key, slot * this.keySize);
    this.rows.leafHashes.set(this.leafHash, slot * HASH_SIZE);
    this.leafCount++;
    return slot;
  }

  /** Gives the leaf the hash just made; false if it had it. */
  private replaceHash(slot: number): boolean {
    const { leafHashes } = this.rows;
    const fresh = this.leafHash;
    const from = slot * HASH_SIZE;
    let i = 0;
    while (i < HASH_SIZE && leafHashes[from + i] === fresh[i]) i++;
    if (i === HASH_SIZE) return false;
    leafHashes.set(fresh, from);
    return true;
  }

  /** Marks path[0] .. path[at - 1], from below, as far as they are not marked yet. */
  private markAbove(at: number): void {
    const { dirty } = this.rows;
    const path = this.path;
    for (let i = at - 1; i >= 0 && dirty[path[i]!] === CLEAN; i--) dirty[path[i]!] = DIRTY;
  }

  /** Hashes a dirty node, those below it first. The depth is at most the bits of a key. */
  private hashNode(node: number): void {
    const { children, dirty, bits, nodeHashes } = this.rows;
    const left = children[2 * node]!;
    const right = children[2 * node + 1]!;
    if (left >= 0 && dirty[left] === DIRTY) this.hashNode(left);
    if (right >= 0 && dirty[right] === DIRTY) this.hashNode(right);

    const block = this.nodeBlock;
    const bit = bits[node]!;
    block[BIT_AT] = bit >> 8;
    block[BIT_AT + 1] = bit & 0xff;
    this.copyHash(left, PAIR_AT);
    this.copyHash(right, PAIR_AT + HASH_SIZE);
    this.sha.update(block).digest(nodeHashes, node * HASH_SIZE);
    dirty[node] = CLEAN;
  }

  private copyHash(child: number, to: number): void {
    const block = this.nodeBlock;
    const hashes = child < 0 ? this.rows.leafHashes : this.rows.nodeHashes;
    const from = (child < 0 ? ~child : child) * HASH_SIZE;
    for (let i = 0; i < HASH_SIZE; i++) block[to + i] = hashes[from + i]!;
  }

  private visitFrom(at: number, each: (key: Uint8Array, leafHash: Uint8Array) => void): void {
    if (at < 0) {
      each(this.keyOf(~at), this.hashOf(at));
      return;
    }
    this.visitFrom(this.rows.children[2 * at]!, each);
    this.visitFrom(this.rows.children[2 * at + 1]!, each);
  }

  private keyOf(slot: number): Uint8Array {
    return this.rows.keys.subarray(slot * this.keySize, (slot + 1) * this.keySize);
  }

  /** The hash of a child, on loan. */
  private hashOf(child: number): Uint8Array {
    const hashes = child < 0 ? this.rows.leafHashes : this.rows.nodeHashes;
    const from = (child < 0 ? ~child : child) * HASH_SIZE;
    return hashes.subarray(from, from + HASH_SIZE);
  }
}

function bitOf(key: Uint8Array, bit: number): number {
  return (key[bit >> 3]! >> (7 - (bit & 7))) & 1;
}
