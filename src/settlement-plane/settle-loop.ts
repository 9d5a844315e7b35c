/**
 * Settle: re-execute what the matcher published, compare, and commit.
 *
 *   ex record (first..last) -> records first..last of in -> verify signature -> apply -> compare
 * chain
 *
 * It never goes beyond `ex`, so what it commits has been published. Every signature is verified
 * here again, by libsodium, before a checkpoint covers it; a difference of any kind halts the
 * shard.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import type { ExecutionReader, InputReader } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { type Engine, Halt } from "../engine/engine.ts";
import type { Checkpointer } from "../proofs/checkpointer.ts";
import { decodeExecution, type ReportChain } from "../protocol/execution.ts";
import * as frames from "../protocol/frame.ts";
import { readRecord, RECORD_FRAME, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import { ReportBatch } from "../protocol/report.ts";

export interface SettleParts {
  readonly engine: Engine;
  readonly chain: ReportChain;
  readonly checkpointer: Checkpointer;
  readonly verifier: SignatureVerifier;
  /** Operator key 1, which signs the genesis. */
  readonly genesisKey: Uint8Array;
  readonly input: InputReader;
  readonly executions: ExecutionReader;
  /** A commitment is due over everything applied so far. */
  readonly onCheckpoint: () => void;
  /** Reports of one record, on loan, for market data. */
  readonly onReports: (reports: ReportBatch) => void;
  /** All of one execution record is applied and compared. */
  readonly onBatch: () => void;
  readonly stop: AbortSignal;
}

const READ_BYTES = 1 << 18;

export async function runSettleLoop(parts: SettleParts): Promise<void> {
  const settling = new Settling(parts);
  const { engine, executions, stop } = parts;
  while (!stop.aborted) {
    const records = await executions.read(engine.position, READ_BYTES, stop);
    if (records === null) return;
    for (const bytes of records) {
      const execution = decodeExecution(bytes);
      if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
      await settling.upTo(execution.last);
      if (stop.aborted) return;
      if (!equalBytes(execution.chain, parts.chain.value)) {
        throw new Halt("the matcher's reports differ from the re-execution", engine.position);
      }
      parts.onBatch();
    }
  }
}

class Settling {
  private readonly parts: SettleParts;
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private bytes = new Uint8Array(0);
  private view = viewOf(this.bytes);
  private offset = 0;

  constructor(parts: SettleParts) {
    this.parts = parts;
  }

  /** Applies records up to `position`; less only when asked to stop. */
  async upTo(position: number): Promise<void> {
    const { engine, input, stop } = this.parts;
    while (engine.position < position && !stop.aborted) {
      if (this.offset === this.bytes.length) {
        const batch = await input.read(engine.position, READ_BYTES, stop);
        if (batch === null) return;
        this.bytes = batch.bytes.slice();
        this.view = viewOf(this.bytes);
        this.offset = 0;
      }
      this.settleOne();
      // Verifying takes a tenth of a millisecond or more, and others may share this thread.
      await new Promise(setImmediate);
    }
  }

  private settleOne(): void {
    const { engine, chain, checkpointer, onCheckpoint, onReports } = this.parts;
    const wrong = readRecord(this.view, this.offset, this.record);
    if (wrong !== "") throw new Halt(wrong, engine.position + 1);
    const { at, end, logTime } = this.record;
    this.offset = end;
    if (checkpointer.endsBefore(logTime)) onCheckpoint();
    this.verify();
    this.reports.clear();
    engine.apply(this.view, this.record, this.reports);
    chain.step(this.reports.slice(0));
    const record = this.bytes.subarray(at, end);
    if (checkpointer.follow(record, logTime, this.commandCount())) onCheckpoint();
    onReports(this.reports);
  }

  private commandCount(): number {
    if (this.record.kind !== RECORD_FRAME) return 0;
    const at = this.record.at + RECORD_HEADER_SIZE + frames.FRAME_COUNT_AT;
    return this.view.getUint16(at, true);
  }

  /**
   * The signature, by the key that the state before this record knows; the engine judges the rest.
   */
  private verify(): void {
    const { at, end, kind } = this.record;
    const { engine, verifier, genesisKey } = this.parts;
    if (kind !== RECORD_FRAME) return;
    const frame = this.bytes.subarray(at + RECORD_HEADER_SIZE, end);
    const key = this.view.getUint32(at + RECORD_HEADER_SIZE + frames.FRAME_KEY_AT, true);
    const publicKey = engine.position === 0 ? genesisKey : engine.publicKeyOf(key);
    if (publicKey === null) return;
    const signature = frames.signaturePart(frame);
    if (verifier.verify(frames.signedPart(frame), signature, publicKey)) return;
    throw new Halt("its signature does not verify", engine.position + 1);
  }
}
