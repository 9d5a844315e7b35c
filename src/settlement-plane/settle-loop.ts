/**
 * Settle: re-execute what the matcher published, compare, and commit.
 *
 *   ex record (first..last) -> records first..last of in, judged -> apply -> compare chain
 *
 * Of what the log has let go of, `ex` is not there, and is not needed: next-executions.ts.
 *
 * It never goes beyond `ex`, so what it commits has been published. No record is applied, and so
 * none is covered by a checkpoint, before libsodium has accepted its signature by the very key that
 * the state before it knows. The verdicts come from other threads, ahead of the records' turns; a
 * difference of any kind halts the shard.
 */
import { equalBytes } from "../base/bytes.ts";
import type { ExecutionReader, InputReader } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import type { FrameJudge } from "../edges/verify-pool.ts";
import { type Engine, Halt } from "../engine/engine.ts";
import type { Checkpointer } from "../proofs/checkpointer.ts";
import { decodeExecution, type Execution, type ReportChain } from "../protocol/execution.ts";
import { REPORT_CLEARED } from "../protocol/codes.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { commandsOf, keyIdOf } from "../protocol/record-frame.ts";
import { REPORT_SIZE, ReportBatch } from "../protocol/report.ts";
import type { CureFault } from "../service/cure.ts";
import { nextExecutions } from "../service/next-executions.ts";
import { PublishedExecution } from "../service/published-execution.ts";
import { frameOf, JudgedInput, type JudgedRecord, type Stretch } from "./judged-input.ts";

export interface SettleParts {
  readonly engine: Engine;
  readonly chain: ReportChain;
  readonly checkpointer: Checkpointer;
  /** libsodium. */
  readonly judge: FrameJudge;
  /** Bytes of records that are read and judged ahead of their turn. */
  readonly aheadBytesMax: number;
  /** Operator key 1, which signs the genesis. */
  readonly genesisKey: Uint8Array;
  readonly input: InputReader;
  readonly executions: ExecutionReader;
  /** What to do about a record without successor state. */
  readonly onHalt: CureFault;
  /** Throws LostSuffix if `in` and `ex` were read from logs that differ; see same-log.ts. */
  readonly refuseMixedLog: (position: number) => Promise<void>;
  /** A commitment is due over everything applied so far, which is not compared yet. */
  readonly onCheckpoint: () => void;
  /** Reports of one record, on loan, for market data. */
  readonly onReports: (reports: ReportBatch) => void;
  /** All of one execution record is applied and compared; what it returns is waited for. */
  readonly onBatch: () => Promise<void> | void;
  /** Where it ends by itself: `ex` at the one, then `in` at the other; absent: nowhere. */
  readonly until?: { readonly published: number; readonly input: number };
  readonly stop: AbortSignal;
}

const READ_BYTES = 1 << 18;
/** Applied in one go: others may share this thread. About a fifth of a millisecond. */
const COMMANDS_AT_ONCE = 256;

/** Executing so many reports takes as long as verifying one signature with libsodium. */
const REPORTS_PER_SIGNATURE = 20;

/** What settling a record costs again after a restart, in signatures. */
export function workOf(reports: number): number {
  return 1 + reports / REPORTS_PER_SIGNATURE;
}

/** Whether these are of a Clear that was taken: it travels alone, behind what is due. */
export function isCleared({ view, count }: ReportBatch): boolean {
  return count > 0 && view.getUint8((count - 1) * REPORT_SIZE) === REPORT_CLEARED;
}

/** No version of the rules has an answer for that. */
export class BadSignature extends Halt {
  constructor(position: number) {
    super("its signature does not verify", position);
  }
}

export async function runSettleLoop(parts: SettleParts): Promise<void> {
  const settling = new Settling(parts);
  const { engine, executions, stop } = parts;
  try {
    const last = parts.until?.published ?? Number.POSITIVE_INFINITY;
    while (!stop.aborted && engine.position < last) {
      const records = await nextExecutions(executions, engine.position, READ_BYTES, stop);
      if (records === null) return;
      if (typeof records === "number") {
        await settling.upTo(records);
        continue;
      }
      for (const bytes of records) {
        const execution = decodeExecution(bytes);
        if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
        const isSame = await settling.compare(execution);
        if (engine.position < execution.last) return;
        if (!isSame) {
          await parts.refuseMixedLog(engine.position);
          if (stop.aborted) return;
          throw new Halt("the matcher's reports differ from the re-execution", engine.position);
        }
        if (execution.rulesVersion !== engine.governs(engine.position).version) {
          throw new Halt("the matcher names another rules version", engine.position);
        }
        const more = parts.onBatch();
        if (more !== undefined) await more;
      }
    }
    if (parts.until !== undefined) await settling.upTo(parts.until.input);
  } finally {
    await settling.close();
  }
}

