/** The append-only tree: public vectors, then every size against the recursive definition. */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { MerkleLog } from "../../src/proofs/merkle-log.ts";
import { leafHash } from "../../src/proofs/tree-hash.ts";
import { naiveLeafHash, naiveRoot } from "./naive-merkle.ts";
import { CT_LEAVES, CT_ROOTS } from "./ct-vectors.ts";

describe("the log's root", () => {
  test("is that of the Certificate Transparency vectors at every size", () => {
    const log = new MerkleLog();
    const roots = [log.root().toHex()];
    for (const leaf of CT_LEAVES) {
      log.append(leaf);
      roots.push(log.root().toHex());
    }
    expect(roots).toEqual([...CT_ROOTS]);
  });

  test("is that of the recursive definition at sizes 0 to 300", () => {
    const prng = new Prng(1);
    const log = new MerkleLog();
    const leaves: Uint8Array[] = [];
    for (let size = 0; size <= 300; size++) {
      expect({ size: log.size, root: log.root() }).toEqual({ size, root: naiveRoot(leaves) });
      const data = prng.bytes(prng.below(100));
      leaves.push(naiveLeafHash(data));
      if (prng.chance(50)) log.append(data);
      else log.appendHash(leafHash(data));
    }
  });

  test("takes a leaf hash from the middle of an array", () => {
    const hashes = new Prng(2).bytes(96);
    const log = new MerkleLog();
    log.appendHash(hashes, 32);
    expect(log.root()).toEqual(hashes.slice(32, 64));
  });
});

describe("the frontier", () => {
  test("carries the log on at every size as if it had never stopped", () => {
    const prng = new Prng(3);
    const log = new MerkleLog();
    for (let size = 0; size < 130; size++) {
      const restored = MerkleLog.restore(log.frontier());
      expect(restored?.frontier()).toEqual(log.frontier());
      const data = prng.bytes(20);
      log.append(data);
      restored?.append(data);
      expect(restored?.root()).toEqual(log.root());
    }
  });

  test("has these bytes for the first three public leaves", () => {
    const log = new MerkleLog();
    for (const leaf of CT_LEAVES.slice(0, 3)) log.append(leaf);
    expect(log.frontier().toHex()).toBe(
      `01000000000000000300000000000000${CT_ROOTS[2]}${leafHash(CT_LEAVES[2]!).toHex()}`,
    );
  });

  test("goes beyond 2^32 leaves", () => {
    // 2^40 - 1 leaves: forty peaks, all of which the next leaf joins.
    const bytes = new Uint8Array(16 + 40 * 32);
    bytes[0] = 1;
    bytes.set([255, 255, 255, 255, 255], 8);
    const log = MerkleLog.restore(bytes);
    log?.appendHash(new Uint8Array(32));
    expect([log?.size, log?.frontier().length]).toEqual([2 ** 40, 16 + 32]);
  });

  test("is refused if no log has written it", () => {
    const log = new MerkleLog();
    for (let i = 0; i < 11; i++) log.append(Uint8Array.of(i));
    const good = log.frontier();
    const changed = (at: number, value: number) => good.with(at, value);
    const bad: Uint8Array[] = [
      new Uint8Array(0),
      good.subarray(0, 15),
      good.subarray(0, good.length - 1),
      Uint8Array.of(...good, 0),
      changed(0, 0),
      changed(0, 2),
      changed(1, 1),
      changed(7, 1),
      changed(8, 15), // Four peaks, not three.
      changed(8, 8), // One.
      changed(14, 0x20), // 2^53.
    ];
    expect(bad.map((bytes) => MerkleLog.restore(bytes))).toEqual(bad.map(() => null));
    expect(MerkleLog.restore(good)?.size).toBe(11);
  });
});
