/** Inclusion and consistency: public vectors, every pair of sizes, and proofs that lie. */
import { describe, expect, test } from "bun:test";
import { fromHex } from "../../src/base/bytes.ts";
import { Prng } from "../../src/base/prng.ts";
import {
  consistencyProof,
  inclusionProof,
  nodesFromLeaves,
  rootFromNodes,
  type TreeHead,
  verifyConsistency,
  verifyInclusion,
} from "../../src/proofs/merkle-proof.ts";
import { leafHash } from "../../src/proofs/tree-hash.ts";
import { CT_CONSISTENCY, CT_INCLUSION, CT_LEAVES, CT_ROOTS } from "./ct-vectors.ts";
import { naiveConsistency, naiveInclusion, naiveLeafHash, naiveRoot } from "./naive-merkle.ts";

const SIZE_MAX = 70;
const leaves = Array.from({ length: SIZE_MAX }, (_, i) => naiveLeafHash(Uint8Array.of(i, i * 3)));
const read = nodesFromLeaves(Buffer.concat(leaves));
const heads = Array.from({ length: SIZE_MAX + 1 }, (_, size) => ({
  size,
  root: naiveRoot(leaves.slice(0, size)),
}));

function headOf(size: number): TreeHead {
  return heads[size]!;
}

describe("public vectors", () => {
  const hashes = CT_LEAVES.map(leafHash);
  const readPublic = nodesFromLeaves(Buffer.concat(hashes));
  const publicHead = (size: number) => ({ size, root: fromHex(CT_ROOTS[size]!)! });

  test("inclusion proofs are made and accepted", () => {
    for (const { index, size, proof } of CT_INCLUSION) {
      const made = inclusionProof(index, size, readPublic);
      expect(made.map((hash) => hash.toHex())).toEqual(proof);
      expect(verifyInclusion(hashes[index]!, index, publicHead(size), made)).toBe(true);
    }
  });

  test("consistency proofs are made and accepted", () => {
    for (const { older, newer, proof } of CT_CONSISTENCY) {
      const made = consistencyProof(older, newer, readPublic);
      expect(made.map((hash) => hash.toHex())).toEqual(proof);
      expect(verifyConsistency(publicHead(older), publicHead(newer), made)).toBe(true);
    }
  });
});

describe("at all sizes up to 70", () => {
  test("roots from nodes are those of the recursive definition", () => {
    const roots = heads.map(({ size }) => rootFromNodes(size, read));
    expect(roots).toEqual(heads.map(({ root }) => root));
  });

  test("inclusion proofs are those of the recursive definition, and are accepted", () => {
    for (let size = 1; size <= SIZE_MAX; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, read);
        expect(proof).toEqual(naiveInclusion(index, leaves.slice(0, size)));
        expect(verifyInclusion(leaves[index]!, index, headOf(size), proof)).toBe(true);
      }
    }
  });

  test("consistency proofs are those of the recursive definition, and are accepted", () => {
    for (let newer = 0; newer <= SIZE_MAX; newer++) {
      for (let older = 0; older <= newer; older++) {
        const proof = consistencyProof(older, newer, read);
        const naive = older === 0 ? [] : naiveConsistency(older, leaves.slice(0, newer));
        expect(proof).toEqual(naive);
        expect(verifyConsistency(headOf(older), headOf(newer), proof)).toBe(true);
      }
    }
  });

  test("an inclusion proof is refused for every other leaf and index", () => {
    for (let size = 1; size <= 24; size++) {
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, read);
        for (let other = 0; other <= size; other++) {
          if (other === index) continue;
          expect(verifyInclusion(leaves[index]!, other, headOf(size), proof)).toBe(false);
          expect(verifyInclusion(leaves[other]!, index, headOf(size), proof)).toBe(false);
        }
      }
    }
  });

  test("a consistency proof is refused for every other pair of roots", () => {
    for (let newer = 2; newer <= 24; newer++) {
      for (let older = 1; older < newer; older++) {
        const proof = consistencyProof(older, newer, read);
        const forked = { size: older, root: naiveLeafHash(headOf(older).root) };
        const forkedNew = { size: newer, root: naiveLeafHash(headOf(newer).root) };
        expect(verifyConsistency(forked, headOf(newer), proof)).toBe(false);
        expect(verifyConsistency(headOf(older), forkedNew, proof)).toBe(false);
      }
    }
  });
});

