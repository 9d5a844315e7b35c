/** Trie proofs: presence and absence are shown, and nothing else can be. */
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { Prng } from "../../src/base/prng.ts";
import { StateTrie } from "../../src/proofs/state-trie.ts";
import {
  type TrieProof,
  type TrieQuestion,
  trieLeafHash,
  verifyTrieProof,
} from "../../src/proofs/trie-proof.ts";
import { bitString } from "./naive-trie.ts";
import { filled, someKey } from "./trie-pair.ts";

describe("a proof", () => {
  test("shows each key with its value, and each absent key", () => {
    const prng = new Prng(12);
    for (const count of [0, 1, 2, 3, 30]) {
      const { trie, twin } = filled(2, count, 13 + count);
      const shown = { present: 0, absent: 0 };
      for (let n = 0; n < 400; n++) {
        const key = prng.chance(80) ? someKey(prng, 2) : prng.bytes(2);
        const proof = trie.prove(key);
        const leafValue = valueOfLeaf(proof, twin);
        const expected = twin.has(bitString(key)) ? "present" : "absent";
        expect(verifyTrieProof({ root: trie.root(), key, leafValue }, proof)).toBe(expected);
        shown[expected]++;
      }
      expect(shown.absent).toBeGreaterThan(0);
      if (count > 0) expect(shown.present).toBeGreaterThan(0);
    }
  });

  test("shows nothing under another root or with another value", () => {
    const { trie, twin, keys } = filled(4, 60, 14);
    for (const [name, key] of keys) {
      const proof = trie.prove(key);
      const leafValue = twin.get(name)!;
      const root = trie.root();
      const other = Uint8Array.of(...leafValue, 0);
      expect(verifyTrieProof({ root, key, leafValue: other }, proof)).toBe("refused");
      const elsewhere = root.with(31, root[31]! ^ 1);
      expect(verifyTrieProof({ root: elsewhere, key, leafValue }, proof)).toBe("refused");
      expect(verifyTrieProof({ root: root.slice(1), key, leafValue }, proof)).toBe("refused");
    }
  });

  test("of one key's presence never shows the absence of a key that is there", () => {
    const { trie, twin, keys } = filled(4, 60, 15);
    const root = trie.root();
    for (const [name, key] of keys) {
      const proof = trie.prove(key);
      for (const other of keys.values()) {
        if (other === key) continue;
        const question = { root, key: other, leafValue: twin.get(name)! };
        expect(verifyTrieProof(question, proof)).toBe("refused");
      }
    }
  });

  test("is refused after any change of it", () => {
    const prng = new Prng(16);
    const { trie, twin, keys } = filled(4, 60, 17);
    const root = trie.root();
    const names = [...keys.keys()];
    for (let round = 0; round < 4000; round++) {
      const key = prng.chance(50) ? keys.get(prng.pick(names))! : someKey(prng, 4);
      const proof = trie.prove(key);
      const question: TrieQuestion = { root, key, leafValue: valueOfLeaf(proof, twin) };
      expect(verifyTrieProof(question, change(prng, proof))).toBe("refused");
    }
  });

  test("of an empty trie is refused when it is not empty, and the other way round", () => {
    const { trie } = filled(2, 5, 18);
    const none = { leafKey: null, bits: [], siblings: [] };
    const key = Uint8Array.of(7, 7);
    const leafValue = new Uint8Array(0);
    const emptyRoot = new StateTrie(2).root();
    expect(verifyTrieProof({ root: trie.root(), key, leafValue }, none)).toBe("refused");
    expect(verifyTrieProof({ root: emptyRoot, key, leafValue }, none)).toBe("absent");
    expect(verifyTrieProof({ root: emptyRoot, key, leafValue }, trie.prove(key))).toBe("refused");
    const withBit = { ...none, bits: [0], siblings: [emptyRoot] };
    expect(verifyTrieProof({ root: emptyRoot, key, leafValue }, withBit)).toBe("refused");
  });

  test("cannot move a byte from the value into the key to make a key absent", () => {
    const trie = new StateTrie(2);
    const key = Uint8Array.of(1, 2);
    trie.set(key, Uint8Array.of(3, 4));
    const proof = { ...trie.prove(key), leafKey: Uint8Array.of(1, 2, 3) };
    const question = { root: trie.root(), key, leafValue: Uint8Array.of(4) };
    expect(verifyTrieProof(question, proof)).toBe("refused");
  });

  test("is refused under the root of what is no trie", () => {
    const key = Uint8Array.of(0);
    const foreign = Uint8Array.of(0x10);
    const leafValue = Uint8Array.of(9);
    const side = new Uint8Array(32).fill(5);
    const node = (bit: number, left: Uint8Array, right: Uint8Array) =>
      createHash("sha256")
        .update(Uint8Array.of(1, 0, bit))
        .update(left)
        .update(right)
        .digest();
    const leaf = trieLeafHash(key, leafValue);
    const ask = (root: Uint8Array, proof: TrieProof) =>
      verifyTrieProof({ root, key, leafValue }, proof);

    const good = node(2, node(5, leaf, side), side);
    const falling = node(5, node(2, leaf, side), side);
    const siblings = [side, side];
    expect(ask(good, { leafKey: key, bits: [2, 5], siblings })).toBe("present");
    expect(ask(falling, { leafKey: key, bits: [5, 2], siblings })).toBe("refused");
    const wide = new Uint8Array(33).fill(5);
    const long = node(2, leaf, wide);
    expect(ask(long, { leafKey: key, bits: [2], siblings: [wide] })).toBe("refused");
    // A leaf whose bit 3 is 1, hung where the keys with bit 3 = 0 belong.
    const misplaced = node(3, trieLeafHash(foreign, leafValue), side);
    expect(ask(misplaced, { leafKey: foreign, bits: [3], siblings: [side] })).toBe("refused");
  });

  test("cannot pass off a node as a leaf", () => {
    // A value chosen so that 00 | key | value looks like a node but for its first byte.
    const { trie, keys } = filled(2, 8, 19);
    const key = [...keys.values()][0]!;
    const proof = trie.prove(key);
    const cut = { ...proof, bits: [], siblings: [] };
    const question = { root: trie.root(), key, leafValue: proof.siblings[0]! };
    expect(verifyTrieProof(question, cut)).toBe("refused");
  });
});

