/**
 * One shard's settlement: re-executes, compares, commits, signs. Its engine answers the queries.
 *
 * Commitments and notes land in <dir>; a snapshot of engine and checkpointer together, taken
 * behind a commitment now and then and at a stop, lets a restart replay little.
 */
import { dirname, join } from "node:path";
import { assert } from "../base/assert.ts";
import { LostSuffix, type Restored } from "../edges/log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import { Engine, Halt } from "../engine/engine.ts";
import { Checkpointer, type CheckpointTerms } from "../proofs/checkpointer.ts";
import { ReportChain } from "../protocol/execution.ts";
import { curesIn } from "../service/cure.ts";
import { followEnds, refuseStale } from "../service/restored.ts";
import { refuseMixedLog } from "../service/same-log.ts";
import { snapshotBytes } from "./border-snapshots.ts";
import { type PublishedCheckpoint, signHeads } from "./checkpoint-notes.ts";
import { CommitmentFile, type Notes } from "./commitment-file.ts";
import type { Commitments } from "./export-borders.ts";
import type { ExportProgress } from "./exporter.ts";
import { Recompute } from "./recompute.ts";
import { isCleared, runSettleLoop, workOf } from "./settle-loop.ts";
import type { SettlementParts } from "./settlement-parts.ts";
import { sealSnapshot } from "./settlement-snapshot.ts";
import {
  type Start,
  startInExport,
  startInFiles,
  type StartParts,
  untilCovered,
} from "./settlement-start.ts";
import type { HeadsAt } from "./shard-export.ts";
import { type DueCheckpoint, SigningDesk } from "./signing-desk.ts";

const SNAPSHOTS_KEPT = 2;

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
  /** A Clear was executed, and nothing was kept of that yet. */
  private isCleared = false;
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
    this.beginIn(parts.ends ?? []);
  }

  /** Begins with the newest state of its own that is of this log, or at genesis. */
  private beginIn(ends: readonly Restored[]): void {
    const { genesisFrame, options, logger } = this.parts;
    followEnds(this.snapshots, ends, logger);
    const start = startInFiles(this.snapshots, this.startParts());
    if (start !== null) return this.adopt(start);
    const engine = new Engine(genesisFrame, options);
    const chain = new ReportChain().value;
    this.adopt({ engine, chain, checkpointer: new Checkpointer(this.terms), from: "genesis" });
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
    await untilCovered({ log, logger, stop }, this.engine.position);
  }

  /** Of a halted shard: only reads until the halt is lifted, and finds out whether it may be. */
  async untilLifted(): Promise<void> {
    const { log, logger, stop } = this.parts;
    this.isHalted = this.isReady = true;
    const onPublished = (engine: Engine, chain: Uint8Array): void => this.show(engine, chain);
    const { terms, file: signed } = this;
    this.recompute = new Recompute({ ...this.parts, terms, signed, onPublished });
    await this.recompute.untilLifted();
    if (stop.aborted) return;
    this.recompute = null;
    this.isHalted = this.isReady = false;
    // What it held and showed meanwhile may be of more than the log holds, or of less.
    const retention = await log.retention();
    refuseStale(dirname(this.parts.dir), log.shard, retention, this.parts.files);
    this.beginIn(retention.ends);
    logger.info("the halt is lifted");
  }

  /** Of a halted shard readers see all that is published, whatever state was at hand. */
  private show(engine: Engine, chain: Uint8Array): void {
    if (engine.position === this.engine.position) return;
    const { genesisFrame, options } = this.parts;
    const copy = Engine.restore(genesisFrame, engine.snapshot(chain), options);
    assert(typeof copy !== "string", "a snapshot that was just made can be restored");
    this.engine = copy.engine;
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
        onHalt: curesIn(this.parts),
        refuseMixedLog: (position) => refuseMixedLog(log, position, stop),
        onReports: (reports) => {
          this.unsaved += workOf(reports.count);
          this.isCleared ||= isCleared(reports);
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

  private onCompared(): Promise<void> | void {
    if (!this.isCleared) return this.compared();
    this.isCleared = false;
    return this.followClear().then(() => this.compared());
  }

  /** It was not told of the halt while that lasted: what it keeps from now on is of behind it. */
  private async followClear(): Promise<void> {
    const { log, dir, files, logger } = this.parts;
    const retention = await log.retention();
    refuseStale(dirname(dir), log.shard, retention, files);
    followEnds(this.snapshots, retention.ends, logger);
  }

  private compared(): void {
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
    // Who begins there would not know where nothing may end.
    if (this.engine.isCuring) return;
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
