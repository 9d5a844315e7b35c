/**
 * Where was I? The newest snapshot that `ex` already covers, our own or the export's, then the
 * records behind it, up to the tip of `ex`: re-executed, compared with what was published, and not
 * published again. Records that the log has let go of come from the export.
 *
 * A standby does the same without an end: no record is applied before `ex` covers it, so nothing
 * has ever to be taken back when somebody else's turn ends.
 */
import { bytesOf, viewOf } from "../base/bytes.ts";
import type { ExecutionReader, InputReader } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import { Engine, type EngineOptions, Halt } from "../engine/engine.ts";
import { decodeExecution, ReportChain } from "../protocol/execution.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { PublishedExecution } from "../service/published-execution.ts";
import { ReportBatch } from "../protocol/report.ts";
import { type StateSources, statesUpTo } from "../service/kept-states.ts";
import type { CureFault } from "../service/cure.ts";
import { nextExecutions } from "../service/next-executions.ts";

export interface RecoverParts {
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  /** NO_STATES: all is executed again, from record 1. */
  readonly states: StateSources;
  readonly input: InputReader;
  readonly executions: ExecutionReader;
  /** What to do about a record without successor state. */
  readonly onHalt: CureFault;
  /** Throws LostSuffix if `in` and `ex` were read from logs that differ; see same-log.ts. */
  readonly refuseMixedLog: (position: number) => Promise<void>;
  readonly onSkippedSnapshot: (path: string, why: string) => void;
}

export interface Recovered {
  readonly engine: Engine;
  readonly chain: ReportChain;
  readonly snapshotPosition: number;
  /** Where that snapshot lies, or "genesis". */
  readonly from: string;
}

export interface ReplayTerms {
  /** Last position that `ex` covers; Infinity to go on with it until stopped. */
  readonly tip: number;
  readonly stop: AbortSignal;
  /** An execution record was re-executed and compared. */
  readonly onCompared?: (records: number, reports: number) => void;
}

/** The best of what was kept up to `tip`, or genesis. */
export async function startOf(parts: RecoverParts, tip: number): Promise<Recovered> {
  const start = (await fromSnapshot(parts, tip)) ?? {
    engine: new Engine(parts.genesisFrame, parts.options),
    chain: new ReportChain(),
    snapshotPosition: 0,
    from: "genesis",
  };
  start.engine.followChain(start.chain);
  return start;
}

async function fromSnapshot(parts: RecoverParts, tip: number): Promise<Recovered | null> {
  for await (const state of statesUpTo(parts.states, tip)) {
    const { position, describe: from } = state;
    const restored = await state.open();
    if (typeof restored !== "string") {
      const { engine, chain } = restored;
      return { engine, chain: new ReportChain(chain), snapshotPosition: position, from };
    }
    parts.onSkippedSnapshot(from, restored);
  }
  return null;
}

const READ_BYTES = 1 << 20;

export async function replay(
  parts: RecoverParts,
  at: Recovered,
  { tip, stop, onCompared }: ReplayTerms,
): Promise<void> {
  const { engine, chain } = at;
  const replaying = new Replaying(parts, at, stop);
  while (engine.position < tip && !stop.aborted) {
    const records = await nextExecutions(parts.executions, engine.position, READ_BYTES, stop);
    if (records === null) return;
    if (typeof records === "number") {
      await replaying.upTo(records);
      continue;
    }
    for (const bytes of records) {
      const execution = decodeExecution(bytes);
      if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
      const before = engine.position;
      replaying.published.begin(execution, before);
      const reports = await replaying.upTo(execution.last);
      // Asked to stop in the middle of it: there is nothing to compare yet.
      if (engine.position < execution.last) return;
      if (!replaying.published.holds(execution, replaying.newest, chain.value)) {
        await parts.refuseMixedLog(engine.position);
        if (stop.aborted) return;
        throw new Halt("ex differs from its re-execution", engine.position);
      }
      onCompared?.(engine.position - before, reports);
    }
  }
}

/** Re-executes input records and compares their reports with those that were published. */
class Replaying {
  private readonly parts: RecoverParts;
  private readonly at: Recovered;
  private readonly stop: AbortSignal;
  readonly published = new PublishedExecution();
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private view: DataView = new DataView(new ArrayBuffer(0));
  private offset = 0;

  constructor(parts: RecoverParts, at: Recovered, stop: AbortSignal) {
    this.parts = parts;
    this.at = at;
    this.stop = stop;
  }

  /** The record that was executed last. */
  get newest(): Uint8Array {
    return bytesOf(this.view).subarray(this.record.at, this.record.end);
  }

  /** How many reports there were. */
  async upTo(position: number): Promise<number> {
    const { engine, chain } = this.at;
    let count = 0;
    while (engine.position < position) {
      if (this.offset === this.view.byteLength) {
        const batch = await this.parts.input.read(engine.position, READ_BYTES, this.stop);
        if (batch === null) return count;
        this.view = viewOf(batch.bytes);
        this.offset = 0;
      }
      const wrong = readRecord(this.view, this.offset, this.record);
      if (wrong !== "") throw new Halt(wrong, engine.position + 1);
      this.offset = this.record.end;
      this.reports.clear();
      try {
        engine.apply(this.view, this.record, this.reports);
      } catch (fault) {
        await this.parts.onHalt(engine, fault);
        engine.apply(this.view, this.record, this.reports);
      }
      const made = this.reports.slice(0);
      chain.step(made);
      this.published.compare(made);
      count += this.reports.count;
    }
    return count;
  }
}
