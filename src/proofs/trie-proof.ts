/**
 * Trie proofs: "this key has this value", or "this key is not there", under the root of a trie.
 *
 * A proof is the path that the key takes, from the top: at each node the bit it parts at and the
 * hash on the other side, and at the end the key of a leaf.
 *
 *   leaf is the key's own   ->  present, with the value given
 *   leaf has another key    ->  absent: were the key there, its path would end at it
 *   no leaf at all          ->  absent, the trie is empty
 *
 * Whoever checks brings the value of the leaf, also of a foreign one: the trie keeps only hashes.
 * A proof speaks about a root of a well-formed trie; that it is one is shown by re-execution.
 */
import { equalBytes } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { emptyRoot, LEAF_PREFIX, NODE_PREFIX, PlacedSha256 } from "./tree-hash.ts";

export const TRIE_KEY_SIZE_MAX = 64;

export type TrieProof = {
  /** The key of the leaf where the path ends; null in an empty trie. */
  readonly leafKey: Uint8Array | null;
  /** Where the nodes of the path part, from the top: rising. */
  readonly bits: readonly number[];
  /** The hash beside the path, one for each of `bits`. */
  readonly siblings: readonly Uint8Array[];
};

export type TrieQuestion = {
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  /** The value of the leaf with the key `proof.leafKey`; nothing is read if that is null. */
  readonly leafValue: Uint8Array;
};

/** What the proof shows. It never throws, whatever the proof is. */
export function verifyTrieProof(
  question: TrieQuestion,
  proof: TrieProof,
): "present" | "absent" | "refused" {
  const { root, key, leafValue } = question;
  const { leafKey, bits, siblings } = proof;
  if (key.length < 1 || key.length > TRIE_KEY_SIZE_MAX) return "refused";
  if (leafKey === null) {
    const isEmpty = bits.length === 0 && siblings.length === 0 && equalBytes(root, emptyRoot());
    return isEmpty ? "absent" : "refused";
  }
  if (leafKey.length !== key.length || !isPathOf(key, proof)) return "refused";
  if (!bits.every((bit) => sideOf(leafKey, bit) === sideOf(key, bit))) return "refused";
  if (!equalBytes(foldPath(trieLeafHash(leafKey, leafValue), key, proof), root)) return "refused";
  return equalBytes(leafKey, key) ? "present" : "absent";
}

/** SHA-256( 00 | key | value ): 32 fresh bytes. */
export function trieLeafHash(key: Uint8Array, value: Uint8Array): Uint8Array {
  const hash = new Uint8Array(HASH_SIZE);
  new PlacedSha256().update(Uint8Array.of(LEAF_PREFIX)).update(key).update(value).digest(hash, 0);
  return hash;
}

/** Whether `proof` has the form of a path for keys as wide as `key`: rising bits, whole hashes. */
function isPathOf(key: Uint8Array, proof: TrieProof): boolean {
  const { bits, siblings } = proof;
  if (bits.length !== siblings.length) return false;
  let least = 0;
  for (const bit of bits) {
    if (!Number.isInteger(bit) || bit < least || bit >= 8 * key.length) return false;
    least = bit + 1;
  }
  return siblings.every((sibling) => sibling.length === HASH_SIZE);
}

/** The root over `leaf`, from the lowest node of the path to the top. */
function foldPath(leaf: Uint8Array, key: Uint8Array, proof: TrieProof): Uint8Array {
  const sha = new PlacedSha256();
  const folded = leaf.slice();
  for (let i = proof.bits.length - 1; i >= 0; i--) {
    const bit = proof.bits[i]!;
    const sibling = proof.siblings[i]!;
    const isRight = sideOf(key, bit) === 1;
    sha.update(Uint8Array.of(NODE_PREFIX, bit >> 8, bit & 0xff));
    sha.update(isRight ? sibling : folded).update(isRight ? folded : sibling);
    sha.digest(folded, 0);
  }
  return folded;
}

function sideOf(key: Uint8Array, bit: number): number {
  return (key[bit >> 3]! >> (7 - (bit & 7))) & 1;
}
