/**
 * ShardExport: writes a shard's export step by step, from where its store says it is.
 *
 *   in of the log -> segments        leaf hashes -> tiles        commitments, notes, then `latest`
 *
 * A step is written whole before anything says that it is there. Whoever begins a step again, after
 * a crash or beside another exporter, writes the same objects. One that ends between two borders
 * leaves parts, under names of their own; the step that ends at the next border is as if there had
 * been none. Nothing is published of a log whose records do not make the root that was signed.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { ExportStore, INPUT_NOTE, LATEST, STATE_NOTE } from "../edges/export-store.ts";
import { type InputBatch, type InputReader, LogFault } from "../edges/log.ts";
import { StoreConflict } from "../edges/object-store.ts";
import { seal } from "../edges/sealed-object.ts";
import type { Commitment } from "../proofs/commitment.ts";
import { encodeCommitmentChunk } from "../proofs/commitment-chunk.ts";
import { MerkleLog } from "../proofs/merkle-log.ts";
import { tilePath, tileWidth } from "../proofs/merkle-tiles.ts";
import { edgePlaces, TileEdge } from "../proofs/tile-edge.ts";
import { TreeHasher } from "../proofs/tree-hash.ts";
import { decodeLatest, encodeLatest, type ExportLatest } from "../protocol/export-latest.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { SEALED_INPUT } from "../protocol/sealed.ts";
import { noteSize, type Notes } from "./commitment-file.ts";
import type { ExportBorders } from "./export-borders.ts";
import { type CutSegment, SegmentCutter } from "./segment-cutter.ts";

/** What a checkpoint's notes say. */
export interface HeadsAt {
  readonly count: number;
  readonly position: number;
  readonly inputRoot: Uint8Array;
  readonly statesRoot: Uint8Array;
}

/** Roots may be public before records are (`publish_delay_ms`): then there is an export of each. */
export type ExportPart = "all" | "roots" | "records";

export interface ShardExportParts {
  readonly store: ExportStore;
  readonly venue: Uint8Array;
  readonly borders: ExportBorders;
  readonly part: ExportPart;
  /** Signed notes of such heads; null where they cannot be had. */
  readonly notesOf: (heads: HeadsAt) => Notes | null;
  readonly stop: AbortSignal;
}

const READ_BYTES = 1 << 17;
/** Hashed in one go: others share this thread. */
const COMMITMENTS_AT_ONCE = 2000;

export class ShardExport {
  private readonly parts: ShardExportParts;
  private readonly hasher = new TreeHasher();
  private readonly leaf = new Uint8Array(32);
  private readonly record = new RecordView();
  private readonly states = new MerkleLog();
  private readonly edge: TileEdge;
  private readonly cutter: SegmentCutter;
  /** Commitments up to the last border. */
  private border: number;
  /** Commitments whose step is written, and the records that they cover. */
  count: number;
  position: number;

  private constructor(parts: ShardExportParts, count: number, edge: TileEdge) {
    this.parts = parts;
    this.count = this.border = count;
    this.edge = edge;
    this.cutter = new SegmentCutter(parts.store.shard, parts.venue);
    this.position = edge.size;
  }

  /**
   * Continues where the store is; null while our own commitments don't reach as far. Throws
   * StoreConflict if the store is of another venue.
   */
  static async open(parts: ShardExportParts): Promise<ShardExport | null> {
    const { store, venue, borders, part } = parts;
    const latest = await readLatest(store, venue);
    const stateNote = await store.get(STATE_NOTE);
    const inputNote = await store.get(INPUT_NOTE);
    const noted = stateNote === null ? 0 : noteSize(stateNote);
    const written = part === "roots" ? noted : (latest?.commitments ?? 0);
    if (written > borders.count) return null;
    const count = borders.last(written);
    const size = inputNote === null ? 0 : noteSize(inputNote);
    const edge = await restoreEdge(store, borders.position(count), size);
    const isOurs =
      edge !== null && (count === 0 || equalBytes(edge.root(), borders.at(count - 1).inputRoot));
    const made = isOurs
      ? new ShardExport(parts, count, edge)
      : new ShardExport(parts, 0, new TileEdge());
    await made.followCommitments(made.count);
    return made;
  }

  /**
   * Writes what commitments up to `count` cover as one step; `isCut` where the shards of this
   * export end together there. False when asked to stop. After that, or a fault, open it anew.
   */
  async step(input: InputReader, count: number, isCut: boolean): Promise<boolean> {
    const { borders, part } = this.parts;
    const isBorder = borders.last(count) === count;
    const to = borders.at(count - 1);
    for (let number = this.count; number < count; number++) {
      if (!(await this.copyChecked(input, borders.at(number)))) return false;
    }
    const rest = isBorder ? this.cutter.finish() : this.cutter.rest();
    if (rest !== null) await this.writeSegment(rest, isBorder);
    await this.followCommitments(count);
    if (part !== "records") await this.writeRoots(this.border, isBorder);
    const isSigned = part === "records" || (await this.writeNotes(to));
    if (part !== "roots" && isSigned) await this.writeLatest(to, isCut);
    this.count = count;
    this.position = to.position;
    if (isBorder) this.border = count;
    return true;
  }

