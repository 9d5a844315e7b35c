/**
 * Log: the seam to storage. One shard's two streams, `in` (records) and `ex` (execution records).
 *
 *   in   position 1, 2, 3 ...; appended in packs; a pack is durable at the configured level before
 *        `append` returns, and readers never see a record that is not
 *   ex   execution records that cover positions densely; compare-and-append, so that nobody forks
 *        it; readers never see one beyond the durable position (DESIGN 6), so no report leaves,
 *        no checkpoint is signed and no market data is shown that could still be lost
 *
 * Two real implementations, segment files and Redis Streams, stand behind one conformance suite.
 * Outcomes that a caller must act on are values; a broken world (disk, network) is thrown as
 * LogFault.
 */

import type { Upgrade } from "../protocol/governing.ts";

/** The log cannot go on: what happened, in one sentence. The service stops; see its recovery. */
export class LogFault extends Error {
  override readonly name: string = "LogFault";
}

/**
 * The newest entries that somebody of this process knew are gone: a failover to a replica that
 * lacked them, or a torn tail. What comes next is `ShardLog.recoverLoss`.
 */
export class LostSuffix extends LogFault {
  override readonly name = "LostSuffix";
  /** Somebody else in this process has seen it before, and recovered the log. */
  readonly isHandled: boolean;

  constructor(why: string, isHandled = false) {
    super(`LOST: ${why}`);
    this.isHandled = isHandled;
  }
}

/** Somebody else writes now, or the log is not the one that we knew. The process stops. */
export class Fenced extends Error {
  override readonly name = "Fenced";
}

/** Another process has this place and lives; the sentence names its pid. */
export class InUse extends LogFault {
  override readonly name = "InUse";
}

/** The store was out of reach for longer than the configured limit. */
export class Unreachable extends LogFault {
  override readonly name = "Unreachable";
}

/** The store has no room: nothing was appended, and the writer may be called again. */
export class LogFull extends LogFault {
  override readonly name = "LogFull";
}

/** What was asked for is no longer in the log, which was trimmed: it is in the export. */
export class Gone extends LogFault {
  override readonly name = "Gone";
  /** The first position that the log still holds, as far as it is known; never too high. */
  readonly first: number;

  constructor(first: number, what: string) {
    super(`${what} is gone from the log, which begins at ${first}`);
    this.first = first;
  }
}

export interface Appended {
  /** Positions of the first and last record of the pack. */
  readonly first: number;
  readonly last: number;
  /** Microseconds since 1970. */
  readonly logTime: number;
}

