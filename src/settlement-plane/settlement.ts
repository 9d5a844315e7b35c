/**
 * One shard's settlement: re-executes, compares, commits, signs. Its engine answers the queries.
 *
 * Commitments and notes land in <dir>; a snapshot of engine and checkpointer together, taken
 * behind a commitment now and then and at a stop, lets a restart replay little.
 */
import { join } from "node:path";
import { assert } from "../base/assert.ts";
import type { Files } from "../edges/files.ts";
import type { Signer } from "../edges/keys.ts";
import type { Logger } from "../edges/logger.ts";
import { LostSuffix, type ShardLog } from "../edges/log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import type { FrameJudge } from "../edges/verify-pool.ts";
import { Engine, type EngineOptions, Halt } from "../engine/engine.ts";
import { Checkpointer, type CheckpointTerms } from "../proofs/checkpointer.ts";
import { ReportChain } from "../protocol/execution.ts";
import type { Genesis } from "../protocol/genesis.ts";
import type { ReportBatch } from "../protocol/report.ts";
import type { ExportedStates } from "../service/exported-states.ts";
import { refuseMixedLog } from "../service/same-log.ts";
import { type BorderSnapshots, snapshotBytes } from "./border-snapshots.ts";
import { type PublishedCheckpoint, signHeads } from "./checkpoint-notes.ts";
import { CommitmentFile, type Notes } from "./commitment-file.ts";
import type { Commitments } from "./export-borders.ts";
import type { ExportProgress } from "./exporter.ts";
import { Recompute } from "./recompute.ts";
import { runSettleLoop, workOf } from "./settle-loop.ts";
import { sealSnapshot } from "./settlement-snapshot.ts";
import { type Start, startInExport, startInFiles, type StartParts } from "./settlement-start.ts";
import type { HeadsAt } from "./shard-export.ts";
import { type DueCheckpoint, SigningDesk } from "./signing-desk.ts";

export interface SettlementParts {
  readonly log: ShardLog;
  readonly genesis: Genesis;
  readonly genesisFrame: Uint8Array;
  readonly venue: Uint8Array;
  readonly options: EngineOptions;
  readonly judge: FrameJudge;
  readonly aheadBytesMax: number;
  readonly checkpointSigner: Signer;
  readonly dir: string;
  /** Where that is; the host's if absent. */
  readonly files?: Files;
  readonly snapshotRecords: number;
  /** Where others may lie, if any do. */
  readonly exportedStates?: ExportedStates;
  /** For the export, where there is one. */
  readonly borderSnapshots?: BorderSnapshots;
  /** This settlement, the same after a restart, unlike any other. */
  readonly who: string;
  /** Whether this one leads: see leadership.ts. */
  readonly mayPublish: () => boolean;
  readonly logger: Logger;
  readonly onReports: (engine: Engine, reports: ReportBatch) => void;
  readonly onBatch: (engine: Engine) => void;
  readonly stop: AbortSignal;
}

const SNAPSHOTS_KEPT = 2;
const TIP_POLL_MS = 20;

export class Settlement {
  readonly parts: SettlementParts;
  private readonly file: CommitmentFile;
  private readonly snapshots: SnapshotFiles;
  private readonly terms: CheckpointTerms;
  private checkpointer: Checkpointer;
  private chain = new ReportChain();
  /** Work since the newest snapshot, against snapshotRecords; see workOf. */
  private unsaved = 0;
  /** Up to here the matcher's chain was compared, and found to be ours. */
  private comparedPosition = 0;
  private due: DueCheckpoint[] = [];
  /** Where the state that it began with lies. */
  private from = "genesis";
  private readonly desk: SigningDesk;
  engine: Engine;
  latest: PublishedCheckpoint | null = null;
  exported: ExportProgress | null = null;
  isReady = false;
  /** Only read: it was halted before this process began, and was not lifted since. */
  isHalted = false;
  /** Of a halted shard, else null. */
  recompute: Recompute | null = null;

