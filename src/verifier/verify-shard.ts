/**
 * VerifyShard: is everything in one shard's export true? Yes, or the first lie.
 *
 *   genesis -> venue id, operator and checkpoint keys        (pinned by --venue)
 *   notes   -> signed by the checkpoint key; sizes and roots
 *   tiles   -> their root is the note's: now each record's leaf hash is known
 *   records -> leaf hash, signature, re-execution, report chain; commitments recomputed, byte for
 *              byte, as far as `latest` says that records are here; those beyond are chained
 *
 * No trust in Redis, ingress, matcher or settlement: only in the venue id, SHA-256 and Ed25519.
 */
import { equalBytes } from "../base/bytes.ts";
import type { ExportStore } from "../edges/export-store.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { Halt } from "../engine/halt.ts";
import { type KnownRules, RULES } from "../engine/rules.ts";
import { NaiveHalt } from "../naive/naive-state.ts";
import { Checkpointer, type StateRoots } from "../proofs/checkpointer.ts";
import { ReportChain } from "../protocol/execution.ts";
import type { ExportLatest } from "../protocol/export-latest.ts";
import * as frames from "../protocol/frame.ts";
import { decodeGenesis, type Genesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_FRAME, RECORD_HEADER_SIZE } from "../protocol/record.ts";
import { commandsOf, keyIdOf } from "../protocol/record-frame.ts";
import { ReportBatch } from "../protocol/report.ts";
import type { Curable } from "../service/cure.ts";
import { CommitmentReader } from "./commitment-reader.ts";
import type { ShardCrossings } from "./crossings.ts";
import { type ExportedRecord, openSegment, type SegmentRecords } from "./export-records.ts";
import { Cures } from "./cures.ts";
import { type Heads, openHeads } from "./heads.ts";
import { checkEnd, checkLatest, readLatest } from "./latest-claims.ts";
import { refuseUnknown, refuseUnknownRules } from "./known-rules.ts";
import { Leaves } from "./leaves.ts";
import { Lie } from "./lie.ts";
import { SnapshotCheck } from "./snapshot-check.ts";

/** What any engine must offer to be judged by: the fast one and the naive one do. */
export interface VerifyEngine extends Curable {
  /** No checkpoint ends here. */
  readonly isCuring: boolean;
  roots(): StateRoots;
  publicKeyOf(key: number): Uint8Array | null;
  /** State as bytes; the naive engine has no such form. */
  snapshot?(chain: Uint8Array): Uint8Array;
  followChain(chain: ReportChain): void;
}

export interface VerifyParts {
  readonly store: ExportStore;
  readonly shard: number;
  readonly verifier: SignatureVerifier;
  readonly openEngine: (genesisFrame: Uint8Array) => VerifyEngine;
  /** The rules versions that the engine knows; those that are released if absent. */
  readonly rules?: KnownRules | undefined;
  /** Null for an unpinned verdict. */
  readonly venue: Uint8Array | null;
  /** The genesis that makes the venue, where it was found true; null before. */
  readonly lead: Genesis | null;
  /** Takes note of what this shard wrote for others and took from them. */
  readonly crossings: ShardCrossings;
  readonly onProgress: (position: number, of: number) => void;
}

export interface ShardVerdict {
  readonly genesis: Genesis;
  readonly venue: Uint8Array;
  /** Checked. */
  readonly records: number;
  /** Signed for; those behind `records` are not public yet. */
  readonly signedRecords: number;
  /** False while somebody goes on exporting. */
  readonly isCut: boolean;
  readonly commands: number;
  readonly signatures: number;
  readonly checkpoints: number;
}

const PROGRESS_RECORDS = 10_000;

/** Throws a Lie. */
export function verifyShard(parts: VerifyParts): Promise<ShardVerdict> {
  return new Verification(parts).run();
}

class Verification {
  private readonly parts: VerifyParts;
  private readonly reports = new ReportBatch();
  private readonly chain = new ReportChain();
  private readonly counts = { commands: 0, signatures: 0 };

