/** The trie's memory: freed rows are taken again, and nothing is lost when the arrays grow. */
import { describe, expect, test } from "bun:test";
import { TrieRows } from "../../src/proofs/trie-rows.ts";

describe("rows", () => {
  test("given back are taken again before new ones", () => {
    const rows = new TrieRows(4, 0);
    const taken = [0, 0, 0, 0].map(() => [rows.takeLeaf(), rows.takeNode()]);
    rows.giveLeaf(1);
    rows.giveLeaf(3);
    rows.giveNode(0);
    rows.giveNode(2);
    const again = [0, 0, 0].map(() => [rows.takeLeaf(), rows.takeNode()]);
    expect({ taken, again }).toEqual({
      taken: [
        [0, 0],
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      again: [
        [3, 2],
        [1, 0],
        [4, 4],
      ],
    });
  });

  test("start anew after a clear", () => {
    const rows = new TrieRows(4, 0);
    for (let i = 0; i < 5; i++) expect([rows.takeLeaf(), rows.takeNode()]).toEqual([i, i]);
    rows.giveLeaf(2);
    rows.giveNode(2);
    rows.clear();
    for (let i = 0; i < 5; i++) expect([rows.takeLeaf(), rows.takeNode()]).toEqual([i, i]);
  });

  test("keep what they hold, and the list of free ones, when the arrays grow", () => {
    const rows = new TrieRows(1, 0);
    const before = rows.keys.length;
    for (let slot = 0; slot < before; slot++) rows.keys[rows.takeLeaf()] = slot + 1;
    expect(rows.takeLeaf()).toBe(before);
    expect(rows.keys.length).toBe(2 * before);
    expect(rows.keys.slice(0, before)).toEqual(
      Uint8Array.from({ length: before }, (_, i) => i + 1),
    );
    rows.giveLeaf(5);
    rows.giveLeaf(9);
    expect([rows.takeLeaf(), rows.takeLeaf(), rows.takeLeaf()]).toEqual([9, 5, before + 1]);
  });
});
