/**
 * Where was I? The newest snapshot that `ex` already covers, then the records behind it, up to the
 * tip of `ex`: re-executed, compared with what was published, and not published again.
 */
import { equalBytes, viewOf } from "../base/bytes.ts";
import type { ExecutionReader, InputReader } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import type { SnapshotFiles } from "../edges/snapshot-files.ts";
import { Engine, type EngineOptions, Halt } from "../engine/engine.ts";
import { decodeExecution, ReportChain } from "../protocol/execution.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { ReportBatch } from "../protocol/report.ts";

export interface RecoverParts {
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly snapshots: SnapshotFiles;
  readonly input: InputReader;
  readonly executions: ExecutionReader;
  /** Last position that `ex` covers. */
  readonly tip: number;
  readonly stop: AbortSignal;
  /** Throws LostSuffix if `in` and `ex` were read from logs that differ; see same-log.ts. */
  readonly refuseMixedLog: (position: number) => Promise<void>;
  readonly onSkippedSnapshot: (path: string, why: string) => void;
}

export interface Recovered {
  readonly engine: Engine;
  readonly chain: ReportChain;
  readonly snapshotPosition: number;
}

export async function recover(parts: RecoverParts): Promise<Recovered> {
  const start = fromSnapshot(parts) ?? {
    engine: new Engine(parts.genesisFrame, parts.options),
    chain: new ReportChain(),
    snapshotPosition: 0,
  };
  start.engine.followChain(start.chain);
  await replay(parts, start);
  return start;
}

function fromSnapshot(parts: RecoverParts): Recovered | null {
  for (const stored of parts.snapshots.list()) {
    if (stored.position > parts.tip) continue;
    const bytes = parts.snapshots.read(stored);
    const restored = Engine.restore(parts.genesisFrame, bytes, parts.options);
    if (typeof restored !== "string") {
      const { engine, chain } = restored;
      return { engine, chain: new ReportChain(chain), snapshotPosition: stored.position };
    }
    parts.onSkippedSnapshot(stored.path, restored);
  }
  return null;
}

const READ_BYTES = 1 << 20;

async function replay(parts: RecoverParts, at: Recovered): Promise<void> {
  const replaying = new Replaying(parts.input, at, parts.stop);
  while (at.engine.position < parts.tip && !parts.stop.aborted) {
    const records = await parts.executions.read(at.engine.position, READ_BYTES, parts.stop);
    if (records === null) return;
    for (const bytes of records) {
      const execution = decodeExecution(bytes);
      if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
      await replaying.upTo(execution.last);
      // Asked to stop in the middle of it: there is nothing to compare yet.
      if (at.engine.position < execution.last) return;
      const isSame = equalBytes(execution.chain, at.chain.value);
      if (isSame) continue;
      await parts.refuseMixedLog(at.engine.position);
      if (parts.stop.aborted) return;
      throw new Halt("ex differs from its re-execution", at.engine.position);
    }
  }
}

/** Re-executes input records and throws their reports away. */
class Replaying {
  private readonly input: InputReader;
  private readonly at: Recovered;
  private readonly stop: AbortSignal;
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private view: DataView = new DataView(new ArrayBuffer(0));
  private offset = 0;

  constructor(input: InputReader, at: Recovered, stop: AbortSignal) {
    this.input = input;
    this.at = at;
    this.stop = stop;
  }

  async upTo(position: number): Promise<void> {
    const { engine, chain } = this.at;
    while (engine.position < position) {
      if (this.offset === this.view.byteLength) {
        const batch = await this.input.read(engine.position, READ_BYTES, this.stop);
        if (batch === null) return;
        this.view = viewOf(batch.bytes);
        this.offset = 0;
      }
      const wrong = readRecord(this.view, this.offset, this.record);
      if (wrong !== "") throw new Halt(wrong, engine.position + 1);
      this.offset = this.record.end;
      this.reports.clear();
      engine.apply(this.view, this.record, this.reports);
      chain.step(this.reports.slice(0));
    }
  }
}