  constructor(parts: VerifyParts) {
    this.parts = parts;
  }

  async run(): Promise<ShardVerdict> {
    const { store, shard, onProgress, rules: known = RULES } = this.parts;
    const { latest, genesis, frame, venue, heads } = await this.open();
    await refuseUnknownRules(store, { latest, head: heads.states, known });
    const leaves = new Leaves(store, heads.input);
    const commitments = new CommitmentReader(store, heads.states.size);
    const snapshots = await SnapshotCheck.open(store, venue, latest.records);
    await leaves.checkRoot(0);
    const engine = judged(1, null, () => this.parts.openEngine(frame));
    engine.followChain(this.chain);
    const checkpointer = new Checkpointer({
      shard,
      directoryOrigin: genesis.directoryOrigin,
      intervalUs: genesis.checkpointIntervalUs,
      commandsMax: genesis.checkpointCommands,
    });
    const commit = (): void => {
      commitments.check(checkpointer.commit(engine.roots(), this.chain.value));
      snapshots.check(engine, this.chain.value, checkpointer);
    };
    const judge = (position: number, bytes: Uint8Array): void => leaves.check(position, bytes);
    const cures = new Cures({ ...this.parts, known, genesis, records: latest.records });
    let position = 0;
    while (position < latest.records) {
      const segment = await this.segmentFrom(position + 1, latest, leaves);
      for (const part of [commitments, snapshots]) {
        await part.load(Math.min(segment.last, latest.records));
      }
      for (const found of segment.records(judge)) {
        position = found.position;
        leaves.check(position, found.bytes);
        const { logTime } = found.record;
        if (checkpointer.endsBefore(logTime) && !engine.isCuring) commit();
        refuseUnknown(engine.governs(position), { shard, known });
        this.checkSignature(engine, found, genesis);
        await this.apply(engine, found, () => cures.tell(engine, segment.first));
        cures.check(position, this.reports);
        const isFull = checkpointer.follow(found.bytes, logTime, this.commandsOf(found));
        if (isFull && !engine.isCuring) commit();
        if (position % PROGRESS_RECORDS === 0) onProgress(position, latest.records);
        if (position === latest.records) break;
      }
    }
    // The last checkpoint is due before a record that is not in the export.
    if (checkpointer.committedPosition < position) commit();
    checkEnd(latest, checkpointer.count, engine.governs(position).version);
    snapshots.finish();
    await this.checkBeyond(heads, leaves, commitments);
    this.parts.crossings.finish(engine.roots().totals);
    return {
      genesis,
      venue,
      records: position,
      signedRecords: heads.input.size,
      isCut: latest.isCut,
      ...this.counts,
      checkpoints: checkpointer.count,
    };
  }

  /** What is signed, and by whom it has to be. */
  private async open() {
    const { store, shard, verifier } = this.parts;
    const latest = await readLatest(store);
    const { genesis, frame, venue } = await this.readGenesis(latest.records);
    const heads = await openHeads(store, genesis, venue, verifier);
    checkLatest(latest, { shard, venue, heads });
    return { latest, genesis, frame, venue, heads };
  }

  private async segmentFrom(
    first: number,
    latest: ExportLatest,
    leaves: Leaves,
  ): Promise<SegmentRecords> {
    const segment = await openSegment(this.parts.store, first, latest.records);
    // `latest` was found to be of this venue.
    if (segment.venue.toHex() !== latest.venue) {
      throw new Lie("segment", first, "it is of another venue");
    }
    await leaves.load(first, segment.last);
    return segment;
  }

  /** What is signed and whose records are not public yet. */
  private async checkBeyond(
    heads: Heads,
    leaves: Leaves,
    commitments: CommitmentReader,
  ): Promise<void> {
    const { last, root } = await commitments.finish();
    if (!equalBytes(root, heads.states.root)) {
      throw new Lie("state.note", 0, "its root is not that of the commitments");
    }
    if (heads.input.size < last.position) {
      throw new Lie("in.note", 0, `it does not cover ${last.position}, as the commitments do`);
    }
    const isSame = heads.input.size === last.position;
    const inputRoot = isSame ? heads.input.root : await leaves.checkRoot(last.position);
    if (equalBytes(inputRoot, last.inputRoot)) return;
    throw new Lie("in.note", 0, "its root is not that of the commitments");
  }

