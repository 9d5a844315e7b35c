/**
 * ExportStore: a shard's part of an export, and the names in it, once for writer and reader.
 *
 *   shard-<s>/latest                       how far it goes (protocol/export-latest.ts)
 *   shard-<s>/in.note  state.note          signed heads of the two trees
 *   shard-<s>/in/<first>.zst               records of `in` (protocol/sealed.ts)
 *   shard-<s>/commitments/<first>          commitments (proofs/commitment-chunk.ts)
 *   shard-<s>/tile/<level>/<index>         hashes of the input tree (C2SP tlog-tiles)
 *   shard-<s>/snapshot/<position>.zst      state behind a commitment (protocol/sealed.ts)
 *   ...<first>.p/<last>[.zst]              the same for an export that ends between two borders
 *   shard-<s>/restored/<generation>        a log was made anew of it: "<position> <generation>"
 *
 * Numbers have 20 digits. The first three move on, by compare-and-set and never back; all else is
 * created once. Names and bytes follow from the log alone, so whoever exports makes the same.
 */
import { equalBytes } from "../base/bytes.ts";
import { type Tile, tilePath } from "../proofs/merkle-tiles.ts";
import type { Restored } from "./log.ts";
import { type ObjectStore, StoreConflict, StoreFault, StoreUnreachable } from "./object-store.ts";
import { isSameSealed } from "./sealed-object.ts";

export const LATEST = "latest";
export const INPUT_NOTE = "in.note";
export const STATE_NOTE = "state.note";

/** A segment ends behind the record that makes it this large, or where a step ends. */
export const SEGMENT_BYTES = 1 << 24;
/** A segment and its last entry. */
export const SEGMENT_SIZE_MAX = SEGMENT_BYTES + (1 << 20);

const MOVES_MAX = 100;
const NEAR_DIGITS = 3;

export interface NamedSegment {
  readonly name: string;
  readonly first: number;
  /** Of a part; a whole one says it inside. */
  readonly last: number | null;
}

export class ExportStore {
  readonly shard: number;
  readonly store: ObjectStore;
  /** Bytes of objects that were created here. */
  written = 0;

  constructor(store: ObjectStore, shard: number) {
    this.store = store;
    this.shard = shard;
  }

  /** The shards that an export has, rising. */
  static async shardsIn(store: ObjectStore): Promise<number[]> {
    const names = await store.listPart("shard-");
    const ids = names.map((name) => Number(/^shard-(\d{1,5})\/?$/.exec(name)?.[1] ?? 0));
    return ids.filter((id) => id > 0).sort((a, b) => a - b);
  }

  static segmentName(first: number): string {
    return `in/${digits(first)}.zst`;
  }

  static partSegmentName(first: number, last: number): string {
    return `in/${digits(first)}.p/${digits(last)}.zst`;
  }

  static chunkName(first: number): string {
    return `commitments/${digits(first)}`;
  }

  static partChunkName(first: number, last: number): string {
    return `commitments/${digits(first)}.p/${digits(last)}`;
  }

  static snapshotName(position: number): string {
    return `snapshot/${digits(position)}.zst`;
  }

  /** Positions of its snapshots, rising. */
  async snapshots(): Promise<number[]> {
    const names = await this.store.list(this.full("snapshot/"));
    return names
      .map((name) => Number(/(\d{20})\.zst$/.exec(name)?.[1] ?? 0))
      .filter((at) => at > 0);
  }

  /** Generations of the logs that were made anew of it, as far as it was told. */
  async restored(): Promise<number[]> {
    const names = await this.store.list(this.full("restored/"));
    return names.map((name) => Number(/(\d{20})$/.exec(name)?.[1] ?? 0));
  }

  /** Says that one is about to be made; "", or why it cannot be told: it may be for reading only. */
  async tellRestored({ position, generation }: Restored): Promise<string> {
    const text = `${position} ${generation}\n`;
    try {
      await this.create(`restored/${digits(generation)}`, new TextEncoder().encode(text));
      return "";
    } catch (error) {
      if (error instanceof StoreFault) return error.message;
      throw error;
    }
  }

  /** Number of the first commitment of the object that holds this one, by its name, or null. */
  async chunkOf(number: number): Promise<number | null> {
    const name = ExportStore.chunkName(number);
    // A list of all would be long: names near it first.
    for (let cut = NEAR_DIGITS; ; cut += NEAR_DIGITS) {
      const begin = Math.max("commitments/".length, name.length - cut);
      const names = await this.store.list(this.full(name.slice(0, begin)));
      const firsts = names.map((full) => Number(/commitments\/(\d{20})/.exec(full)?.[1] ?? NaN));
      const found = Math.max(...firsts.filter((first) => first <= number));
      if (found !== Number.NEGATIVE_INFINITY) return found;
      if (begin === "commitments/".length) return null;
    }
  }

  /** What its segments say of themselves by their names, rising; a whole one before its parts. */
  async segments(): Promise<NamedSegment[]> {
    const names = await this.store.list(this.full("in/"));
    const found: NamedSegment[] = [];
    for (const full of names) {
      const parts = /(in\/(\d{20})(?:\.p\/(\d{20}))?\.zst)$/.exec(full);
      if (parts === null) continue;
      const [, name = "", first, last] = parts;
      found.push({ name, first: Number(first), last: last === undefined ? null : Number(last) });
    }
    return found.sort((a, b) => a.first - b.first || (a.last ?? 0) - (b.last ?? 0));
  }

  async get(name: string): Promise<Uint8Array<ArrayBuffer> | null> {
    return (await this.store.get(this.full(name)))?.bytes ?? null;
  }

  getTile(tile: Tile): Promise<Uint8Array | null> {
    return this.get(tilePath(tile));
  }

  async create(name: string, bytes: Uint8Array): Promise<void> {
    const created = await this.store.createOnly(this.full(name), bytes);
    if (created === "differs") throw this.conflict(name);
    if (created === "created") this.written += bytes.length;
  }

  async createSealed(name: string, object: Uint8Array): Promise<void> {
    const created = await this.store.createOnly(this.full(name), object);
    if (created === "created") this.written += object.length;
    if (created !== "differs") return;
    const theirs = await this.get(name);
    if (theirs === null || !isSameSealed(object, theirs)) throw this.conflict(name);
  }

  /**
   * Moves a pointer to `bytes` unless it is as far already, by `rank`. Two of the same rank must be
   * the same, or there are two truths.
   */
  async advance(
    name: string,
    bytes: Uint8Array,
    rank: (bytes: Uint8Array) => number,
  ): Promise<boolean> {
    const full = this.full(name);
    const own = rank(bytes);
    for (let i = 0; i < MOVES_MAX; i++) {
      const known = await this.store.get(full);
      const theirs = known === null ? -1 : rank(known.bytes);
      if (theirs > own) return false;
      if (known !== null && theirs === own) {
        if (equalBytes(known.bytes, bytes)) return false;
        throw this.conflict(name);
      }
      const swapped = await this.store.swap(full, known?.version ?? null, bytes);
      if (swapped.isSwapped) return true;
    }
    throw new StoreUnreachable(`${full} moved under us ${MOVES_MAX} times`);
  }

  private conflict(name: string): StoreConflict {
    return new StoreConflict(
      `${this.full(name)} in ${this.store.describe}: another export lies here; name another place`,
    );
  }

  private full(name: string): string {
    return `shard-${this.shard}/${name}`;
  }
}

function digits(number: number): string {
  return String(number).padStart(20, "0");
}
