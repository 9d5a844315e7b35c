/**
 * One shard's matcher: takes its turn as writer of `ex`, recovers, follows `in` until stopped.
 *
 * It owns the shard's newest state in memory; a snapshot lands on disk every so many records and at
 * the end. Priority, money and time are the engine's; nothing is decided here. When the log has
 * lost its newest entries, it begins anew with what is left.
 */
import type { Logger } from "../edges/logger.ts";
import type { Files } from "../edges/files.ts";
import { type InputReader, LostSuffix, type ShardLog } from "../edges/log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import type { Engine, EngineOptions } from "../engine/engine.ts";
import type { ReportChain } from "../protocol/execution.ts";
import type { Genesis } from "../protocol/genesis.ts";
import { refuseMixedLog } from "../service/same-log.ts";
import { runMatchLoop } from "./match-loop.ts";
import { type Recovered, recover } from "./recover.ts";

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
/** Losses without a batch between them: then something else is wrong. */
const LOSSES_MAX = 10;

export class Matcher {
  private readonly parts: MatcherParts;
  private readonly snapshots: SnapshotFiles;
  readonly counts = { records: 0, reports: 0, batches: 0, snapshots: 0, position: 0, losses: 0 };
  private readonly ends: { close(): Promise<void> }[] = [];
  /** Position up to which our reports may have left. */
  private durable = 0;
  isReady = false;

  constructor(parts: MatcherParts) {
    this.parts = parts;
    const { snapshotDir, files } = parts;
    this.snapshots = new SnapshotFiles(snapshotDir, "matcher", SNAPSHOTS_KEPT, files);
  }

  /** Runs until `stop`; throws LogFault, Fenced or Halt. */
  async run(): Promise<void> {
    for (let losses = 1; ; losses++) {
      const before = this.counts.batches;
      try {
        return await this.term();
      } catch (fault) {
        this.isReady = false;
        await this.closeEnds();
        if (!(fault instanceof LostSuffix)) throw fault;
        if (this.counts.batches > before) losses = 1;
        if (losses > LOSSES_MAX) throw fault;
        await this.recoverLoss(fault);
      }
    }
  }

  /** All state above the durable position goes with the term that held it. */
  private async recoverLoss(loss: LostSuffix): Promise<void> {
    const { log, logger } = this.parts;
    logger.error("lost suffix", { why: loss.message, durable: this.durable });
    await log.recoverLoss(loss, this.durable);
    this.counts.losses++;
  }

  /** One turn as writer of `ex`. */
  private async term(): Promise<void> {
    const { log, genesis, logger, stop } = this.parts;
    const output = this.keep(await log.openExecutionWriter());
    const input = this.keep(await log.openInputReader());
    await this.refuseShorter();
    const { engine, chain, snapshotPosition } = await this.recover(input, output.tip());
    this.durable = this.counts.position = engine.position;
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
    await this.closeEnds();
  }

  /** What a snapshot holds was durable: a log that ends before it has lost too much. */
  private async refuseShorter(): Promise<void> {
    const { log } = this.parts;
    const kept = this.snapshots.list()[0]?.position ?? 0;
    if (await log.reaches(kept)) return;
    await log.recoverLoss(new LostSuffix(`a snapshot is of ${kept}, behind the end of in`), kept);
  }

  private async recover(input: InputReader, tip: number): Promise<Recovered> {
    const { log, genesisFrame, options, logger, stop } = this.parts;
    const executions = this.keep(await log.openExecutionReader());
    const state = await recover({
      genesisFrame,
      options,
      snapshots: this.snapshots,
      input,
      executions,
      tip,
      stop,
      refuseMixedLog: (position) => refuseMixedLog(log, position, stop),
      onSkippedSnapshot: (path, why) => logger.warning("snapshot skipped", { path, why }),
    });
    await executions.close();
    return state;
  }

  private keep<T extends { close(): Promise<void> }>(end: T): T {
    this.ends.push(end);
    return end;
  }

  private async closeEnds(): Promise<void> {
    await Promise.all(this.ends.splice(0).map((end) => end.close()));
  }

  private count(records: number, reports: number, position: number): void {
    this.counts.records += records;
    this.counts.reports += reports;
    this.counts.batches++;
    this.durable = this.counts.position = position;
  }

  private save(engine: Engine, chain: ReportChain): void {
    this.snapshots.write(engine.position, engine.snapshot(chain.value));
    this.counts.snapshots++;
  }
}
