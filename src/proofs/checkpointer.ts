/**
 * Checkpointer: turns a shard's records into commitments. Settlement and verifier run this very
 * class.
 *
 *   for each record:   if endsBefore(its log time): commit()      of the state before it
 *                      apply it
 *                      if follow(it): commit()                    of the state behind it
 *
 * Two append-only trees: leaf n-1 of `input` is record n, leaf k of `states` is commitment k.
 * Where a checkpoint ends follows from the records alone.
 */
import { assert } from "../base/assert.ts";
import { equalBytes, readU64, viewOf, writeU64 } from "../base/bytes.ts";
import { HASH_SIZE, sha256 } from "../base/hash.ts";
import type { Governing } from "../protocol/governing.ts";
import { CheckpointBorder } from "./checkpoint-border.ts";
import { encodeCommitment } from "./commitment.ts";
import { MerkleLog } from "./merkle-log.ts";

/** Roots of a shard's state, see docs/RULES.md section 8. */
export interface StateRoots {
  readonly governing: Governing;
  readonly accounts: Uint8Array;
  readonly markets: Uint8Array;
  readonly books: Uint8Array;
  readonly arrivals: number;
  /** Directory entries written or applied. */
  readonly directory: number;
  /** 64 bytes per asset, by id. */
  readonly totals: Uint8Array;
  /** 24 bytes per known other shard, by number. */
  readonly links: Uint8Array;
}

export interface CheckpointTerms {
  readonly shard: number;
  readonly directoryOrigin: number;
  readonly intervalUs: number;
  readonly commandsMax: number;
}

const SAVED_FIXED = 72;

export class Checkpointer {
  private readonly terms: CheckpointTerms;
  private readonly border: CheckpointBorder;
  private input = new MerkleLog();
  private states = new MerkleLog();
  private previous = new Uint8Array(HASH_SIZE);
  private committed = 0;

  constructor(terms: CheckpointTerms) {
    this.terms = terms;
    this.border = new CheckpointBorder(terms.intervalUs, terms.commandsMax);
  }

  /** Records followed so far. */
  get position(): number {
    return this.input.size;
  }

  /** Position of the last commitment, 0 for none. */
  get committedPosition(): number {
    return this.committed;
  }

  /** Commitments made so far; the number of the next. */
  get count(): number {
    return this.states.size;
  }

  get inputRoot(): Uint8Array {
    return this.input.root();
  }

  get statesRoot(): Uint8Array {
    return this.states.root();
  }

  /** Root of the tree of commitments once these were appended, which it is not. */
  statesRootWith(later: readonly Uint8Array[]): Uint8Array {
    const states = MerkleLog.restore(this.states.frontier());
    assert(states !== null, "a frontier of ours can be restored");
    for (const bytes of later) states.append(bytes);
    return states.root();
  }

  /** True if this is its last commitment, of a record of that log time, and nothing came since. */
  isBehind(commitment: Uint8Array, logTime: number): boolean {
    const { border } = this;
    const isBorder = border.commands === 0 && border.logTime === logTime;
    const isLast =
      this.position === this.committed && equalBytes(this.previous, sha256(commitment));
    return isBorder && isLast;
  }

  /** True when a commitment is due before a record of this log time is applied. */
  endsBefore(logTime: number): boolean {
    return this.position > this.committed && this.border.endsBefore(logTime);
  }

  /** Takes an applied record; true when a commitment is due right behind it. */
  follow(record: Uint8Array, logTime: number, commands: number): boolean {
    this.input.append(record);
    return this.border.endsAfter(logTime, commands);
  }

  /** The commitment over everything followed so far. */
  commit(roots: StateRoots, reportChain: Uint8Array): Uint8Array<ArrayBuffer> {
    assert(this.position > this.committed, "a commitment covers one record or more");
    const { shard, directoryOrigin } = this.terms;
    const bytes = encodeCommitment({
      shard,
      governing: roots.governing,
      directoryOrigin,
      number: this.states.size,
      position: this.position,
      logTime: this.border.logTime,
      inputRoot: this.input.root(),
      reportChain,
      accountsRoot: roots.accounts,
      marketsRoot: roots.markets,
      booksRoot: roots.books,
      previous: this.previous,
      arrivals: roots.arrivals,
      directory: roots.directory,
      totals: roots.totals,
      links: roots.links,
    });
    this.previous = sha256(bytes);
    this.states.append(bytes);
    this.committed = this.position;
    this.border.restart();
    return bytes;
  }

  /** Everything above as bytes: log time, commands, committed, previous, both frontiers. */
  save(): Uint8Array {
    const input = this.input.frontier();
    const states = this.states.frontier();
    const bytes = new Uint8Array(SAVED_FIXED + input.length + states.length);
    const view = viewOf(bytes);
    writeU64(view, 0, this.border.logTime);
    writeU64(view, 8, this.border.commands);
    writeU64(view, 16, this.committed);
    bytes.set(this.previous, 24);
    writeU64(view, 56, input.length);
    writeU64(view, 64, states.length);
    bytes.set(input, SAVED_FIXED);
    bytes.set(states, SAVED_FIXED + input.length);
    return bytes;
  }

  /** The checkpointer that `save` wrote, or a sentence about what is wrong. */
  static restore(terms: CheckpointTerms, bytes: Uint8Array): Checkpointer | string {
    if (bytes.length < SAVED_FIXED) return "saved checkpointer is cut";
    const view = viewOf(bytes);
    const inputSize = readU64(view, 56);
    const statesSize = readU64(view, 64);
    if (SAVED_FIXED + inputSize + statesSize !== bytes.length) return "saved checkpointer is cut";
    const statesAt = SAVED_FIXED + inputSize;
    const input = MerkleLog.restore(bytes.subarray(SAVED_FIXED, statesAt));
    if (input === null) return "saved input tree is damaged";
    const states = MerkleLog.restore(bytes.subarray(statesAt));
    if (states === null) return "saved state tree is damaged";
    const made = new Checkpointer(terms);
    made.border.logTime = readU64(view, 0);
    made.border.commands = readU64(view, 8);
    made.committed = readU64(view, 16);
    made.previous = bytes.slice(24, 56);
    made.input = input;
    made.states = states;
    return made;
  }
}

/** Origins of the two trees (DESIGN 9). */
export function inputOrigin(venueHex: string, shard: number): string {
  return `${venueHex}/${shard}/in`;
}

export function statesOrigin(venueHex: string, shard: number): string {
  return `${venueHex}/${shard}/state`;
}