/** Records as they lie in the log, ready for `readRecord`. */
export interface InputBatch {
  /** Position of the first record in `bytes`. */
  readonly first: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

/** The only writer's end of `in`. Opened by ingress. */
export interface InputWriter {
  /**
   * Appends these frames as one pack, an empty frame being a tick. Call it again only after it has
   * settled. When the outcome of a try is unknown it repeats that very pack until it is known,
   * within the named limit, and throws LogFault beyond it. LogFull is the one after which the
   * writer goes on.
   */
  append(frames: readonly Uint8Array[]): Promise<Appended>;
  /**
   * The only append that a halted shard takes: one frame that ingress has checked, a Clear or a
   * cure (halted-frame.ts), to a shard that has this very mark and the record that the frame names.
   * Null, and nothing is appended, if it has not. The halt stays: it is lifted by whoever executes
   * the Clear (`ExecutionWriter.append`).
   */
  appendToHalted(frame: Uint8Array, mark: string): Promise<Appended | null>;
  /** Position of the newest record. */
  tip(): number;
  close(): Promise<void>;
}

/** Any number of readers of `in`. */
export interface InputReader {
  /**
   * Records behind position `after`, at most about `bytesMax` bytes (always one record or more).
   * Waits until there is one; null once `stop` is aborted. Throws LogFault when `after` is beyond
   * the tip, and Gone when the record behind it was trimmed.
   */
  read(after: number, bytesMax: number, stop: AbortSignal): Promise<InputBatch | null>;
  /** Position of the newest record that may be read now; 0 for an empty log. */
  tip(): Promise<number>;
  close(): Promise<void>;
}

/** The matcher's end of `ex`. */
export interface ExecutionWriter {
  /** Number of this writer's term; higher than that of any writer before it. */
  readonly epoch: number;
  /** Last position covered by `ex`, 0 for none; what was there before us is not appended again. */
  tip(): number;
  /** What a record that ends at `last` says is durable: see `durable` in its header. */
  durableWith(last: number): number;
  /**
   * Appends one execution record whose `first` is tip + 1; it is durable at the configured level
   * before this returns. Throws Fenced when it is not ours. With `lifts`, the mark of a halt whose
   * Clear was executed and taken, that halt ends with it, the generation rises, and the log is said
   * to have ended before that Clear, its newest record.
   */
  append(record: Uint8Array, lifts?: string): Promise<void>;
  /**
   * Keeps an upgrade that a durable record has made, once however often it is said: from its
   * position on records are stamped with its version.
   */
  govern(upgrade: Upgrade): Promise<void>;
  close(): Promise<void>;
}

export interface ExecutionReader {
  /**
   * Whole execution records that cover positions above `after`, in order; null once stopped. Throws
   * Gone when the first of them was trimmed.
   */
  read(after: number, bytesMax: number, stop: AbortSignal): Promise<readonly Uint8Array[] | null>;
  /** The durable position: that of the newest record that may be read now. */
  tip(): Promise<number>;
  close(): Promise<void>;
}

/** Who reads the log, how far it has come, and how long it has been silent. */
export interface Consumer {
  readonly name: string;
  readonly position: number;
  readonly silentMs: number;
}

/** A position that a part of the venue vouches for: up to there it is done. */
export type Mark = "archived" | "checkpointed";

/** A log that was made anew from its export: up to where, and a number above all before it. */
export interface Restored {
  readonly position: number;
  readonly generation: number;
}

/** What a log is made anew of: it begins, and ends, with its newest record that was exported. */
export interface LogEnd extends Restored {
  /** Where it is known to have ended before. */
  readonly ends: readonly Restored[];
  readonly genesisRecord: Uint8Array;
  readonly record: Uint8Array;
  /** Log time of the record before it. */
  readonly timeBefore: number;
  /** Covers that one record; its epoch is the generation. */
  readonly execution: Uint8Array;
  /** Upgrades that it keeps: what governs, unless genesis names it, and what will. */
  readonly rules: readonly Upgrade[];
}

/** What the log still holds, and what decides on that. */
export interface Retention {
  readonly restored: Restored | null;
  /** Wherever the log has ended once and gone on otherwise; see log-ends.ts. */
  readonly ends: readonly Restored[];
  /** The highest position of which the log may have let go; 0 for none. */
  readonly trimmed: number;
  readonly archived: number;
  readonly checkpointed: number;
  /** By name; those that were silent for too long are dropped by the next trim. */
  readonly consumers: readonly Consumer[];
}

/** Of those who could lead, this one does: at most one at a time, as long as clocks are right. */
export interface Turn {
  /** Higher than that of any turn before it. */
  readonly term: number;
  /** False once the lease may be over, or another has the turn. It is for peace only. */
  runs(): boolean;
  /** Gives it back. */
  close(): Promise<void>;
}

/**
 * What is known of a commitment that a settlement has computed:
 *
 *   agreed   another settlement has said the same
 *   first    nobody else has said it yet, and nobody else was near
 *   awaited  nobody else has said it yet, and the one before it two have said
 *   older    newer ones were said long ago; nothing is known of it
 *   differs  another settlement has said another, and is told so too when it asks again
 */
export type Agreement = "agreed" | "first" | "awaited" | "older" | "differs";

/** A commitment, and by whom it was computed: a name without spaces, the same after a restart. */
export interface SaidCommitment {
  readonly number: number;
  readonly hash: string;
  readonly who: string;
}

/** One shard's log, as opened by one process. */
export interface ShardLog {
  readonly shard: number;
  /** For the first log line: kind, level, directory or address. */
  readonly describe: string;
  /** The genesis record's bytes, or null for a log that `clob init` has not made. */
  genesis(): Promise<Uint8Array | null>;
  /**
   * Writes record 1 of an empty log; throws LogFault if there is one. Only `clob init` calls
   * it.
   */
  create(genesisRecord: Uint8Array): Promise<void>;
  /** The upgrades that are kept, rising; what genesis names is not among them. */
  rules(): Promise<readonly Upgrade[]>;
  /** Makes a log that was lost anew, where there is none; throws LogFault where there is one. */
  restore(end: LogEnd): Promise<void>;
  openInputWriter(): Promise<InputWriter>;
  openInputReader(): Promise<InputReader>;
  /** A reader for which the log may lie at rest: it reads to the tip though nobody writes. */
  openRestReader(): Promise<InputReader>;
  /** Throws InUse while another one lives whose turn it is. */
  openExecutionWriter(): Promise<ExecutionWriter>;
  /** Whether processes may wait until it is their turn; else there is one process of each kind. */
  readonly hasStandbys: boolean;
  /** Who has the turn to write `ex`, for people; null if nobody lives who has it. */
  writerOfExecutions(): Promise<string | null>;
  /** The turn of the settlement that publishes; throws InUse while another one lives. */
  takeTurn(): Promise<Turn>;
  /** Tells the settlements of a shard of each other's commitments; may be repeated. */
  sayCommitment(said: SaidCommitment): Promise<Agreement>;
  openExecutionReader(): Promise<ExecutionReader>;
  /**
   * Sets the halted mark (DESIGN P9): from now on every append to `in` is refused with Fenced. A
   * mark that is there keeps its reasons, and gets this one too; see halt-mark.ts.
   */
  halt(reason: string): Promise<void>;
  /**
   * After a LostSuffix, before anything is opened anew: nothing acknowledged is gone if the log
   * still reaches `durable`, the newest position whose reports this process has let out or kept.
   * Then the generation is raised, and what a process holds above `durable` counts no more. Else
   * the shard is halted, and this throws.
   */
  recoverLoss(loss: LostSuffix, durable: number): Promise<void>;
  /** False where `in` is known to end before that position, which was durable once. */
  reaches(position: number): Promise<boolean>;
  /**
   * Says that consumer `name` lives and needs nothing below `position`, whose own entry stays. One
   * that says nothing for `silentMsMax` is dropped: it begins anew from snapshot and export.
   */
  consume(name: string, position: number, silentMsMax: number): Promise<void>;
  /** Says how far the log is exported, or covered by a signed checkpoint. It never goes back. */
  cover(mark: Mark, position: number): Promise<void>;
  /**
   * Lets go of entries that lie whole below `upTo`, as far as they are archived, checkpointed,
   * durable and consumed by all who live. The log decides by what it holds itself, so that neither
   * a stale caller nor two at once do harm. It may stop before `upTo`: call it again.
   */
  trim(upTo: number): Promise<Retention>;
  retention(): Promise<Retention>;
  /** Share of the store's memory that is used, 0 to 1; null where it has no limit. */
  fullness(): Promise<number | null>;
  /** Why the shard is halted: all reasons that were said to `halt`; null while it is not. */
  halted(): Promise<string | null>;
  /**
   * Readers of this handle go on though the shard is halted for this reason; null: for none, as at
   * the beginning. Any other halt ends them with Fenced where the store tells them.
   */
  standBy(reason: string | null): void;
  close(): Promise<void>;
}

/** The halted mark as a sentence for people. */
export function haltSentence(shard: number, reason: string): string {
  return `shard ${shard} is halted: ${reason}`;
}
