/**
 * TileEdge against the tree it is the edge of: tiles, root, and going on from tiles alone.
 */
import { expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { MerkleLog } from "../../src/proofs/merkle-log.ts";
import { nodesFromLeaves } from "../../src/proofs/merkle-proof.ts";
import {
  eachTileAdded,
  type Tile,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from "../../src/proofs/merkle-tiles.ts";
import { edgePlaces, TileEdge } from "../../src/proofs/tile-edge.ts";

const SIZE = 66_000;
const random = new Prng(7);
const leaves = new Uint8Array(SIZE * 32);
new Uint32Array(leaves.buffer).forEach((_, i, words) => (words[i] = i * 2_654_435_761));

function leaf(i: number): Uint8Array {
  return leaves.subarray(i * 32, i * 32 + 32);
}

const node = nodesFromLeaves(leaves);
function tileBytes({ level, index, width }: Tile): Uint8Array {
  const bytes = new Uint8Array(width * 32);
  for (let i = 0; i < width; i++) {
    bytes.set(node(level * TILE_HEIGHT, index * TILE_WIDTH + i), i * 32);
  }
  return bytes;
}

test("growing by any strides gives each tree's tiles, and its root", () => {
  const stored = new Map<string, Uint8Array>();
  const log = new MerkleLog();
  let edge = new TileEdge();
  let size = 0;
  while (size < SIZE) {
    const before = size;
    const stride = 1 + random.below(random.below(3) === 0 ? 300 : 9000);
    for (const end = Math.min(SIZE, size + stride); size < end; size++) {
      edge.append(leaf(size));
      log.appendHash(leaf(size));
    }
    for (const { tile, bytes } of [...edge.takeFull(), ...edge.takePartial()]) {
      expect(stored.has(tilePath(tile))).toBe(false);
      stored.set(tilePath(tile), bytes);
    }
    for (const tile of eachTileAdded(before, size)) {
      expect(stored.get(tilePath(tile))).toEqual(tileBytes(tile));
    }
    expect(edge.root()).toEqual(log.root());
    if (random.below(4) !== 0) continue;
    // The next goes on from what is stored, for this size or a larger one.
    const tiles = edgePlaces(size).map(({ level, index }) => {
      const width = tileWidth(level, index, size);
      return stored.get(tilePath({ level, index, width })) ?? null;
    });
    edge = TileEdge.restore(size, tiles)!;
    expect(edge.root()).toEqual(log.root());
  }
  expect(stored.has("tile/1/000")).toBe(true);
  expect(stored.has("tile/2/000.p/1")).toBe(true);
});

test("a smaller tree's edge is found in the tiles of a larger one, if all are there", () => {
  const [small, large] = [600, 1500];
  const log = new MerkleLog();
  for (let i = 0; i < small; i++) log.appendHash(leaf(i));
  const tiles = edgePlaces(small).map(({ level, index }) =>
    tileBytes({ level, index, width: tileWidth(level, index, large) }),
  );
  const edge = TileEdge.restore(small, tiles);
  expect(edge?.size).toBe(small);
  expect(edge?.root()).toEqual(log.root());
  expect(tiles).toHaveLength(2);
  expect(TileEdge.restore(small, [tiles[0]!, null])).toBeNull();
  expect(TileEdge.restore(small, [tiles[0]!.subarray(0, 87 * 32), tiles[1]!])).toBeNull();
  expect(TileEdge.restore(0, [])?.size).toBe(0);
});
