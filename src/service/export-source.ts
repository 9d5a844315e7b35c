/**
 * ExportSource: what a service takes from a shard's export: signed head, tiles, and the segment
 * that holds a position. Nothing of it is believed here; see input-archive.ts.
 */
import { viewOf } from "../base/bytes.ts";
import { INPUT_NOTE, LATEST, SEGMENT_SIZE_MAX } from "../edges/export-store.ts";
import type { ExportStore, NamedSegment } from "../edges/export-store.ts";
import { unseal } from "../edges/sealed-object.ts";
import type { Tile } from "../proofs/merkle-tiles.ts";
import { EntryView, scanEntry, SEGMENT_HEADER_SIZE } from "../protocol/segment.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { decodeLatest } from "../protocol/export-latest.ts";

/** A segment's name and its bytes, unpacked. */
export interface FoundSegment {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export class ExportSource {
  readonly describe: string;
  private readonly store: ExportStore;
  /** As they were listed last. */
  private names: NamedSegment[] = [];

  constructor(store: ExportStore) {
    this.store = store;
    this.describe = `${store.store.describe}, shard ${store.shard}`;
  }

  /** The signed head of the input tree, or null before the first export. */
  note(): Promise<Uint8Array | null> {
    return this.store.get(INPUT_NOTE);
  }

  /** Records that are there, which may be fewer than the head covers; 0 for none. */
  async records(): Promise<number> {
    const bytes = await this.store.get(LATEST);
    const latest = bytes === null ? "" : decodeLatest(bytes);
    return typeof latest === "string" ? 0 : latest.records;
  }

  /** Whether it holds, signed or not, what lies beyond a position: nothing else fits there then. */
  async reachesBeyond(position: number): Promise<boolean> {
    const note = await this.note();
    const size = note === null ? 0 : Number(new TextDecoder().decode(note).split("\n")[1]);
    if (size > position) return true;
    const names = await this.store.segments();
    if (names.some(({ first, last }) => (last ?? first) > position)) return true;
    // A whole one may begin before it, and where it ends it says inside.
    const whole = names.findLast(({ last }) => last === null);
    const object = whole === undefined ? null : await this.store.get(whole.name);
    const unsealed = object === null ? "" : unseal(object, SEGMENT_SIZE_MAX);
    return typeof unsealed !== "string" && unsealed.header.last > position;
  }

  /** Record 1, by its own word; null where there is no export. */
  async firstRecord(): Promise<Uint8Array | null> {
    const segment = await this.segment(1);
    if (typeof segment === "string") return null;
    const entry = new EntryView();
    const { bytes } = segment;
    if (scanEntry(bytes, SEGMENT_HEADER_SIZE, 0, entry) !== "") return null;
    const record = new RecordView();
    const pack = bytes.subarray(entry.begin, entry.end);
    return readRecord(viewOf(pack), 0, record) === "" ? pack.slice(0, record.end) : null;
  }

  tile(tile: Tile): Promise<Uint8Array | null> {
    return this.store.getTile(tile);
  }

  /** The segment that holds this position, or a sentence about why there is none. */
  async segment(position: number): Promise<FoundSegment | string> {
    const known = await this.find(position);
    if (typeof known !== "string") return known;
    this.names = await this.store.segments();
    return this.find(position);
  }

  /** The newest that begins before it and reaches so far; whole ones and parts overlap. */
  private async find(position: number): Promise<FoundSegment | string> {
    let why = `no segment holds position ${position}`;
    for (const { name, first, last } of this.names.toReversed()) {
      if (first > position || (last !== null && last < position)) continue;
      const object = await this.store.get(name);
      const unsealed = object === null ? "it is gone" : unseal(object, SEGMENT_SIZE_MAX);
      if (typeof unsealed === "string") why = `${name}: ${unsealed}`;
      else if (unsealed.wrong !== "") why = `${name}: ${unsealed.wrong}`;
      else if (unsealed.header.last >= position) return { name, bytes: unsealed.bytes };
      // A whole one that begins before ends before: nothing older reaches further.
      if (last === null) break;
    }
    return why;
  }
}
