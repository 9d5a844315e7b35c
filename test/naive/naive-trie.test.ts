/**
 * The naive trie: small ones composed by hand, random ones against src/proofs/state-trie.ts, which
 * is written by other hands from the same definition.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { sha256 } from "../../src/base/hash.ts";
import { trieRoot } from "../../src/naive/naive-trie.ts";
import { StateTrie } from "../../src/proofs/state-trie.ts";

const VALUE = Uint8Array.of(7, 7);

function leaf(key: number): Uint8Array {
  return sha256(Uint8Array.of(0, key, 7, 7));
}

function root(...keys: readonly number[]): string {
  return trieRoot(keys.map((key) => ({ key: Uint8Array.of(key), value: VALUE }))).toHex();
}

describe("small tries, by hand", () => {
  test("empty, one leaf", () => {
    expect(root()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(root(5)).toBe(leaf(5).toHex());
  });

  test("a node says at which bit its leaves part, in whatever order they come", () => {
    // 0010 0000 and 0011 0000 part at bit 3; 1000 0000 parts from both at bit 0.
    const inner = sha256(Uint8Array.of(1, 0, 3), leaf(0x20), leaf(0x30));
    const top = sha256(Uint8Array.of(1, 0, 0), inner, leaf(0x80));
    expect(root(0x20, 0x30, 0x80)).toBe(top.toHex());
    expect(root(0x80, 0x30, 0x20)).toBe(top.toHex());
  });

  test("bits of a later byte count on", () => {
    const keys = [Uint8Array.of(9, 0), Uint8Array.of(9, 1)];
    const leaves = keys.map((key) => sha256(Uint8Array.of(0), key, VALUE));
    const expected = sha256(Uint8Array.of(1, 0, 15), leaves[0]!, leaves[1]!);
    expect(trieRoot(keys.map((key) => ({ key, value: VALUE })))).toEqual(expected);
  });

  test("a different value is a different root", () => {
    const prng = new Prng(1);
    const entries = Array.from({ length: 50 }, () => ({ key: prng.bytes(4), value: VALUE }));
    const changed = entries.with(17, { key: entries[17]!.key, value: Uint8Array.of(7, 8) });
    expect(trieRoot(changed)).not.toEqual(trieRoot(entries));
  });
});

test("random tries have the root that the incremental trie has", () => {
  // The last keys begin alike for 15 bytes, as those of orders at one price do.
  for (const [seed, size, width, alike] of [
    [1, 2, 1, 0],
    [2, 300, 4, 0],
    [3, 1_000, 17, 0],
    [4, 1_000, 17, 15],
  ] as const) {
    const prng = new Prng(seed);
    const trie = new StateTrie(width);
    const entries = Array.from({ length: size }, (_, i) => {
      const key = prng.bytes(width).fill(9, 0, alike);
      key[width - 1] = i;
      if (width > 1) key[width - 2] = i >>> 8;
      return { key, value: prng.bytes(prng.below(60)) };
    });
    for (const { key, value } of entries) trie.set(key, value);
    expect([seed, trieRoot(entries).toHex()]).toEqual([seed, trie.root().toHex()]);
  }
});
