/**
 * Tree hash: SHA-256 with a first byte that says what is hashed (RFC 9162 section 2.1.1).
 *
 *   leaf    SHA-256( 00 | data )
 *   node    SHA-256( 01 | left, 32 bytes | right, 32 bytes )
 *   empty   SHA-256( nothing )
 *
 * Leaf and node can never be taken for each other, which is what a proof rests on.
 */
import { assert } from "../base/assert.ts";
import { HASH_SIZE, Sha256 } from "../base/hash.ts";

/** First byte of what is hashed for a leaf, and for a node. */
export const LEAF_PREFIX = 0x00;
export const NODE_PREFIX = 0x01;

const PAIR_SIZE = 2 * HASH_SIZE;

/** SHA-256 to any place of an array, for hot paths: nothing is allocated per hash. */
export class PlacedSha256 {
  private readonly sha = new Sha256();
  private readonly room = new Uint8Array(HASH_SIZE);

  update(bytes: Uint8Array): this {
    this.sha.update(bytes);
    return this;
  }

  /** Writes 32 bytes to `into` from `at`, and starts anew. */
  digest(into: Uint8Array, at: number): void {
    const room = this.room;
    this.sha.digest(room);
    for (let i = 0; i < HASH_SIZE; i++) into[at + i] = room[i]!;
  }
}

export class TreeHasher {
  private readonly sha = new PlacedSha256();
  private readonly leafPrefix = Uint8Array.of(LEAF_PREFIX);
  private readonly block = new Uint8Array(1 + PAIR_SIZE).fill(NODE_PREFIX, 0, 1);

  /** Writes the hash of the leaf `data` to `into` from `at`. */
  leaf(data: Uint8Array, into: Uint8Array, at: number): void {
    this.sha.update(this.leafPrefix).update(data).digest(into, at);
  }

  /** Hashes the 64 bytes of `pairs` from `from`, left then right; `into` may be `pairs`. */
  node(pairs: Uint8Array, from: number, into: Uint8Array, at: number): void {
    const block = this.block;
    for (let i = 0; i < PAIR_SIZE; i++) block[1 + i] = pairs[from + i]!;
    this.sha.update(block).digest(into, at);
  }

  /** The node over two hashes that lie apart: 32 fresh bytes. */
  join(left: Uint8Array, right: Uint8Array): Uint8Array {
    assert(left.length === HASH_SIZE && right.length === HASH_SIZE, "a node joins two hashes");
    const into = new Uint8Array(HASH_SIZE);
    this.block.set(left, 1);
    this.block.set(right, 1 + HASH_SIZE);
    this.sha.update(this.block).digest(into, 0);
    return into;
  }
}

/** The hash of one leaf: 32 fresh bytes. */
export function leafHash(data: Uint8Array): Uint8Array {
  const into = new Uint8Array(HASH_SIZE);
  new TreeHasher().leaf(data, into, 0);
  return into;
}

/** The root of a tree without leaves: 32 fresh bytes. */
export function emptyRoot(): Uint8Array {
  const into = new Uint8Array(HASH_SIZE);
  new PlacedSha256().digest(into, 0);
  return into;
}
