/**
 * CommitmentReader: the commitments of an export, compared one by one with those recomputed; and
 * those beyond, whose records are not public yet, held against the signed head.
 */
import { equalBytes } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import { ExportStore } from "../edges/export-store.ts";
import { type Commitment, decodeCommitment } from "../proofs/commitment.ts";
import { decodeCommitmentChunk } from "../proofs/commitment-chunk.ts";
import { MerkleLog } from "../proofs/merkle-log.ts";
import { Lie } from "./lie.ts";

/** What the last of an export's commitments says, and the root over all of them. */
export interface CommitmentsEnd {
  readonly last: Commitment;
  readonly root: Uint8Array;
}

export class CommitmentReader {
  private readonly store: ExportStore;
  /** How many the signed head covers. */
  private readonly size: number;
  private readonly states = new MerkleLog();
  private entries: Uint8Array[] = [];
  /** Number of the next that is compared, and of the one behind those in `entries`. */
  private number = 0;
  private loaded = 0;
  private previous: Uint8Array<ArrayBuffer> = new Uint8Array(32);
  private taken: Commitment | null = null;

  constructor(store: ExportStore, size: number) {
    this.store = store;
    this.size = size;
  }

  /** The next commitment must be this one, byte for byte. */
  check(computed: Uint8Array): void {
    const number = this.number;
    const entry = this.next();
    if (equalBytes(entry, computed)) return;
    const decoded = decodeCommitment(entry);
    const why = typeof decoded === "string" ? decoded : differenceOf(entry, computed);
    throw new Lie("commitment", number, why, entry);
  }

  /** Makes those ready that cover records up to `position`, and the one behind them. */
  async load(position: number): Promise<void> {
    while (this.loaded < this.size) {
      const last = this.entries.at(-1);
      const decoded = last === undefined ? null : decodeCommitment(last);
      if (decoded !== null && typeof decoded !== "string" && decoded.position > position) return;
      await this.loadChunk();
    }
  }

  /** Those behind the ones that were compared: each follows from the one before it. */
  async finish(): Promise<CommitmentsEnd> {
    while (this.number < this.size) {
      if (this.entries.length === 0) await this.loadChunk();
      const { number, previous, taken } = this;
      const entry = this.next();
      const decoded = decodeCommitment(entry);
      if (typeof decoded === "string") throw new Lie("commitment", number, decoded, entry);
      const follows =
        decoded.number === number &&
        decoded.shard === this.store.shard &&
        equalBytes(decoded.previous, previous) &&
        decoded.position > (taken?.position ?? 0);
      if (!follows) throw new Lie("commitment", number, "it does not follow the one before", entry);
    }
    if (this.taken === null) throw new Lie("commitment", 0, "it is missing");
    return { last: this.taken, root: this.states.root() };
  }

  private next(): Uint8Array {
    const entry = this.entries.shift();
    if (entry === undefined) throw new Lie("commitment", this.number, "it is missing");
    this.number++;
    this.states.append(entry);
    this.previous = sha256(entry);
    const decoded = decodeCommitment(entry);
    if (typeof decoded !== "string") this.taken = decoded;
    return entry;
  }

  private async loadChunk(): Promise<void> {
    const { store, size, loaded: first } = this;
    const whole = await store.get(ExportStore.chunkName(first));
    const bytes = whole ?? (await store.get(ExportStore.partChunkName(first, size - 1)));
    if (bytes === null) throw new Lie("commitment", first, "it is missing");
    const chunk = decodeCommitmentChunk(bytes);
    if (typeof chunk === "string") throw new Lie("commitment", first, chunk);
    if (chunk.first !== first || chunk.shard !== store.shard) {
      throw new Lie("commitment", first, "its object's header is not that of its place");
    }
    const isPart = whole === null;
    if (isPart && chunk.entries.length !== size - first) {
      throw new Lie("commitment", first, "its object is not what its name says");
    }
    this.entries.push(...chunk.entries.slice(0, size - first));
    this.loaded = Math.min(size, first + chunk.entries.length);
  }
}

const PARTS: readonly (readonly [end: number, name: string])[] = [
  [8, "header"],
  [16, "number"],
  [24, "position"],
  [32, "log time"],
  [64, "input root"],
  [96, "report chain"],
  [128, "accounts root"],
  [160, "markets root"],
  [192, "books root"],
  [224, "previous hash"],
  [232, "arrivals"],
  [240, "directory"],
  [248, "counts"],
  [272, "rules versions"],
];

function differenceOf(found: Uint8Array, computed: Uint8Array): string {
  let at = 0;
  while (at < found.length && found[at] === computed[at]) at++;
  const part = PARTS.find(([end]) => at < end)?.[1] ?? "totals or links";
  return `its ${part} is not what the records give`;
}
