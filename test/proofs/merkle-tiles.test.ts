/** Tiles: names, places and widths of C2SP tlog-tiles, and proofs made from nothing but tiles. */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { MerkleLog } from "../../src/proofs/merkle-log.ts";
import {
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "../../src/proofs/merkle-proof.ts";
import {
  nodesFromTiles,
  parseTilePath,
  rootOfHashes,
  type Tile,
  tilePath,
  tilesAdded,
  tilesRead,
} from "../../src/proofs/merkle-tiles.ts";

describe("tile names", () => {
  const names: readonly (readonly [Tile, string])[] = [
    [{ level: 0, index: 0, width: 256 }, "tile/0/000"],
    [{ level: 0, index: 1234067, width: 256 }, "tile/0/x001/x234/067"],
    [{ level: 1, index: 999, width: 1 }, "tile/1/999.p/1"],
    [{ level: 2, index: 1000, width: 255 }, "tile/2/x001/000.p/255"],
    [{ level: 6, index: 0, width: 17 }, "tile/6/000.p/17"],
  ];

  test("are written and read", () => {
    expect(names.map(([tile]) => tilePath(tile))).toEqual(names.map(([, path]) => path));
    expect(names.map(([, path]) => parseTilePath(path))).toEqual(names.map(([tile]) => tile));
  });

  test("have one form only", () => {
    // In order: too short, wrong level, wrong ends, wrong groups, wrong width, too large.
    const bad = [
      "",
      "tile/0",
      "tile/0/0",
      "tile/0/00",
      "tile/00/000",
      "tile/-1/000",
      "tile/7/000",
      "/tile/0/000",
      "tile/0/000/",
      "tile/0/x001",
      "tile/0/001/000",
      "tile/0/x000/000",
      "tile/0/000.p/",
      "tile/0/000.p/0",
      "tile/0/000.p/01",
      "tile/0/000.p/256",
      "tile/0/000.p/1 ",
      "tile/0/x009/x007/x199/x254/x740/992", // 2^53.
      `tile/0/${"x999/".repeat(8)}999`,
    ];
    expect(bad.map(parseTilePath)).toEqual(bad.map(() => null));
  });
});

describe("tiles of a tree", () => {
  test("of 70,000 leaves are those that the specification counts", () => {
    const counted = new Map<string, number>();
    for (const { level, width } of tilesAdded(0, 70_000)) {
      const kind = `level ${level} width ${width}`;
      counted.set(kind, (counted.get(kind) ?? 0) + 1);
    }
    expect([...counted]).toEqual([
      ["level 0 width 256", 273],
      ["level 0 width 112", 1],
      ["level 1 width 256", 1],
      ["level 1 width 17", 1],
      ["level 2 width 1", 1],
    ]);
  });

  test("of 256 leaves are one full tile and a partial one of width 1", () => {
    expect(tilesAdded(0, 256).map(tilePath)).toEqual(["tile/0/000", "tile/1/000.p/1"]);
  });

  test("that are new when it grows are those that change", () => {
    expect(tilesAdded(5, 5)).toEqual([]);
    expect(tilesAdded(255, 256).map(tilePath)).toEqual(["tile/0/000", "tile/1/000.p/1"]);
    expect(tilesAdded(256, 257).map(tilePath)).toEqual(["tile/0/001.p/1"]);
    expect(tilesAdded(300, 600).map(tilePath)).toEqual([
      "tile/0/001",
      "tile/0/002.p/88",
      "tile/1/000.p/2",
    ]);
  });
});

describe("proofs from tiles", () => {
  const SIZE = 66_000;
  const leaves = new Prng(5).bytes(SIZE * 32);
  const tiles = new Map<string, Uint8Array>();
  const readTile = (tile: Tile): Uint8Array => {
    const path = tilePath(tile);
    const bytes = tiles.get(path) ?? tileOf(leaves, tile);
    tiles.set(path, bytes);
    return bytes;
  };
  const roots = rootsAt(leaves, new Set([1, 255, 256, 257, 65_536, 65_537, 65_900, SIZE]));

  test("hold for leaves and sizes at the borders of tiles", () => {
    for (const [size, root] of roots) {
      const read = nodesFromTiles(size, readTile);
      for (const index of new Set([0, 255, 256, 65_535, 65_536, size - 1])) {
        if (index >= size) continue;
        const proof = inclusionProof(index, size, read);
        const leaf = leaves.slice(index * 32, index * 32 + 32);
        expect(verifyInclusion(leaf, index, { size, root }, proof)).toBe(true);
      }
      for (const [older, olderRoot] of roots) {
        if (older > size) continue;
        const proof = consistencyProof(older, size, read);
        const from = { size: older, root: olderRoot };
        expect(verifyConsistency(from, { size, root }, proof)).toBe(true);
      }
    }
  });

  test("need only the tiles that are named beforehand", () => {
    const named = tilesRead(SIZE, (read) => inclusionProof(300, SIZE, read)).map(tilePath);
    const used = new Set<string>();
    inclusionProof(
      300,
      SIZE,
      nodesFromTiles(SIZE, (tile) => {
        used.add(tilePath(tile));
        return readTile(tile);
      }),
    );
    expect(named).toEqual([...used]);
    expect(named.toSorted()).toEqual([
      "tile/0/001",
      "tile/0/257.p/208",
      "tile/1/000",
      "tile/1/001.p/1",
    ]);
  });
});

/** The bytes of a tile, from the leaves, by definition: MTH over 256^level leaves each. */
function tileOf(leaves: Uint8Array, tile: Tile): Uint8Array {
  const span = 256 ** tile.level;
  const hashes: Uint8Array[] = [];
  for (let i = 0; i < tile.width; i++) {
    hashes.push(rootOfHashes(leaves, (tile.index * 256 + i) * span, span));
  }
  return Buffer.concat(hashes);
}

function rootsAt(leaves: Uint8Array, sizes: ReadonlySet<number>): Map<number, Uint8Array> {
  const roots = new Map<number, Uint8Array>();
  const log = new MerkleLog();
  for (let at = 0; at < leaves.length; at += 32) {
    log.appendHash(leaves, at);
    if (sizes.has(log.size)) roots.set(log.size, log.root());
  }
  return roots;
}