function valueOfLeaf(proof: TrieProof, twin: ReadonlyMap<string, Uint8Array>): Uint8Array {
  return proof.leafKey === null ? new Uint8Array(0) : twin.get(bitString(proof.leafKey))!;
}

/** One change that makes `proof`, of a trie that is not empty, another proof. */
function change(prng: Prng, proof: TrieProof): TrieProof {
  const bits = [...proof.bits];
  const siblings = [...proof.siblings];
  const leafKey = proof.leafKey!;
  const at = prng.below(bits.length);
  const bit = bits[at]!;
  const hash = siblings[at]!;
  const changes: readonly (() => TrieProof)[] = [
    () => ({ ...proof, leafKey: null }),
    () => ({ ...proof, leafKey: leafKey.with(3, leafKey[3]! ^ (1 << prng.below(8))) }),
    () => ({ ...proof, leafKey: leafKey.slice(1) }),
    () => ({ ...proof, leafKey: Uint8Array.of(...leafKey, 0) }),
    () => ({ ...proof, bits: bits.with(at, bit + prng.pick([-1, 1, 0.5, 256, -256, 65_536])) }),
    () => ({ ...proof, bits: bits.with(at, prng.pick([Number.NaN, -1, 32, 2 ** 53])) }),
    () => ({ ...proof, bits: bits.toSpliced(at, 1) }),
    () => ({ ...proof, bits: bits.toSpliced(at, 1), siblings: siblings.toSpliced(at, 1) }),
    () => ({
      ...proof,
      bits: bits.toSpliced(at, 0, bit),
      siblings: siblings.toSpliced(at, 0, hash),
    }),
    () => ({ ...proof, siblings: siblings.toSpliced(at, 1) }),
    () => ({ ...proof, siblings: siblings.with(at, hash.slice(1)) }),
    () => ({
      ...proof,
      siblings: siblings.with(at, hash.with(prng.below(32), prng.below(256))),
    }),
  ];
  const changed = prng.pick(changes)();
  return isSame(changed, proof) ? change(prng, proof) : changed;
}

function isSame(a: TrieProof, b: TrieProof): boolean {
  const text = ({ leafKey, bits, siblings }: TrieProof) =>
    `${leafKey?.toHex()} ${bits.join()} ${siblings.map((hash) => hash.toHex()).join()}`;
  return text(a) === text(b);
}
