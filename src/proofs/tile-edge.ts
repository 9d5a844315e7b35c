/**
 * TileEdge: the right edge of a tree that is kept as tiles, so that it grows without being read.
 *
 *   rows     level 2   [ a ]                     1 hash of  65,536 leaves each
 *            level 1   [ b c d ]                 3 hashes of   256 leaves each
 *            level 0   [ e f ]                   2 leaves
 *   append   a row that reaches 256 hashes is a full tile; its root goes into the row above
 *
 * What lies in the rows are the partial tiles of the tree as it is. See merkle-tiles.ts.
 */
import { HASH_SIZE } from "../base/hash.ts";
import { hashesAtLevel, rootOfHashes, type Tile, TILE_WIDTH } from "./merkle-tiles.ts";
import { emptyRoot, TreeHasher } from "./tree-hash.ts";

export interface TileBytes {
  readonly tile: Tile;
  readonly bytes: Uint8Array;
}

interface Row {
  readonly hashes: Uint8Array;
  /** Of hashes in it, 0 to 255. */
  count: number;
  /** Full tiles of this level. */
  full: number;
  /** How many of `count` were given out as a partial tile last. */
  given: number;
}

export class TileEdge {
  private readonly rows: Row[] = [];
  private readonly hasher = new TreeHasher();
  private full: TileBytes[] = [];
  private leafCount = 0;

  get size(): number {
    return this.leafCount;
  }

  append(leaf: Uint8Array): void {
    this.leafCount++;
    this.push(0, leaf);
  }

  /** Tiles that became full since the last call. */
  takeFull(): TileBytes[] {
    const tiles = this.full;
    this.full = [];
    return tiles;
  }

  /** Partial tiles of the tree as it is that were not given out before. */
  takePartial(): TileBytes[] {
    const tiles: TileBytes[] = [];
    for (const [level, row] of this.rows.entries()) {
      if (row.count === 0 || row.count === row.given) continue;
      row.given = row.count;
      const bytes = row.hashes.slice(0, row.count * HASH_SIZE);
      tiles.push({ tile: { level, index: row.full, width: row.count }, bytes });
    }
    return tiles;
  }

  root(): Uint8Array {
    let folded: Uint8Array | null = null;
    // From the right: rows from below, and in a row its subtrees from the smallest.
    for (const { hashes, count } of this.rows) {
      let end = count;
      for (let size = 1; end > 0; size *= 2) {
        if ((end & size) === 0) continue;
        const peak = rootOfHashes(hashes, end - size, size);
        folded = folded === null ? peak : this.hasher.join(peak, folded);
        end -= size;
      }
    }
    return folded ?? emptyRoot();
  }

  /**
   * The edge of a tree of `size` leaves from what `edgePlaces` names, of the same tree when it was
   * of that size or larger; null where that does not reach.
   */
  static restore(size: number, tiles: readonly (Uint8Array | null)[]): TileEdge | null {
    const edge = new TileEdge();
    edge.leafCount = size;
    const places = edgePlaces(size);
    for (let level = 0; hashesAtLevel(level, size) > 0; level++) {
      const total = hashesAtLevel(level, size);
      const row = edge.row(level);
      row.full = Math.floor(total / TILE_WIDTH);
      row.count = total % TILE_WIDTH;
      row.given = row.count;
      if (row.count === 0) continue;
      const bytes = tiles[places.findIndex((place) => place.level === level)] ?? null;
      if (bytes === null || bytes.length < row.count * HASH_SIZE) return null;
      row.hashes.set(bytes.subarray(0, row.count * HASH_SIZE));
    }
    return edge;
  }

  private push(level: number, hash: Uint8Array): void {
    const row = this.row(level);
    row.hashes.set(hash, row.count * HASH_SIZE);
    row.count++;
    if (row.count < TILE_WIDTH) return;
    const bytes = row.hashes.slice();
    this.full.push({ tile: { level, index: row.full, width: TILE_WIDTH }, bytes });
    row.full++;
    row.count = 0;
    row.given = 0;
    this.push(level + 1, rootOfHashes(bytes, 0, TILE_WIDTH));
  }

  private row(level: number): Row {
    const known = this.rows[level];
    if (known !== undefined) return known;
    const row = { hashes: new Uint8Array(TILE_WIDTH * HASH_SIZE), count: 0, full: 0, given: 0 };
    this.rows[level] = row;
    return row;
  }
}

/** Where the last tile of each level is, if it is not full in a tree of `size` leaves. */
export function edgePlaces(size: number): { readonly level: number; readonly index: number }[] {
  const places: { level: number; index: number }[] = [];
  for (let level = 0; hashesAtLevel(level, size) > 0; level++) {
    const total = hashesAtLevel(level, size);
    if (total % TILE_WIDTH > 0) places.push({ level, index: Math.floor(total / TILE_WIDTH) });
  }
  return places;
}
