/**
 * Leaves: the leaf hashes of an export's input tree, from its tiles, once their root is the note's.
 *
 * They tell which record was changed: without them one would only know that some record was.
 */
import { equalBytes } from "../base/bytes.ts";
import { HASH_SIZE } from "../base/hash.ts";
import type { ExportStore } from "../edges/export-store.ts";
import type { Checkpoint } from "../proofs/checkpoint-note.ts";
import { MerkleLog } from "../proofs/merkle-log.ts";
import { eachTileAdded, rootOfHashes, type Tile } from "../proofs/merkle-tiles.ts";
import { TILE_WIDTH, tilePath, tileWidth } from "../proofs/merkle-tiles.ts";
import { leafHash } from "../proofs/tree-hash.ts";
import { Lie } from "./lie.ts";

export class Leaves {
  private readonly store: ExportStore;
  private readonly head: Checkpoint;
  /** Leaf hashes from leaf `from` on, as loaded last. */
  private loaded: Uint8Array = new Uint8Array(0);
  private from = 0;

  constructor(store: ExportStore, head: Checkpoint) {
    this.store = store;
    this.head = head;
  }

  /**
   * All tiles are there, agree with each other, and make the root that was signed. Gives the root
   * over the first `size` of them.
   */
  async checkRoot(size: number): Promise<Uint8Array> {
    const log = new MerkleLog();
    let rootThere = log.root();
    for (const tile of eachTileAdded(0, this.head.size)) {
      const bytes = await this.read(tile);
      if (tile.level > 0) await this.checkUpper(tile, bytes);
      for (let i = 0; tile.level === 0 && i < tile.width; i++) {
        log.appendHash(bytes, i * HASH_SIZE);
        if (log.size === size) rootThere = log.root();
      }
    }
    if (!equalBytes(log.root(), this.head.root)) {
      throw new Lie("tile", 0, "the leaf hashes do not make the root of in.note");
    }
    return rootThere;
  }

  /** Makes positions `first` to `last` ready for `check`, as far as the signed head goes. */
  async load(first: number, last: number): Promise<void> {
    const end = Math.min(last, this.head.size);
    const firstTile = Math.floor((first - 1) / TILE_WIDTH);
    const parts: Uint8Array[] = [];
    for (let index = firstTile; index * TILE_WIDTH < end; index++) {
      const width = tileWidth(0, index, this.head.size);
      parts.push(await this.read({ level: 0, index, width }));
    }
    this.loaded = Buffer.concat(parts);
    this.from = firstTile * TILE_WIDTH;
  }

  /** The record at `position` is the one that was signed for. */
  check(position: number, record: Uint8Array): void {
    const at = (position - 1 - this.from) * HASH_SIZE;
    if (position > this.head.size || at + HASH_SIZE > this.loaded.length) {
      throw new Lie("record", position, "it lies behind the signed head", record);
    }
    if (equalBytes(leafHash(record), this.loaded.subarray(at, at + HASH_SIZE))) return;
    throw new Lie("record", position, "it is not the record that was signed for", record);
  }

  private async read(tile: Tile): Promise<Uint8Array> {
    const bytes = await this.store.getTile(tile);
    if (bytes === null) throw new Lie(tilePath(tile), 0, "it is missing");
    if (bytes.length !== tile.width * HASH_SIZE) throw new Lie(tilePath(tile), 0, "it is cut");
    return bytes;
  }

  private async checkUpper(tile: Tile, bytes: Uint8Array): Promise<void> {
    for (let i = 0; i < tile.width; i++) {
      const index = tile.index * TILE_WIDTH + i;
      const below = await this.read({ level: tile.level - 1, index, width: TILE_WIDTH });
      const root = rootOfHashes(below, 0, TILE_WIDTH);
      if (equalBytes(root, bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE))) continue;
      throw new Lie(tilePath(tile), 0, `hash ${i} is not the root of the tile below it`);
    }
  }
}
