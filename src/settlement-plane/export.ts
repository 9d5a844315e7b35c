/**
 * Export: everything that a stranger needs to check a shard, up to its newest checkpoint.
 *
 *   in of the log -> segments        leaf hashes -> tiles        settlement's commitments and notes
 *
 * Borders of entries and segments follow from the records, not from how they were packed, so that
 * the same log gives the same objects whoever exports it.
 */
import { viewOf } from "../base/bytes.ts";
import type { InputReader, ShardLog } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import { COMMITMENTS, ExportDir, INPUT_NOTE, STATE_NOTE } from "../edges/export-dir.ts";
import { decodeCommitment } from "../proofs/commitment.ts";
import { nodesFromLeaves } from "../proofs/merkle-proof.ts";
import { type Tile, TILE_HEIGHT, TILE_WIDTH, tilesAdded } from "../proofs/merkle-tiles.ts";
import { leafHash } from "../proofs/tree-hash.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { encodeEntry, encodeSegmentHeader, SEGMENT_INPUT } from "../protocol/segment.ts";
import { type Published, readPublished } from "./commitment-file.ts";

export interface ExportParts {
  readonly log: ShardLog;
  readonly venue: Uint8Array;
  /** Where this shard's settlement keeps its commitments. */
  readonly settlementDir: string;
  /** The checkpoint up to which; the newest there if absent. */
  readonly published?: Published;
  readonly out: string;
}

export interface Exported {
  readonly shard: number;
  readonly records: number;
  readonly checkpoints: number;
  readonly bytes: number;
}

const ENTRY_BYTES = 1 << 18;
const SEGMENT_BYTES = 1 << 26;
const READ_BYTES = 1 << 20;

/** Throws LogFault when there is no checkpoint yet, or when another export lies in `out`. */
export async function exportShard(parts: ExportParts): Promise<Exported> {
  const { log, settlementDir, out } = parts;
  const published = parts.published ?? (await readPublished(settlementDir));
  if (published === null) throw new LogFault(`shard ${log.shard} has no checkpoint yet`);
  const last = published.entries.at(-1);
  const commitment = last === undefined ? "there is none" : decodeCommitment(last);
  if (typeof commitment === "string") throw new LogFault(`commitment: ${commitment}`);
  const dir = new ExportDir(out, log.shard);
  const writer = new SegmentWriter(dir, log.shard, parts.venue);
  const leaves = new Uint8Array(commitment.position * 32);
  const input = await log.openRestReader();
  await copyRecords(input, commitment.position, (record, position, logTime) => {
    writer.add(record, position, logTime);
    leaves.set(leafHash(record), (position - 1) * 32);
  });
  await input.close();
  writer.finish();
  writeTiles(dir, leaves, commitment.position);
  dir.replace(COMMITMENTS, published.bytes);
  dir.replace(INPUT_NOTE, published.notes.input);
  dir.replace(STATE_NOTE, published.notes.state);
  const { position } = commitment;
  return {
    shard: log.shard,
    records: position,
    checkpoints: published.entries.length,
    bytes: writer.written,
  };
}

async function copyRecords(
  input: InputReader,
  upTo: number,
  take: (record: Uint8Array, position: number, logTime: number) => void,
): Promise<void> {
  const never = new AbortController().signal;
  const record = new RecordView();
  for (let position = 0; position < upTo; ) {
    const batch = await input.read(position, READ_BYTES, never);
    if (batch === null) return;
    const view = viewOf(batch.bytes);
    for (let at = 0, i = 0; i < batch.count && position < upTo; i++) {
      const wrong = readRecord(view, at, record);
      if (wrong !== "") throw new LogFault(`in, position ${position + 1}: ${wrong}`);
      position++;
      take(batch.bytes.subarray(at, record.end), position, record.logTime);
      at = record.end;
    }
  }
}

/** Gathers records into entries of about 256 KiB and entries into segments of about 64 MiB. */
class SegmentWriter {
  private readonly dir: ExportDir;
  private readonly shard: number;
  private readonly venue: Uint8Array;
  private parts: Uint8Array[] = [];
  private segmentFirst = 1;
  private segmentBytes = 0;
  private entry: Uint8Array[] = [];
  private entryFirst = 1;
  private entryBytes = 0;
  private entryTime = 0;
  written = 0;

  constructor(dir: ExportDir, shard: number, venue: Uint8Array) {
    this.dir = dir;
    this.shard = shard;
    this.venue = venue;
  }

  add(record: Uint8Array, position: number, logTime: number): void {
    if (this.entry.length === 0) {
      this.entryFirst = position;
      this.entryTime = logTime;
    }
    this.entry.push(record.slice());
    this.entryBytes += record.length;
    if (this.entryBytes >= ENTRY_BYTES) this.sealEntry();
    if (this.segmentBytes >= SEGMENT_BYTES) this.sealSegment(position + 1);
  }

  finish(): void {
    this.sealEntry();
    if (this.parts.length > 0) this.sealSegment(0);
  }

  private sealEntry(): void {
    if (this.entry.length === 0) return;
    const payload = concat(this.entry, this.entryBytes);
    const { entryFirst: first, entryTime: logTime } = this;
    const header = { kind: SEGMENT_INPUT, first, count: this.entry.length, logTime };
    const bytes = encodeEntry(header, payload, 0);
    this.parts.push(bytes);
    this.segmentBytes += bytes.length;
    this.entry = [];
    this.entryBytes = 0;
  }

  private sealSegment(next: number): void {
    const { shard, venue, segmentFirst: first } = this;
    const head = encodeSegmentHeader({ kind: SEGMENT_INPUT, shard, first, salt: 0, venue });
    const bytes = concat([head, ...this.parts], head.length + this.segmentBytes);
    this.dir.writeSegment(first, bytes);
    this.written += bytes.length;
    this.parts = [];
    this.segmentBytes = 0;
    this.segmentFirst = next;
  }
}

function concat(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function writeTiles(dir: ExportDir, leaves: Uint8Array, size: number): void {
  const node = nodesFromLeaves(leaves);
  for (const tile of tilesAdded(0, size)) dir.writeTile(tile, tileBytes(tile, node));
}

function tileBytes(tile: Tile, node: (level: number, index: number) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(tile.width * 32);
  for (let i = 0; i < tile.width; i++) {
    bytes.set(node(tile.level * TILE_HEIGHT, tile.index * TILE_WIDTH + i), i * 32);
  }
  return bytes;
}