describe("a changed proof is refused", () => {
  test("one flipped bit, a hash dropped, doubled, added, swapped or cut", () => {
    const prng = new Prng(4);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const newer = prng.between(2, SIZE_MAX);
      const older = prng.between(1, newer - 1);
      const inclusion = change(prng, inclusionProof(older, newer, read));
      const consistency = change(prng, consistencyProof(older, newer, read));
      expect(verifyInclusion(leaves[older]!, older, headOf(newer), inclusion)).toBe(false);
      expect(verifyConsistency(headOf(older), headOf(newer), consistency)).toBe(false);
      refused++;
    }
    expect(refused).toBe(3000);
  });

  test("numbers that are no sizes or indices", () => {
    const proof = inclusionProof(3, 7, read);
    const { root } = headOf(7);
    const indices = [-1, 7, 3.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53];
    for (const index of indices) {
      expect(verifyInclusion(leaves[3]!, index, { size: 7, root }, proof)).toBe(false);
    }
    expect(verifyInclusion(leaves[2]!, 2.5, headOf(7), inclusionProof(2, 7, read))).toBe(false);
    for (const size of [-7, 0, 3, 7.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(verifyInclusion(leaves[3]!, 3, { size, root }, proof)).toBe(false);
      const grown = consistencyProof(3, 7, read);
      expect(verifyConsistency({ size, root }, headOf(7), grown)).toBe(false);
      if (size !== 3) expect(verifyConsistency(headOf(3), { size, root }, grown)).toBe(false);
    }
  });

  test("a path longer or shorter than the tree is high, though it ends in its root", () => {
    const deep = inclusionProof(7, 8, read);
    expect(verifyInclusion(leaves[7]!, 3, { size: 4, root: headOf(8).root }, deep)).toBe(false);
    const flat = inclusionProof(1, 2, read);
    expect(verifyInclusion(leaves[1]!, 1, { size: 3, root: headOf(2).root }, flat)).toBe(false);
    const tall = { size: 8, root: headOf(4).root };
    expect(verifyConsistency(headOf(2), tall, consistencyProof(2, 4, read))).toBe(false);
    const low = { size: 2, root: headOf(4).root };
    expect(verifyConsistency(headOf(1), low, consistencyProof(1, 4, read))).toBe(false);
    const three = { size: 3, root: headOf(7).root };
    const four = { size: 4, root: headOf(8).root };
    expect(verifyConsistency(three, four, consistencyProof(7, 8, read))).toBe(false);
  });

  test("equal sizes with different roots, and a false empty tree", () => {
    const other = { size: 7, root: headOf(6).root };
    expect(verifyConsistency(headOf(7), other, [])).toBe(false);
    expect(verifyConsistency(headOf(7), headOf(7), [headOf(7).root])).toBe(false);
    expect(verifyConsistency({ size: 0, root: headOf(1).root }, headOf(7), [])).toBe(false);
    expect(verifyConsistency(headOf(0), headOf(7), [headOf(7).root])).toBe(false);
    expect(verifyConsistency(headOf(7), headOf(3), [])).toBe(false);
  });
});

/** One change that makes `proof` another proof. */
function change(prng: Prng, proof: readonly Uint8Array[]): Uint8Array[] {
  const changed = proof.map((hash) => Uint8Array.from(hash));
  const at = prng.below(changed.length + 1);
  const hash = changed[at];
  if (hash === undefined) return [...changed, prng.bytes(32)];
  const kind = prng.below(6);
  const byte = prng.below(32);
  if (kind === 0) return changed.toSpliced(at, 1);
  if (kind === 1) return changed.toSpliced(at, 0, hash);
  if (kind === 2 && changed.length > 1) {
    const beside = (at + 1) % changed.length;
    return changed.with(at, changed[beside]!).with(beside, hash);
  }
  if (kind === 3) return changed.with(at, hash.slice(0, 31));
  if (kind === 4) return changed.with(at, Uint8Array.of(...hash, 0));
  return changed.with(at, hash.with(byte, hash[byte]! ^ (1 << prng.below(8))));
}