  constructor(parts: SettlementParts) {
    this.parts = parts;
    const { genesis, dir, files } = parts;
    this.terms = {
      shard: genesis.shard,
      directoryOrigin: genesis.directoryOrigin,
      intervalUs: genesis.checkpointIntervalUs,
      commandsMax: genesis.checkpointCommands,
    };
    this.file = new CommitmentFile(dir, files);
    const snapshotDir = join(dir, "snapshots");
    this.snapshots = new SnapshotFiles(snapshotDir, "settlement", SNAPSHOTS_KEPT, files);
    this.checkpointer = new Checkpointer(this.terms);
    const { log, who, mayPublish } = parts;
    const sign = (checkpoint: DueCheckpoint): void => this.publish(checkpoint);
    this.desk = new SigningDesk({ log, who, mayPublish, sign });
    this.engine = new Engine(parts.genesisFrame, parts.options);
    this.engine.followChain(this.chain);
    const start = startInFiles(this.snapshots, this.startParts());
    if (start !== null) this.adopt(start);
  }

  private startParts(): StartParts {
    const { terms, file } = this;
    const { logger } = this.parts;
    const onSkipped = (path: string, why: string) =>
      logger.warning("snapshot skipped", { path, why });
    return { ...this.parts, terms, file, onSkipped };
  }

  /**
   * With an old state of its own or none it takes the export's, where there is a newer one.
   * Resolves when `ex` covers what the snapshot holds. After a power loss it may end before, since
   * it is not synced, until the matcher has made it again.
   */
  async untilPublished(): Promise<void> {
    const { log, logger, stop } = this.parts;
    const archived = async (): Promise<number> => (await log.retention()).archived;
    const reach = { own: this.engine.position, worth: this.parts.snapshotRecords, archived };
    const start = await startInExport(this.parts.exportedStates, this.startParts(), reach);
    if (start !== null) this.adopt(start);
    await this.refuseShorter();
    const executions = await log.openExecutionReader();
    let tip = await executions.tip();
    if (tip < this.engine.position) logger.info("waiting for the matcher", { tip });
    while (tip < this.engine.position && !stop.aborted) {
      await new Promise((resolve) => setTimeout(resolve, TIP_POLL_MS));
      tip = await executions.tip();
    }
    await executions.close();
  }

  /** What a snapshot holds was durable: a log that ends before it has lost too much. */
  private async refuseShorter(): Promise<void> {
    const { log } = this.parts;
    const { position } = this.engine;
    if (await log.reaches(position)) return;
    await log.recoverLoss(new LostSuffix(`${position} is settled, behind the end of in`), position);
  }

  /** Of a halted shard: only reads until the halt is lifted, and finds out whether it may be. */
  async untilLifted(): Promise<void> {
    const { logger, stop } = this.parts;
    this.isHalted = this.isReady = true;
    this.recompute = new Recompute({ ...this.parts, terms: this.terms, signed: this.file });
    await this.recompute.untilLifted();
    if (stop.aborted) return;
    this.recompute = null;
    this.isHalted = false;
    logger.info("the halt is lifted");
  }