  private async readGenesis(
    records: number,
  ): Promise<{ genesis: Genesis; frame: Uint8Array; venue: Uint8Array }> {
    const { store, verifier } = this.parts;
    const bytes = (await openSegment(store, 1, records)).firstRecord();
    const frame = bytes.slice(RECORD_HEADER_SIZE);
    const genesis = decodeGenesis(frame);
    if (typeof genesis === "string") throw new Lie("record", 1, genesis);
    const key = genesis.operators[0]?.publicKey ?? new Uint8Array(32);
    if (!verifier.verify(frames.signedPart(frame), frames.signaturePart(frame), key)) {
      throw new Lie("record", 1, "the genesis is not signed by its operator key 1", bytes);
    }
    const venue = venueOf(frame, genesis);
    const pinned = this.parts.venue;
    if (pinned !== null && !equalBytes(pinned, venue)) {
      throw new Lie("record", 1, `the genesis is that of venue ${venue.toHex()}`, bytes);
    }
    this.checkLead(genesis, key, bytes);
    return { genesis, frame, venue };
  }

  /**
   * An added shard only names its venue. That it is one of it is the word of an operator whom the
   * leading genesis names, and the venue id is the hash of that one.
   */
  private checkLead(genesis: Genesis, key: Uint8Array, bytes: Uint8Array): void {
    const { directoryOrigin } = genesis;
    if (genesis.shard === directoryOrigin) return;
    const { lead } = this.parts;
    if (lead?.shard !== directoryOrigin) {
      throw new Lie("record", 1, `shard ${directoryOrigin}, which makes its venue, is missing`);
    }
    if (lead.operators.some((operator) => equalBytes(operator.publicKey, key))) return;
    throw new Lie("record", 1, "the genesis is not signed by an operator of its venue", bytes);
  }

  /** `cure`: false where nothing cures a record without successor state. */
  private async apply(
    engine: VerifyEngine,
    found: ExportedRecord,
    cure: () => Promise<boolean>,
  ): Promise<void> {
    const apply = (): void => engine.apply(found.view, found.record, this.reports);
    this.reports.clear();
    try {
      apply();
    } catch (fault) {
      if (!isHalt(fault)) throw fault;
      const isCured = await cure();
      judged(found.position, found.bytes, () => {
        if (!isCured) throw fault;
        apply();
      });
    }
    this.chain.step(this.reports.slice(0));
    this.parts.crossings.follow(found, this.reports);
  }

  private checkSignature(engine: VerifyEngine, found: ExportedRecord, genesis: Genesis): void {
    if (found.record.kind !== RECORD_FRAME) return;
    const frame = found.bytes.subarray(RECORD_HEADER_SIZE);
    const key = keyIdOf(found.view, found.record) ?? 0;
    const publicKey =
      found.position === 1 ? genesis.operators[0]?.publicKey : engine.publicKeyOf(key);
    if (publicKey === null || publicKey === undefined) return;
    this.counts.signatures++;
    const { verifier } = this.parts;
    if (verifier.verify(frames.signedPart(frame), frames.signaturePart(frame), publicKey)) return;
    throw new Lie("record", found.position, "its signature does not verify", found.bytes);
  }

  private commandsOf(found: ExportedRecord): number {
    const count = commandsOf(found.view, found.record);
    this.counts.commands += count;
    return count;
  }
}

/** Either engine's Halt is a lie: no honest venue can have gone beyond. Other errors are ours. */
function judged<T>(position: number, bytes: Uint8Array | null, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!isHalt(error)) throw error;
    throw new Lie("record", position, error.message, bytes);
  }
}

function isHalt(error: unknown): error is Halt | NaiveHalt {
  return error instanceof Halt || error instanceof NaiveHalt;
}
