/**
 * One shard's matcher: takes its turn as writer of `ex`, recovers, follows `in` until stopped.
 *
 * It owns the shard's newest state in memory; a snapshot lands on disk every so many records and at
 * the end. Priority, money and time are the engine's; nothing is decided here.
 */
import type { Logger } from "../edges/logger.ts";
import type { Files } from "../edges/files.ts";
import type { ShardLog } from "../edges/log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import type { ReportChain } from "../protocol/execution.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { runMatchLoop } from "./match-loop.ts";
import { recover } from "./recover.ts";

export interface MatcherParts {
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly snapshotDir: string;
  /** Where that is; the host's if absent. */
  readonly files?: Files;
  /** Commands, or records without one, between snapshots. */
  readonly snapshotRecords: number;
  readonly batchBytesMax: number;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

const SNAPSHOTS_KEPT = 3;

export class Matcher {
  private readonly parts: MatcherParts;
  private readonly snapshots: SnapshotFiles;
  readonly counts = { records: 0, reports: 0, batches: 0, snapshots: 0, position: 0 };
  isReady = false;

  constructor(parts: MatcherParts) {
    this.parts = parts;
    const { snapshotDir, files } = parts;
    this.snapshots = new SnapshotFiles(snapshotDir, "matcher", SNAPSHOTS_KEPT, files);
  }

  /** Runs until `stop`; throws LogFault, Fenced or Halt. */
  async run(): Promise<void> {
    const { log, genesis, genesisFrame, options, logger, stop } = this.parts;
    const output = await log.openExecutionWriter();
    const input = await log.openInputReader();
    const executions = await log.openExecutionReader();
    const state = await recover({
      genesisFrame,
      options,
      snapshots: this.snapshots,
      input,
      executions,
      tip: output.tip(),
      stop,
      onSkippedSnapshot: (path, why) => logger.warning("snapshot skipped", { path, why }),
    });
    await executions.close();
    const { engine, chain, snapshotPosition } = state;
    this.counts.position = engine.position;
    logger.info("recovered", { position: engine.position, from_snapshot: snapshotPosition });
    this.isReady = true;
    let saved = snapshotPosition;
    let unsaved = 0;
    await runMatchLoop({
      engine,
      chain,
      input,
      output,
      shard: genesis.shard,
      rulesVersion: genesis.rulesVersion,
      directoryOrigin: genesis.directoryOrigin,
      batchBytesMax: this.parts.batchBytesMax,
      stop,
      onBatch: (records, reports) => {
        this.count(records, reports, engine.position);
        // A command has a report at least, so this is never behind the count of commands.
        unsaved += Math.max(records, reports);
        if (unsaved < this.parts.snapshotRecords) return;
        unsaved = 0;
        saved = engine.position;
        this.save(engine, chain);
      },
    });
    this.isReady = false;
    if (engine.position > saved) this.save(engine, chain);
    await Promise.all([input.close(), output.close()]);
  }

  private count(records: number, reports: number, position: number): void {
    this.counts.records += records;
    this.counts.reports += reports;
    this.counts.batches++;
    this.counts.position = position;
  }

  private save(engine: Engine, chain: ReportChain): void {
    this.snapshots.write(engine.position, engine.snapshot(chain.value));
    this.counts.snapshots++;
  }
}
