/**
 * InputArchive: records of `in` from the export, for whoever needs what the log has let go of.
 *
 *   note, signed by the checkpoint key of genesis -> size and root -> tiles -> leaf hashes
 *   segment -> record -> its leaf hash: the same? Only then is it handed out
 *
 * So a wrong export is named, and never executed. It costs one hash per record.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import { type InputBatch, LogFault } from "../edges/log.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { type Checkpoint, openCheckpoint } from "../proofs/checkpoint-note.ts";
import { inputOrigin } from "../proofs/checkpointer.ts";
import { noteKey } from "../proofs/signed-note.ts";
import { leafHash } from "../proofs/tree-hash.ts";
import { TrustedTiles, WrongTile } from "./trusted-tiles.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import {
  decodeSegmentHeader,
  EntryView,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
  scanEntry,
} from "../protocol/segment.ts";
import type { ExportSource } from "./export-source.ts";

/** The export is not what was signed: which object of it, and what is wrong. */
export class WrongExport extends LogFault {
  override readonly name = "WrongExport";
}

export interface InputArchiveParts {
  readonly source: ExportSource;
  readonly shard: number;
  readonly venue: Uint8Array;
  readonly genesis: Genesis;
  readonly openVerifier: () => Promise<SignatureVerifier>;
}

/** Where in a segment we are. */
interface Place {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Of the next entry, and the position that it begins with. */
  at: number;
  next: number;
}

interface Head {
  /** Records that are there, and covered. */
  readonly size: number;
  readonly tiles: TrustedTiles;
}

export class InputArchive {
  private readonly parts: InputArchiveParts;
  private verifier: SignatureVerifier | null = null;
  private head: Head | null = null;
  private place: Place | null = null;

  constructor(parts: InputArchiveParts) {
    this.parts = parts;
  }

  /** Records that are exported under a signed head. Throws WrongExport. */
  async covered(): Promise<number> {
    const checkpoint = await this.checkpoint();
    return checkpoint === null ? 0 : Math.min(checkpoint.size, await this.parts.source.records());
  }

  /**
   * Records behind position `after`, those of one entry at most; null where the export does not
   * reach. Each is the one that was signed for. Throws WrongExport.
   */
  async read(after: number): Promise<InputBatch | null> {
    if (this.head === null || after >= this.head.size) this.head = await this.openHead();
    const { head } = this;
    if (head === null || after >= head.size) return null;
    const place = await this.seek(after + 1);
    const entry = this.entryOf(place, after + 1);
    const bytes = await this.checked(place, entry, { after, head });
    const count = Math.min(entry.last, head.size) - after;
    place.at = entry.end;
    place.next = entry.last + 1;
    return { first: after + 1, count, bytes };
  }

  private async checkpoint(): Promise<Checkpoint | null> {
    const { source, venue, genesis, shard, openVerifier } = this.parts;
    const note = await source.note();
    if (note === null) return null;
    const verifier = (this.verifier ??= await openVerifier());
    const venueHex = venue.toHex();
    const opened = openCheckpoint(note, {
      origin: inputOrigin(venueHex, shard),
      keys: [noteKey(venueHex, genesis.checkpointKey)],
      verify: (message, signature, key) => verifier.verify(message, signature, key),
    });
    if (!opened.ok) throw this.wrong("in.note", opened.reason);
    return opened.checkpoint;
  }

  private async openHead(): Promise<Head | null> {
    const checkpoint = await this.checkpoint();
    if (checkpoint === null) return null;
    const { size, root } = checkpoint;
    const { source } = this.parts;
    const records = await source.records();
    return this.named(async () => {
      const tiles = await TrustedTiles.open(size, root, (tile) => source.tile(tile));
      return { size: Math.min(size, records), tiles };
    });
  }

  private async named<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      if (!(error instanceof WrongTile)) throw error;
      throw new WrongExport(`the export at ${this.parts.source.describe}: ${error.message}`);
    }
  }

  private async seek(position: number): Promise<Place> {
    const { place } = this;
    if (place !== null && place.next === position && place.at < place.bytes.length) return place;
    const { source, shard, venue } = this.parts;
    const segment = await source.segment(position);
    if (typeof segment === "string") throw this.wrong("in", segment);
    const { name, bytes } = segment;
    const header = decodeSegmentHeader(bytes);
    if (typeof header === "string") throw this.wrong(name, header);
    const isOurs =
      header.kind === SEGMENT_INPUT &&
      header.shard === shard &&
      header.salt === 0 &&
      header.first <= position &&
      equalBytes(header.venue, venue);
    if (!isOurs) throw this.wrong(name, "its header is that of another one");
    this.place = { name, bytes, at: SEGMENT_HEADER_SIZE, next: header.first };
    return this.place;
  }

  /** The entry that holds `position`, at `place` or behind it. */
  private entryOf(place: Place, position: number): EntryView {
    const entry = new EntryView();
    for (;;) {
      const wrong = scanEntry(place.bytes, place.at, 0, entry);
      if (wrong !== "") throw this.wrong(place.name, `position ${place.next}: ${wrong}`);
      if (entry.kind !== SEGMENT_INPUT || entry.first !== place.next) {
        throw this.wrong(place.name, `its entry of position ${place.next} names another place`);
      }
      if (entry.last >= position) return entry;
      place.at = entry.end;
      place.next = entry.last + 1;
    }
  }

  /** Bytes of the entry's records behind `after` that the head covers, each compared. */
  private async checked(
    place: Place,
    entry: EntryView,
    { after, head }: { after: number; head: Head },
  ): Promise<Uint8Array> {
    const bytes = place.bytes.subarray(entry.begin, entry.end);
    const view = viewOf(bytes);
    const record = new RecordView();
    let from = 0;
    let at = 0;
    for (let position = entry.first; position <= Math.min(entry.last, head.size); position++) {
      const broken = readRecord(view, at, record);
      if (broken !== "") throw this.wrong(place.name, `record ${position}: ${broken}`);
      if (position === after + 1) from = at;
      if (position > after) {
        const leaf = await this.named(() => head.tiles.leaf(position - 1));
        if (!equalBytes(leafHash(bytes.subarray(at, record.end)), leaf)) {
          throw this.wrong(place.name, `record ${position} is not the one that was signed for`);
        }
      }
      at = record.end;
    }
    return bytes.subarray(from, at);
  }

  private wrong(object: string, why: string): WrongExport {
    return new WrongExport(`the export at ${this.parts.source.describe}: ${object}: ${why}`);
  }
}
