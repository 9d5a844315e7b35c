/**
 * Leaves: the leaf hashes of an export's input tree, from its tiles, once their root is the note's.
 *
 * They tell which record was changed: without them one would only know that some record was.
 */
import { equalBytes } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import type { ExportDir } from "../edges/export-dir.ts";
import type { Checkpoint } from "../proofs/checkpoint-note.ts";
import { MerkleLog } from "../proofs/merkle-log.ts";
import { eachTileAdded, rootOfHashes, type Tile } from "../proofs/merkle-tiles.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "../proofs/merkle-tiles.ts";
import { leafHash } from "../proofs/tree-hash.ts";
import { Lie } from "./lie.ts";

export class Leaves {
  private readonly dir: ExportDir;
  private readonly head: Checkpoint;
  private tile: Uint8Array = new Uint8Array(0);
  private tileIndex = -1;

  constructor(dir: ExportDir, head: Checkpoint) {
    this.dir = dir;
    this.head = head;
  }

  /** All tiles are there, agree with each other, and make the root that was signed. */
  checkRoot(): void {
    const { size, root } = this.head;
    const log = new MerkleLog();
    for (const tile of eachTileAdded(0, size)) {
      const bytes = this.read(tile);
      if (tile.level > 0) this.checkUpper(tile, bytes);
      else for (let i = 0; i < tile.width; i++) log.appendHash(bytes, i * HASH_SIZE);
    }
    if (!equalBytes(log.root(), root)) {
      throw new Lie("tile", 0, "the leaf hashes do not make the root of in.note");
    }
  }

  /** The record at `position` is the one that was signed for. */
  check(position: number, record: Uint8Array): void {
    const index = position - 1;
    if (index >= this.head.size) {
      throw new Lie("record", position, "it lies behind the signed head", record);
    }
    const tileIndex = Math.floor(index / TILE_WIDTH);
    if (tileIndex !== this.tileIndex) {
      const width = tileWidth(0, tileIndex, this.head.size);
      this.tile = this.read({ level: 0, index: tileIndex, width });
      this.tileIndex = tileIndex;
    }
    const at = (index % TILE_WIDTH) * HASH_SIZE;
    if (equalBytes(leafHash(record), this.tile.subarray(at, at + HASH_SIZE))) return;
    throw new Lie("record", position, "it is not the record that was signed for", record);
  }

  private read(tile: Tile): Uint8Array {
    const bytes = this.dir.readTile(tile);
    if (bytes === null) throw new Lie(tilePath(tile), 0, "it is missing");
    if (bytes.length !== tile.width * HASH_SIZE) throw new Lie(tilePath(tile), 0, "it is cut");
    return bytes;
  }

  private checkUpper(tile: Tile, bytes: Uint8Array): void {
    for (let i = 0; i < tile.width; i++) {
      const index = tile.index * TILE_WIDTH + i;
      const below = this.read({ level: tile.level - 1, index, width: TILE_WIDTH });
      const root = rootOfHashes(below, 0, TILE_WIDTH);
      if (equalBytes(root, bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE))) continue;
      throw new Lie(tilePath(tile), 0, `hash ${i} is not the root of the tile below it`);
    }
  }
}