const NOTHING: Stretch = {
  bytes: new Uint8Array(0),
  view: new DataView(new ArrayBuffer(0)),
  records: [],
};

class Settling {
  private readonly parts: SettleParts;
  private readonly input: JudgedInput;
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private stretch = NOTHING;
  private readonly waiting: Stretch[] = [];
  /** The next record of the stretch. */
  private index = 0;
  private commands = 0;
  private readonly published = new PublishedExecution();

  constructor(parts: SettleParts) {
    this.parts = parts;
    this.input = new JudgedInput({
      ...parts,
      keyOf: (position, key) => this.keyOf(position, key),
      after: parts.engine.position,
    });
  }

  /**
   * Applies the records of an execution record; false if it is not what they cause, or when asked
   * to stop in the middle of it. Reports of records that were applied before are not looked at.
   */
  async compare(execution: Execution): Promise<boolean> {
    const { engine, chain } = this.parts;
    this.published.begin(execution, engine.position);
    await this.upTo(execution.last);
    if (engine.position < execution.last) return false;
    const newest = this.stretch.bytes.subarray(this.record.at, this.record.end);
    return this.published.holds(execution, newest, chain.value);
  }

  /**
   * Applies records up to `position`; less only when asked to stop. All of them are here before
   * the first is applied: a log that turns out to have lost some leaves nothing half done.
   */
  async upTo(position: number): Promise<void> {
    const { engine, stop } = this.parts;
    if (!(await this.gather(position - engine.position))) return;
    while (engine.position < position && !stop.aborted) {
      while (this.index === this.stretch.records.length) {
        this.stretch = this.waiting.shift()!;
        this.index = 0;
      }
      if (!(await this.settleOne(this.stretch.records[this.index]!))) return;
      this.index++;
      if (this.commands >= COMMANDS_AT_ONCE) {
        this.commands = 0;
        await new Promise(setImmediate);
      }
    }
  }

  /** False when asked to stop before so many records are here. */
  private async gather(count: number): Promise<boolean> {
    let here = this.stretch.records.length - this.index;
    for (const { records } of this.waiting) here += records.length;
    while (here < count) {
      const next = await this.input.next();
      if (next === null) return false;
      this.waiting.push(next);
      here += next.records.length;
    }
    return true;
  }

  async close(): Promise<void> {
    await this.input.close();
  }

  /** False when asked to stop before there was a verdict. */
  private async settleOne(judged: JudgedRecord): Promise<boolean> {
    const { engine, chain, checkpointer, onCheckpoint, onReports } = this.parts;
    const { bytes, view } = this.stretch;
    const wrong = readRecord(view, judged.at, this.record);
    if (wrong !== "") throw new Halt(wrong, engine.position + 1);
    const { at, end, logTime } = this.record;
    const holds = await this.verdict(judged);
    if (holds === null) return false;
    if (checkpointer.endsBefore(logTime) && !engine.isCuring) onCheckpoint();
    if (!holds) throw new BadSignature(engine.position + 1);
    this.reports.clear();
    try {
      this.apply();
    } catch (fault) {
      await this.parts.onHalt(engine, fault);
      this.apply();
    }
    const made = this.reports.slice(0);
    chain.step(made);
    this.published.compare(made);
    const commands = commandsOf(view, this.record);
    this.commands += 1 + commands;
    const isFull = checkpointer.follow(bytes.subarray(at, end), logTime, commands);
    if (isFull && !engine.isCuring) onCheckpoint();
    onReports(this.reports);
    return true;
  }

  private apply(): void {
    const { engine } = this.parts;
    const { view } = this.stretch;
    engine.apply(view, this.record, this.reports);
  }

  /** On its signature, by the key that the state before this record knows; null when stopped. */
  private async verdict(judged: JudgedRecord): Promise<boolean | null> {
    const { bytes, view } = this.stretch;
    const key = keyIdOf(view, this.record);
    const publicKey = key === null ? null : this.keyOf(this.parts.engine.position + 1, key);
    // No frame, or one that names no key: the engine knows what to say.
    if (publicKey === null) return true;
    if (judged.publicKey !== null && equalBytes(judged.publicKey, publicKey)) return judged.holds;
    const frame = frameOf(bytes, this.record);
    const verdicts = await this.parts.judge.verify([{ frame, publicKey }]);
    return verdicts === null ? null : verdicts[0] === 1;
  }

  private keyOf(position: number, key: number): Uint8Array | null {
    return position === 1 ? this.parts.genesisKey : this.parts.engine.publicKeyOf(key);
  }
}
