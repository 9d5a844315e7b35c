/**
 * Trusted tiles: leaf hashes of a tree of which only size and root are believed, fetched one tile
 * at a time from whoever has them.
 *
 *   the partial tiles at the right edge together make the root
 *   a full tile makes one hash of the tile above it, which was believed before
 *
 * So a leaf far back costs one tile per level, not the whole tree.
 */
import { equalBytes } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import {
  hashesAtLevel,
  rootOfHashes,
  type Tile,
  TILE_LEVELS,
  TILE_WIDTH,
  tilePath,
  tileWidth,
} from "../proofs/merkle-tiles.ts";
import { emptyRoot, TreeHasher } from "../proofs/tree-hash.ts";

/** A tile that is not there, or not of this tree: its path, and why. */
export class WrongTile extends Error {
  override readonly name = "WrongTile";
}

export type ReadTile = (tile: Tile) => Promise<Uint8Array | null>;

export class TrustedTiles {
  private readonly size: number;
  private readonly readTile: ReadTile;
  /** The newest tile of each level that was found to be true. */
  private readonly known = new Map<number, { index: number; bytes: Uint8Array }>();
  private readonly edge: ReadonlyMap<number, Uint8Array>;

  private constructor(size: number, readTile: ReadTile, edge: ReadonlyMap<number, Uint8Array>) {
    this.size = size;
    this.readTile = readTile;
    this.edge = edge;
  }

  /** Throws WrongTile if the edge does not make that root. */
  static async open(size: number, root: Uint8Array, readTile: ReadTile): Promise<TrustedTiles> {
    const edge = new Map<number, Uint8Array>();
    for (let level = 0; level < TILE_LEVELS; level++) {
      const total = hashesAtLevel(level, size);
      const width = total % TILE_WIDTH;
      if (width === 0) continue;
      const tile = { level, index: Math.floor(total / TILE_WIDTH), width };
      edge.set(level, await fetched(readTile, tile));
    }
    if (!equalBytes(rootOfEdge(edge), root)) {
      throw new WrongTile("tile: the newest tiles do not make the signed root");
    }
    return new TrustedTiles(size, readTile, edge);
  }

  /** The hash of leaf `index`, which is below the size; throws WrongTile. */
  async leaf(index: number): Promise<Uint8Array> {
    const bytes = await this.tile(0, Math.floor(index / TILE_WIDTH));
    const at = (index % TILE_WIDTH) * HASH_SIZE;
    return bytes.subarray(at, at + HASH_SIZE);
  }

  private async tile(level: number, index: number): Promise<Uint8Array> {
    const known = this.known.get(level);
    if (known?.index === index) return known.bytes;
    const width = tileWidth(level, index, this.size);
    const edge = this.edge.get(level);
    if (width < TILE_WIDTH && edge !== undefined) return edge;
    const tile = { level, index, width };
    const bytes = await fetched(this.readTile, tile);
    const above = await this.tile(level + 1, Math.floor(index / TILE_WIDTH));
    const at = (index % TILE_WIDTH) * HASH_SIZE;
    if (!equalBytes(rootOfHashes(bytes, 0, TILE_WIDTH), above.subarray(at, at + HASH_SIZE))) {
      throw new WrongTile(`${tilePath(tile)}: its hashes do not make the one above them`);
    }
    this.known.set(level, { index, bytes });
    return bytes;
  }
}

async function fetched(readTile: ReadTile, tile: Tile): Promise<Uint8Array> {
  const bytes = await readTile(tile);
  if (bytes === null) throw new WrongTile(`${tilePath(tile)}: it is missing`);
  if (bytes.length === tile.width * HASH_SIZE) return bytes;
  throw new WrongTile(`${tilePath(tile)}: it has ${bytes.length} bytes`);
}

/** Rows from below, and in a row its subtrees from the smallest: folded from the right. */
function rootOfEdge(edge: ReadonlyMap<number, Uint8Array>): Uint8Array {
  const hasher = new TreeHasher();
  let folded: Uint8Array | null = null;
  for (const row of edge.values()) {
    let end = row.length / HASH_SIZE;
    for (let size = 1; end > 0; size *= 2) {
      if ((end & size) === 0) continue;
      const peak = rootOfHashes(row, end - size, size);
      folded = folded === null ? peak : hasher.join(peak, folded);
      end -= size;
    }
  }
  return folded ?? emptyRoot();
}
