/** The state trie: its root against a sort-and-split twin, step by step. */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { StateTrie } from "../../src/proofs/state-trie.ts";
import { trieLeafHash } from "../../src/proofs/trie-proof.ts";
import { bitString, naiveTrieRoot } from "./naive-trie.ts";
import { filled, Pair, someKey } from "./trie-pair.ts";

const EMPTY_ROOT = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("the root", () => {
  test("of no keys, one key and two keys is written down by hand", () => {
    const trie = new StateTrie(2);
    const roots = [trie.root().toHex()];
    trie.set(Uint8Array.of(0x12, 0x34), Uint8Array.of(0x56));
    roots.push(trie.root().toHex());
    trie.set(Uint8Array.of(0x12, 0x30), Uint8Array.of(0x78));
    roots.push(trie.root().toHex());
    const sha = (bytes: string) =>
      new Bun.CryptoHasher("sha256").update(Buffer.from(bytes, "hex")).digest("hex");
    const left = sha("00123078");
    const right = sha("00123456");
    expect(roots).toEqual([EMPTY_ROOT, right, sha(`01000d${left}${right}`)]);
  });

  for (const keySize of [1, 2, 4, 17]) {
    test(`equals the twin's after each of 1,500 random changes, keys of ${keySize} bytes`, () => {
      const prng = new Prng(100 + keySize);
      const pair = new Pair(keySize);
      const steps = { set: 0, deleted: 0, absent: 0 };
      for (let step = 0; step < 1500; step++) {
        // Grows for a while, shrinks for a while, so that rows are freed and taken again.
        const isGrowing = Math.floor(step / 250) % 2 === 0;
        const known = pair.keys.size > 0 && prng.chance(60);
        const key = known ? prng.pick([...pair.keys.values()]) : someKey(prng, keySize);
        if (prng.chance(isGrowing ? 75 : 25)) {
          pair.set(key, prng.bytes(prng.below(30)));
          steps.set++;
        } else if (pair.delete(key)) steps.deleted++;
        else steps.absent++;
        // Sometimes several changes lie between two roots.
        if (prng.chance(30)) continue;
        expect({ step, root: pair.trie.root(), size: pair.trie.size }).toEqual({
          step,
          root: naiveTrieRoot(pair.twin),
          size: pair.twin.size,
        });
      }
      expect(Math.min(steps.set, steps.deleted, steps.absent)).toBeGreaterThan(100);
    });
  }

  test("does not depend on the order or the history of changes", () => {
    const { trie, keys, twin } = filled(4, 200, 7);
    const prng = new Prng(8);
    for (let round = 0; round < 5; round++) {
      const other = new StateTrie(4, prng.below(500));
      const names = [...twin.keys()].toSorted(() => (prng.chance(50) ? 1 : -1));
      for (const name of names) {
        other.set(keys.get(name)!, prng.bytes(5));
        if (prng.chance(20)) other.root();
        if (prng.chance(50)) other.delete(keys.get(prng.pick(names))!);
      }
      for (const name of names) other.set(keys.get(name)!, twin.get(name)!);
      expect(other.root()).toEqual(trie.root());
    }
  });

  test("says so when a value, a key or the whole content changes and comes back", () => {
    const { trie } = filled(4, 50, 9);
    const before = trie.root();
    const key = Uint8Array.of(9, 9, 9, 9);
    trie.set(key, Uint8Array.of(1));
    const one = trie.root();
    trie.set(key, Uint8Array.of(2));
    const two = trie.root();
    trie.set(key, Uint8Array.of(1));
    expect(trie.root()).toEqual(one);
    trie.delete(key);
    expect(trie.root()).toEqual(before);
    expect(new Set([before, one, two].map((root) => root.toHex())).size).toBe(3);
    trie.clear();
    expect([trie.size, trie.root().toHex(), trie.has(key)]).toEqual([0, EMPTY_ROOT, false]);
    trie.set(key, Uint8Array.of(1));
    expect(trie.root()).toEqual(trieLeafHash(key, Uint8Array.of(1)));
  });
});

describe("keys", () => {
  test("are visited in ascending order with the hashes of their leaves", () => {
    const { trie, twin, ...pair } = filledAndOrdered();
    const seen: [string, string][] = [];
    trie.visit((key, leafHash) => seen.push([bitString(key), leafHash.toHex()]));
    expect(seen).toEqual(
      pair.ordered.map((key) => [
        bitString(key),
        trieLeafHash(key, twin.get(bitString(key))!).toHex(),
      ]),
    );
  });

  test("are there or not", () => {
    const { trie, twin } = filled(2, 20, 11);
    const present: string[] = [];
    for (let n = 0; n < 65_536; n++) {
      const key = Uint8Array.of(n >> 8, n & 255);
      if (trie.has(key)) present.push(bitString(key));
    }
    expect(present).toEqual([...twin.keys()].toSorted());
  });

  test("that come and go take no more room than those that stay", () => {
    const trie = new StateTrie(4, 100);
    const key = new Uint8Array(4);
    const view = new DataView(key.buffer);
    for (let i = 0; i < 5000; i++) {
      view.setUint32(0, Math.imul(i, 2_654_435_761), false);
      trie.set(key, key);
      view.setUint32(0, Math.imul(i - 99, 2_654_435_761), false);
      expect(trie.delete(key)).toBe(i >= 99);
    }
    expect([trie.size, trie.capacity]).toEqual([99, 100]);
  });

  test("of another width are our own mistake", () => {
    const trie = new StateTrie(4);
    const value = new Uint8Array(1);
    expect(() => trie.set(new Uint8Array(3), value)).toThrow("width");
    expect(() => trie.delete(new Uint8Array(5))).toThrow("width");
    expect(() => trie.prove(new Uint8Array(0))).toThrow("width");
    expect(() => new StateTrie(0)).toThrow("1 to 64");
    expect(() => new StateTrie(65)).toThrow("1 to 64");
  });
});

function filledAndOrdered() {
  const pair = filled(3, 100, 10);
  return { trie: pair.trie, twin: pair.twin, ordered: pair.sortedKeys() };
}