  /** Nothing is written of records before they are seen to be those of their commitment. */
  private async copyChecked(
    input: InputReader,
    { position, inputRoot }: Commitment,
  ): Promise<boolean> {
    const filled: CutSegment[] = [];
    while (this.edge.size < position) {
      const batch = await input.read(this.edge.size, READ_BYTES, this.parts.stop);
      if (batch === null || this.parts.stop.aborted) return false;
      this.take(batch, position, (bytes) => {
        if (this.parts.part === "roots") return;
        const segment = this.cutter.add(bytes, this.edge.size, this.record);
        if (segment !== null) filled.push(segment);
      });
      await new Promise(setImmediate);
    }
    if (!equalBytes(this.edge.root(), inputRoot)) {
      throw new LogFault(`in: records up to ${position} do not make the root that was signed`);
    }
    for (const segment of filled) await this.writeSegment(segment, true);
    return true;
  }

  /** Records of the batch up to `position`, one by one, each a leaf already. */
  private take(batch: InputBatch, position: number, each: (bytes: Uint8Array) => void): void {
    const { edge, record, leaf } = this;
    const view = viewOf(batch.bytes);
    for (let at = 0, i = 0; i < batch.count && edge.size < position; i++) {
      const wrong = readRecord(view, at, record);
      if (wrong !== "") throw new LogFault(`in, position ${edge.size + 1}: ${wrong}`);
      const bytes = batch.bytes.subarray(at, record.end);
      this.hasher.leaf(bytes, leaf, 0);
      edge.append(leaf);
      each(bytes);
      at = record.end;
    }
  }

  private async writeSegment(segment: CutSegment, isWhole: boolean): Promise<void> {
    const { first, last, rulesVersion, bytes } = segment;
    const { store, venue } = this.parts;
    const { shard } = store;
    const place = { kind: SEALED_INPUT, shard, first, last, rulesVersion, venue };
    const name = isWhole
      ? ExportStore.segmentName(first)
      : ExportStore.partSegmentName(first, last);
    await store.createSealed(name, await seal(place, bytes));
  }

  private async writeRoots(from: number, isBorder: boolean): Promise<void> {
    const { store, borders } = this.parts;
    for (const { tile, bytes } of this.edge.takeFull()) {
      await store.create(tilePath(tile), bytes);
    }
    const to = this.states.size;
    const entries: Uint8Array[] = [];
    for (let number = from; number < to; number++) entries.push(borders.bytes(number));
    const chunk = encodeCommitmentChunk({ shard: store.shard, first: from, entries });
    const name = isBorder ? ExportStore.chunkName(from) : ExportStore.partChunkName(from, to - 1);
    await store.create(name, chunk);
  }

  /** The input tree's first: a reader that begins with the other finds it as far at least. */
  private async writeNotes({ position, inputRoot }: Commitment): Promise<boolean> {
    const { store, notesOf } = this.parts;
    const statesRoot = this.states.root();
    const notes = notesOf({ count: this.states.size, position, inputRoot, statesRoot });
    if (notes === null) return false;
    for (const { tile, bytes } of this.edge.takePartial()) {
      await store.create(tilePath(tile), bytes);
    }
    await store.advance(INPUT_NOTE, notes.input, noteSize);
    await store.advance(STATE_NOTE, notes.state, noteSize);
    return true;
  }

  private async writeLatest(to: Commitment, isCut: boolean): Promise<void> {
    const { store, venue } = this.parts;
    const latest: ExportLatest = {
      venue: venue.toHex(),
      shard: store.shard,
      rulesVersion: to.governing.current.version,
      records: to.position,
      commitments: this.states.size,
      isCut,
    };
    await store.advance(LATEST, encodeLatest(latest), latestRank);
  }

  private async followCommitments(count: number): Promise<void> {
    while (this.states.size < count) {
      this.states.append(this.parts.borders.bytes(this.states.size));
      if (this.states.size % COMMITMENTS_AT_ONCE === 0) await new Promise(setImmediate);
    }
  }
}

/** How far the export of this venue's shard goes, or null before its first step. */
export async function readLatest(
  store: ExportStore,
  venue: Uint8Array,
): Promise<ExportLatest | null> {
  const bytes = await store.get(LATEST);
  if (bytes === null) return null;
  const latest = decodeLatest(bytes);
  const place = `shard-${store.shard}/${LATEST} in ${store.store.describe}`;
  if (typeof latest === "string") throw new StoreConflict(`${place}: ${latest}`);
  if (latest.venue === venue.toHex() && latest.shard === store.shard) return latest;
  throw new StoreConflict(`${place}: the export of another venue lies here; name another place`);
}

/** An export that runs on says more than one that was cut there. */
function latestRank(bytes: Uint8Array): number {
  const latest = decodeLatest(bytes);
  if (typeof latest === "string") throw new StoreConflict(`${LATEST}: ${latest}`);
  return latest.records * 2 + (latest.isCut ? 0 : 1);
}

/** From the tiles of the tree of `size` leaves, which is as large or larger. */
async function restoreEdge(
  store: ExportStore,
  position: number,
  size: number,
): Promise<TileEdge | null> {
  if (size < position) return null;
  const tiles: (Uint8Array | null)[] = [];
  for (const { level, index } of edgePlaces(position)) {
    tiles.push(await store.getTile({ level, index, width: tileWidth(level, index, size) }));
  }
  return TileEdge.restore(position, tiles);
}
