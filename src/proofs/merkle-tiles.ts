/**
 * Merkle tiles: the tree cut into files of up to 256 hashes (C2SP tlog-tiles, height 8).
 *
 *   tile level 1   [ each hash is the root of one full tile below, 256 leaves          ]
 *                    |                |
 *   tile level 0   [ 256 leaf hashes ][ 256 leaf hashes ][ 17 leaf hashes, "partial" ]
 *
 * Name: tile/<level>/<index>[.p/<width>], the index in groups of three digits, all but the last
 * with an x in front: 1234067 is x001/x234/067. A full tile never changes; a partial one is a
 * file of its own for each width. Pure arithmetic: who stores or fetches tiles is elsewhere.
 */
import { assert } from "../base/assert.ts";
import { HASH_SIZE } from "../base/hash.ts";
import { MerkleLog } from "./merkle-log.ts";
import type { NodeReader } from "./merkle-proof.ts";

export const TILE_HEIGHT = 8;
export const TILE_WIDTH = 256;
/** Tile levels that a tree below 2^53 leaves can have: 0 .. 6. */
export const TILE_LEVELS = 7;

/** `width` hashes, 1 to 256, at `level`, from hash number `index` * 256. */
export type Tile = { readonly level: number; readonly index: number; readonly width: number };

/** Where the node (level, index) of the tree is: hashes first .. first+count-1 of a tile. */
export type PlaceInTile = {
  readonly level: number;
  readonly index: number;
  readonly first: number;
  readonly count: number;
};

export function tilePath(tile: Tile): string {
  const digits = String(tile.index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/\d{3}/g) ?? [];
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
  const suffix = tile.width === TILE_WIDTH ? "" : `.p/${tile.width}`;
  return `tile/${tile.level}/${name}${suffix}`;
}

/** The tile of a path, or null if `tilePath` writes no such path. */
export function parseTilePath(path: string): Tile | null {
  const found = /^tile\/(\d)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (found === null) return null;
  const level = Number(found[1]);
  const index = Number(found[2]?.replace(/[x/]/g, ""));
  const width = found[3] === undefined ? TILE_WIDTH : Number(found[3]);
  if (level >= TILE_LEVELS || width > TILE_WIDTH || !Number.isSafeInteger(index)) return null;
  const tile = { level, index, width };
  return tilePath(tile) === path ? tile : null;
}

/** How many hashes the row of tiles at `level` has in a tree of `size` leaves. */
export function hashesAtLevel(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level);
}

/** Width of a tile in a tree of `size` leaves, 0 to 256; 0 says there is no such tile. */
export function tileWidth(level: number, index: number, size: number): number {
  const beyond = hashesAtLevel(level, size) - index * TILE_WIDTH;
  return Math.max(0, Math.min(TILE_WIDTH, beyond));
}

/**
 * The tiles that a tree of `newSize` leaves has and that of `oldSize` had not, low levels first.
 */
export function tilesAdded(oldSize: number, newSize: number): Tile[] {
  return [...eachTileAdded(oldSize, newSize)];
}

/** The same one by one, for a size that somebody else states and need not be able to show. */
export function* eachTileAdded(oldSize: number, newSize: number): Generator<Tile> {
  assert(oldSize >= 0 && oldSize <= newSize, "a tree only grows");
  for (let level = 0; level < TILE_LEVELS; level++) {
    const before = hashesAtLevel(level, oldSize);
    const after = hashesAtLevel(level, newSize);
    if (before === after) break; // Then no level above has grown either.
    const last = Math.floor((after - 1) / TILE_WIDTH);
    for (let index = Math.floor(before / TILE_WIDTH); index <= last; index++) {
      yield { level, index, width: tileWidth(level, index, newSize) };
    }
  }
}

export function placeInTile(level: number, index: number): PlaceInTile {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level - tileLevel * TILE_HEIGHT);
  const hash = index * count;
  return {
    level: tileLevel,
    index: Math.floor(hash / TILE_WIDTH),
    first: hash % TILE_WIDTH,
    count,
  };
}

/**
 * A reader of nodes over the tiles of a tree of `size` leaves; `readTile` gives width * 32 bytes.
 */
export function nodesFromTiles(size: number, readTile: (tile: Tile) => Uint8Array): NodeReader {
  return (level, index) => {
    const place = placeInTile(level, index);
    const width = tileWidth(place.level, place.index, size);
    assert(place.first + place.count <= width, "a complete node lies within its tile");
    const bytes = readTile({ level: place.level, index: place.index, width });
    assert(bytes.length === width * HASH_SIZE, "a tile has as many hashes as its name says");
    return rootOfHashes(bytes, place.first, place.count);
  };
}

/** The tiles that `prove` reads, each once, for whoever has to fetch them before it can prove. */
export function tilesRead(size: number, prove: (read: NodeReader) => void): Tile[] {
  const tiles = new Map<string, Tile>();
  const nothing = new Uint8Array(HASH_SIZE);
  prove((level, index) => {
    const place = placeInTile(level, index);
    const width = tileWidth(place.level, place.index, size);
    const tile = { level: place.level, index: place.index, width };
    tiles.set(tilePath(tile), tile);
    return nothing;
  });
  return [...tiles.values()];
}

/** The root over hashes first .. first+count-1 of a tile; count is a power of two. */
export function rootOfHashes(tile: Uint8Array, first: number, count: number): Uint8Array {
  const log = new MerkleLog();
  for (let i = 0; i < count; i++) log.appendHash(tile, (first + i) * HASH_SIZE);
  return log.root();
}
