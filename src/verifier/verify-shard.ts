/**
 * VerifyShard: is everything in one shard's export true? Yes, or the first lie.
 *
 *   genesis -> venue id, operator and checkpoint keys        (pinned by --venue)
 *   notes   -> signed by the checkpoint key; sizes and roots
 *   tiles   -> their root is the note's: now each record's leaf hash is known
 *   records -> leaf hash, signature, re-execution, report chain; commitments recomputed, byte for
 * byte
 *
 * No trust in Redis, ingress, matcher or settlement: only in the venue id, SHA-256 and Ed25519.
 */
import { equalBytes } from "../base/bytes.ts";
import { COMMITMENTS, type ExportDir } from "../edges/export-dir.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { Halt } from "../engine/halt.ts";
import { NaiveHalt } from "../naive/naive-state.ts";
import { Checkpointer, type StateRoots } from "../proofs/checkpointer.ts";
import { ReportChain } from "../protocol/execution.ts";
import * as frames from "../protocol/frame.ts";
import { decodeGenesis, type Genesis, venueOf } from "../protocol/genesis.ts";
import { RECORD_FRAME, RECORD_HEADER_SIZE, type RecordView } from "../protocol/record.ts";
import { ReportBatch } from "../protocol/report.ts";
import { CommitmentReader } from "./commitment-reader.ts";
import type { ShardCrossings } from "./crossings.ts";
import { checkOwner, type ExportedRecord, exportedRecords, firstRecord } from "./export-records.ts";
import { type Heads, openHeads } from "./heads.ts";
import { Leaves } from "./leaves.ts";
import { Lie } from "./lie.ts";

/** What any engine must offer to be judged by: the fast one and the naive one do. */
export interface VerifyEngine {
  readonly position: number;
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
  roots(): StateRoots;
  publicKeyOf(key: number): Uint8Array | null;
  followChain(chain: ReportChain): void;
}

export interface VerifyParts {
  readonly dir: ExportDir;
  readonly shard: number;
  readonly verifier: SignatureVerifier;
  readonly openEngine: (genesisFrame: Uint8Array) => VerifyEngine;
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
  readonly records: number;
  readonly commands: number;
  readonly signatures: number;
  readonly checkpoints: number;
}

const PROGRESS_RECORDS = 10_000;

/** Throws a Lie. */
export function verifyShard(parts: VerifyParts): ShardVerdict {
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

  run(): ShardVerdict {
    const { dir, shard, verifier, onProgress } = this.parts;
    const { genesis, frame, venue } = this.readGenesis();
    const heads = openHeads(dir, genesis, venue, verifier);
    const leaves = new Leaves(dir, heads.input);
    leaves.checkRoot();
    const commitments = new CommitmentReader(dir.read(COMMITMENTS));
    const engine = judged(1, null, () => this.parts.openEngine(frame));
    engine.followChain(this.chain);
    const checkpointer = new Checkpointer({
      shard,
      rulesVersion: genesis.rulesVersion,
      directoryOrigin: genesis.directoryOrigin,
      intervalUs: genesis.checkpointIntervalUs,
      commandsMax: genesis.checkpointCommands,
    });
    const commit = (): void => {
      commitments.check(checkpointer.commit(engine.roots(), this.chain.value));
    };
    const judge = (position: number, bytes: Uint8Array): void => leaves.check(position, bytes);
    let position = 0;
    for (const found of exportedRecords(dir, shard, judge)) {
      position = found.position;
      checkOwner(found.owner, venue, position);
      leaves.check(position, found.bytes);
      const { logTime } = found.record;
      if (checkpointer.endsBefore(logTime)) commit();
      this.apply(engine, found, genesis);
      if (checkpointer.follow(found.bytes, logTime, this.commandsOf(found))) commit();
      if (position % PROGRESS_RECORDS === 0) onProgress(position, heads.input.size);
    }
    // The last checkpoint is due before a record that is not in the export.
    if (checkpointer.committedPosition < position) commit();
    commitments.finish();
    this.checkHeads(heads, checkpointer, position);
    this.parts.crossings.finish(engine.roots().totals);
    const { commands, signatures } = this.counts;
    return {
      genesis,
      venue,
      records: position,
      commands,
      signatures,
      checkpoints: checkpointer.count,
    };
  }

  private readGenesis(): { genesis: Genesis; frame: Uint8Array; venue: Uint8Array } {
    const { dir, shard, verifier } = this.parts;
    const bytes = firstRecord(dir, shard);
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

  private apply(engine: VerifyEngine, found: ExportedRecord, genesis: Genesis): void {
    this.checkSignature(engine, found, genesis);
    this.reports.clear();
    judged(found.position, found.bytes, () => {
      engine.apply(found.view, found.record, this.reports);
    });
    this.chain.step(this.reports.slice(0));
    this.parts.crossings.follow(found, this.reports);
  }

  private checkSignature(engine: VerifyEngine, found: ExportedRecord, genesis: Genesis): void {
    if (found.record.kind !== RECORD_FRAME) return;
    const frame = found.bytes.subarray(RECORD_HEADER_SIZE);
    const at = found.record.at + RECORD_HEADER_SIZE + frames.FRAME_KEY_AT;
    const key = found.view.getUint32(at, true);
    const publicKey =
      found.position === 1 ? genesis.operators[0]?.publicKey : engine.publicKeyOf(key);
    if (publicKey === null || publicKey === undefined) return;
    this.counts.signatures++;
    const { verifier } = this.parts;
    if (verifier.verify(frames.signedPart(frame), frames.signaturePart(frame), publicKey)) return;
    throw new Lie("record", found.position, "its signature does not verify", found.bytes);
  }

  private commandsOf(found: ExportedRecord): number {
    if (found.record.kind !== RECORD_FRAME) return 0;
    const at = found.record.at + RECORD_HEADER_SIZE + frames.FRAME_COUNT_AT;
    const count = found.view.getUint16(at, true);
    this.counts.commands += count;
    return count;
  }

  private checkHeads(heads: Heads, checkpointer: Checkpointer, position: number): void {
    if (heads.input.size !== position) {
      throw new Lie("in.note", 0, `it covers ${heads.input.size} records, there are ${position}`);
    }
    if (!equalBytes(heads.input.root, checkpointer.inputRoot)) {
      throw new Lie("in.note", 0, "its root is not that of the records");
    }
    if (heads.states.size !== checkpointer.count) {
      const { size } = heads.states;
      throw new Lie("state.note", 0, `it covers ${size} commitments, not ${checkpointer.count}`);
    }
    if (!equalBytes(heads.states.root, checkpointer.statesRoot)) {
      throw new Lie("state.note", 0, "its root is not that of the commitments");
    }
  }
}

/** Either engine's Halt is a lie: no honest venue can have gone beyond. Other errors are ours. */
function judged<T>(position: number, bytes: Uint8Array | null, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Halt || error instanceof NaiveHalt)) throw error;
    throw new Lie("record", position, error.message, bytes);
  }
}
