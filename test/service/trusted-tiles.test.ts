/** Leaves of a tree from its tiles, of which only size and root are believed. */
import { describe, expect, test } from "bun:test";
import { HASH_SIZE } from "../../src/base/hash.ts";
import { MerkleLog } from "../../src/proofs/merkle-log.ts";
import { nodesFromLeaves } from "../../src/proofs/merkle-proof.ts";
import {
  type Tile,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilesAdded,
  tilePath,
} from "../../src/proofs/merkle-tiles.ts";
import { leafHash } from "../../src/proofs/tree-hash.ts";
import { TrustedTiles, WrongTile } from "../../src/service/trusted-tiles.ts";

interface Tree {
  readonly size: number;
  readonly root: Uint8Array;
  readonly leaves: Uint8Array;
  readonly tiles: Map<string, Uint8Array>;
  readonly read: (tile: Tile) => Promise<Uint8Array | null>;
}

function treeOf(size: number): Tree {
  const leaves = new Uint8Array(size * HASH_SIZE);
  const log = new MerkleLog();
  for (let i = 0; i < size; i++) {
    leaves.set(leafHash(Uint8Array.of(i & 255, i >> 8, i >> 16)), i * HASH_SIZE);
    log.appendHash(leaves, i * HASH_SIZE);
  }
  const node = nodesFromLeaves(leaves);
  const tiles = new Map<string, Uint8Array>();
  for (const tile of tilesAdded(0, size)) {
    const bytes = new Uint8Array(tile.width * HASH_SIZE);
    for (let i = 0; i < tile.width; i++) {
      const hash = node(tile.level * TILE_HEIGHT, tile.index * TILE_WIDTH + i);
      bytes.set(hash, i * HASH_SIZE);
    }
    tiles.set(tilePath(tile), bytes);
  }
  const read = async (tile: Tile): Promise<Uint8Array | null> => tiles.get(tilePath(tile)) ?? null;
  return { size, root: log.root(), leaves, tiles, read };
}

describe.each([1, 2, 255, 256, 257, 512, 700, 65_536, 66_000])("a tree of %d", (size) => {
  const tree = treeOf(size);

  test("gives the leaves that were put in", async () => {
    const tiles = await TrustedTiles.open(size, tree.root, tree.read);
    for (let index = 0; index < size; index += 1 + Math.floor(size / 97)) {
      const at = index * HASH_SIZE;
      expect(await tiles.leaf(index)).toEqual(tree.leaves.subarray(at, at + HASH_SIZE));
    }
  });

  test("refuses a changed bit in whichever tile it needs, and a missing one", async () => {
    for (const [path, bytes] of [...tree.tiles].filter((_, i) => i % 29 === 0)) {
      const changed = bytes.slice();
      changed[size % changed.length]! ^= 4;
      for (const instead of [changed, null]) {
        const read = async (tile: Tile): Promise<Uint8Array | null> =>
          tilePath(tile) === path ? instead : tree.read(tile);
        const walk = async (): Promise<void> => {
          const tiles = await TrustedTiles.open(size, tree.root, read);
          for (let index = 0; index < size; index += TILE_WIDTH) await tiles.leaf(index);
        };
        await expect(walk()).rejects.toBeInstanceOf(WrongTile);
      }
    }
  });
});

test("another root is refused before any leaf is given", async () => {
  const tree = treeOf(300);
  const root = tree.root.slice();
  root[0]! ^= 1;
  await expect(TrustedTiles.open(300, root, tree.read)).rejects.toThrow("signed root");
});