  /** Runs until `stop`; throws LogFault or Halt, also where two settlements differ. */
  async run(): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    this.parts.stop.addEventListener("abort", end);
    if (this.parts.stop.aborted) end();
    const following = this.follow(over.signal).finally(end);
    const signing = this.desk.run(over.signal).finally(end);
    const ends = await Promise.allSettled([following, signing]);
    this.parts.stop.removeEventListener("abort", end);
    for (const one of ends) if (one.status === "rejected") throw one.reason;
  }

  private async follow(stop: AbortSignal): Promise<void> {
    const { log, logger } = this.parts;
    const { from, file } = this;
    logger.info("recovered", { position: this.engine.position, from, checkpoints: file.count });
    this.isReady = true;
    while (!stop.aborted) {
      try {
        await this.settle(stop);
      } catch (fault) {
        if (fault instanceof Halt && fault.position > this.engine.position) {
          this.keepForReaders();
          await this.desk.flush();
        }
        // What is not compared may be of the log that is gone: the next process begins before it.
        const isMixed = this.engine.position !== this.comparedPosition;
        if (!(fault instanceof LostSuffix) || isMixed) throw fault;
        // All that was executed here is durable; what was read ahead goes with the readers.
        logger.error("lost suffix", { why: fault.message, durable: this.engine.position });
        await log.recoverLoss(fault, this.engine.position);
      }
    }
    this.isReady = false;
    const { position } = this.engine;
    if (this.unsaved > 0 && position === this.comparedPosition) this.save();
    await this.desk.flush();
    this.file.close();
  }

  private async settle(stop: AbortSignal): Promise<void> {
    const { log, judge, aheadBytesMax, genesis } = this.parts;
    const genesisKey = genesis.operators[0]?.publicKey;
    assert(genesisKey !== undefined, "a genesis names an operator key");
    const input = await log.openInputReader();
    const executions = await log.openExecutionReader();
    try {
      await runSettleLoop({
        engine: this.engine,
        chain: this.chain,
        checkpointer: this.checkpointer,
        judge,
        aheadBytesMax,
        genesisKey,
        input,
        executions,
        onCheckpoint: () => this.checkpoint(),
        refuseMixedLog: (position) => refuseMixedLog(log, position, stop),
        onReports: (reports) => {
          this.unsaved += workOf(reports.count);
          this.parts.onReports(this.engine, reports);
        },
        onBatch: () => this.onCompared(),
        stop,
      });
    } finally {
      await Promise.all([input.close(), executions.close()]);
    }
  }

  /** A border of checkpoints: it is published once all of its execution record is compared. */
  private checkpoint(): void {
    const { checkpointer, engine, chain } = this;
    const [number, before] = [checkpointer.count, checkpointer.committedPosition];
    const bytes = checkpointer.commit(engine.roots(), chain.value);
    this.parts.borderSnapshots?.take(before, engine, chain.value, checkpointer);
    const { position, inputRoot, statesRoot } = checkpointer;
    if (this.file.knows(number, bytes)) this.due = [];
    this.due.push({ number, bytes, position, inputRoot, statesRoot, logTime: engine.logTime });
  }

  /** Nothing of the record that halts the shard was applied: this state stays readable. */
  private keepForReaders(): void {
    this.publishDue();
    this.save();
  }

  private publishDue(): void {
    for (const checkpoint of this.due.splice(0)) {
      this.file.add(checkpoint.number, checkpoint.bytes);
      // Older ones come by again after a restart; the notes stay at the newest.
      if (checkpoint.number + 1 === this.file.count) this.desk.add(checkpoint);
    }
  }

  private onCompared(): void {
    const { engine, parts } = this;
    this.comparedPosition = engine.position;
    const hasCheckpoint = this.due.length > 0;
    this.publishDue();
    if (hasCheckpoint && this.unsaved >= parts.snapshotRecords) this.save();
    parts.onBatch(engine);
  }

  private publish(checkpoint: DueCheckpoint): void {
    const { number, position, inputRoot, statesRoot, logTime } = checkpoint;
    const notes = this.sign({ count: number + 1, position, inputRoot, statesRoot });
    this.parts.borderSnapshots?.published(number);
    this.file.writeNotes(notes);
    this.latest = { number, position, logTime, inputNote: notes.input, stateNote: notes.state };
  }

  /** What was published once may be said again at any time: a signature has one form. */
  sign(heads: HeadsAt): Notes {
    return signHeads(heads, this.parts);
  }

  /** Those that are signed. */
  get commitments(): Commitments {
    return this.file.signed;
  }

  private save(): void {
    const bytes = sealSnapshot(snapshotBytes(this.engine, this.chain.value, this.checkpointer));
    this.snapshots.write(this.engine.position, bytes);
    this.unsaved = 0;
  }

  private adopt({ engine, chain, checkpointer, from }: Start): void {
    this.engine = engine;
    this.chain = new ReportChain(chain);
    this.checkpointer = checkpointer;
    this.from = from;
    engine.followChain(this.chain);
    this.comparedPosition = engine.position;
  }
}
