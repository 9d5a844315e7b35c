/**
 * One shard's matcher: stands by while another leads, takes its turn as writer of `ex`, follows
 * `in` until stopped.
 *
 *   stand by   ex grows -> its records of in are applied and compared: hot, never ahead of ex
 *   lead       nobody's lease runs -> next epoch -> the rest of ex -> match on
 *
 * It owns the shard's newest state in memory; a snapshot lands on disk every so many records and at
 * the end. Priority, money and time are the engine's; nothing is decided here. When the log has
 * lost its newest entries, or another has taken the turn, it begins anew with what is left.
 */
import { type ExecutionWriter, Fenced, LostSuffix, type Retention } from "../edges/log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import { curesIn } from "../service/cure.ts";
import { NO_STATES, statesInFiles, type StateSources } from "../service/kept-states.ts";
import { followEnds } from "../service/restored.ts";
import { refuseMixedLog } from "../service/same-log.ts";
import { haltOf, serveBehindHalt } from "./halt-watch.ts";
import { runMatchLoop } from "./match-loop.ts";
import type { MatcherParts } from "./matcher-parts.ts";
import { type Recovered, type RecoverParts, replay, startOf } from "./recover.ts";
import { standBy } from "./standby.ts";

const SNAPSHOTS_KEPT = 3;
/** Losses without a batch between them: then something else is wrong. */
const LOSSES_MAX = 10;

/** The state of a term, what it was made of, and where it reads and writes. */
interface Term {
  readonly state: Recovered;
  readonly from: RecoverParts;
  readonly output: ExecutionWriter;
}

export class Matcher {
  private readonly parts: MatcherParts;
  private readonly snapshots: SnapshotFiles;
  readonly counts = {
    records: 0,
    reports: 0,
    batches: 0,
    snapshots: 0,
    position: 0,
    losses: 0,
    turns: 0,
  };
  private readonly ends: { close(): Promise<void> }[] = [];
  /** Position up to which our reports may have left. */
  private durable = 0;
  /** Of the newest snapshot, and how many commands or records came since. */
  private saved = 0;
  private unsaved = 0;
  /** It leads and matches, or stands by and is near the tip of `ex`. */
  isReady = false;
  leads = false;
  /** The shard was halted when it was opened, and has been since. */
  private isStanding: boolean;

  constructor(parts: MatcherParts) {
    this.parts = parts;
    this.isStanding = (parts.halted ?? null) !== null;
    const { snapshotDir, files } = parts;
    this.snapshots = new SnapshotFiles(snapshotDir, "matcher", SNAPSHOTS_KEPT, files);
  }

  /** Runs until `stop`; throws LogFault, Fenced or Halt. A halted shard waits for its Clear. */
  async run(): Promise<void> {
    this.isReady = this.isStanding;
    await serveBehindHalt({
      ...this.parts,
      isStanding: () => this.isStanding,
      lifted: () => this.lifted(),
      serve: () => this.serve(),
    });
  }

  private lifted(): void {
    this.isStanding = false;
    this.parts.log.standBy(null);
    this.parts.logger.info("the halt is lifted");
  }

  private async serve(): Promise<void> {
    for (let losses = 1; ; losses++) {
      const before = this.counts.batches;
      try {
        return await this.term();
      } catch (fault) {
        this.isReady = false;
        this.leads = false;
        await this.closeEnds();
        if (await this.isTurnLost(fault)) continue;
        if (!(fault instanceof LostSuffix)) throw fault;
        if (this.counts.batches > before) losses = 1;
        if (losses > LOSSES_MAX) throw fault;
        await this.recoverLoss(fault);
      }
    }
  }

  /** What was applied and not published is another's to publish: this state is not gone on with. */
  private async isTurnLost(fault: unknown): Promise<boolean> {
    const { log, logger } = this.parts;
    if (!(fault instanceof Fenced) || !log.hasStandbys) return false;
    if ((await log.halted()) !== null) return false;
    logger.warning("turn lost", { why: fault.message });
    return true;
  }

  /** All state above the durable position goes with the term that held it. */
  private async recoverLoss(loss: LostSuffix): Promise<void> {
    const { log, logger } = this.parts;
    logger.error("lost suffix", { why: loss.message, durable: this.durable });
    await log.recoverLoss(loss, this.durable);
    this.counts.losses++;
  }

  /** From a snapshot to the end of one turn as writer of `ex`. */
  private async term(): Promise<void> {
    const { log } = this.parts;
    const term = log.hasStandbys ? await this.standBy() : await this.takeOver();
    if (term !== null) await this.lead(term);
  }

  /** On a log of one matcher, which nobody reads before that one has opened it. */
  private async takeOver(): Promise<Term> {
    const output = this.keep(await this.parts.log.openExecutionWriter());
    const from = await this.open();
    const state = await startOf(from, output.tip());
    this.begin(state);
    return { output, from, state };
  }

  /** Null when asked to stop before it was its turn. */
  private async standBy(): Promise<Term | null> {
    const { log, logger, standbyPollMs: pollMs, stop } = this.parts;
    const from = await this.open();
    const state = await startOf(from, await from.executions.tip());
    const { engine } = state;
    this.begin(state);
    const onCompared = (records: number, reports: number): void => {
      this.durable = this.counts.position = engine.position;
      // While it is far behind, saving would only hold it up.
      if (this.isReady) this.saveSometimes(state, Math.max(records, reports));
    };
    const onNear = (): void => {
      this.isReady = true;
    };
    const output = await standBy({
      log,
      logger,
      pollMs,
      from,
      state,
      onCompared,
      onNear,
      stop,
    });
    if (output !== null) return { output: this.keep(output), from, state };
    if (this.isReady && engine.position > this.saved && engine.position === this.durable) {
      this.save(state);
    }
    this.isReady = false;
    await this.closeEnds();
    return null;
  }

  private begin({ snapshotPosition }: Recovered): void {
    this.saved = snapshotPosition;
    this.unsaved = 0;
  }

  private async lead({ output, from, state }: Term): Promise<void> {
    const { genesis, stop } = this.parts;
    const { engine, chain } = state;
    await replay(from, state, { tip: output.tip(), stop });
    await from.executions.close();
    this.durable = this.counts.position = engine.position;
    this.counts.turns++;
    this.sayRecovered(state, output.epoch);
    this.isReady = true;
    this.leads = true;
    await runMatchLoop({
      engine,
      chain,
      input: from.input,
      output,
      shard: genesis.shard,
      directoryOrigin: genesis.directoryOrigin,
      batchBytesMax: this.parts.batchBytesMax,
      stop,
      haltOf: (clear) => haltOf(this.parts.log, clear),
      onHalt: from.onHalt,
      onLifted: async () => {
        // Unless another reason came in the meantime.
        if ((await this.parts.log.halted()) !== null) return;
        this.lifted();
        await this.followEnds();
      },
      onBatch: (records, reports) => {
        this.count(records, reports, engine.position);
        // A command has a report at least, so this is never behind the count of commands.
        this.saveSometimes(state, Math.max(records, reports));
      },
    });
    this.isReady = false;
    this.leads = false;
    // The turn is given back first: nobody has to wait for the disk.
    await output.close();
    if (engine.position > this.saved) this.save(state);
    await this.closeEnds();
  }

  private sayRecovered({ engine, snapshotPosition, from }: Recovered, epoch: number): void {
    const { position } = engine;
    const executed = position - snapshotPosition;
    const fields = { position, from_snapshot: snapshotPosition, from, executed, epoch };
    this.parts.logger.info("recovered", fields);
  }

  /** What a snapshot holds was durable: a log that ends before it has lost too much. */
  private async refuseShorter(): Promise<void> {
    const { log } = this.parts;
    const kept = this.snapshots.list()[0]?.position ?? 0;
    if (await log.reaches(kept)) return;
    await log.recoverLoss(new LostSuffix(`a snapshot is of ${kept}, behind the end of in`), kept);
  }

  private async followEnds(): Promise<Retention> {
    const retention = await this.parts.log.retention();
    followEnds(this.snapshots, retention.ends, this.parts.logger);
    return retention;
  }

  private async open(): Promise<RecoverParts> {
    const { log, genesisFrame, options, logger, stop } = this.parts;
    const input = this.keep(await log.openInputReader());
    const { trimmed } = await this.followEnds();
    // Whether a halt may be lifted, though something is lost, its Clear has to say.
    if (!this.isStanding) await this.refuseShorter();
    // Behind a halt nothing is taken for granted that can be executed again.
    const isWhole = this.isStanding && trimmed === 0;
    return {
      genesisFrame,
      options,
      states: isWhole ? NO_STATES : this.states(),
      input,
      executions: this.keep(await log.openExecutionReader()),
      onHalt: curesIn(this.parts),
      refuseMixedLog: (position) => refuseMixedLog(log, position, stop),
      onSkippedSnapshot: (path, why) => logger.warning("snapshot skipped", { path, why }),
    };
  }

  private states(): StateSources {
    const { genesisFrame, options, exportedStates, snapshotRecords } = this.parts;
    const own = statesInFiles(this.snapshots, genesisFrame, options);
    const store = exportedStates ?? null;
    return { own: this.isStanding ? NO_STATES.own : own, store, worth: snapshotRecords };
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

  private saveSometimes(state: Recovered, added: number): void {
    this.unsaved += added;
    if (this.unsaved >= this.parts.snapshotRecords) this.save(state);
  }

  private save({ engine, chain }: Recovered): void {
    this.snapshots.write(engine.position, engine.snapshot(chain.value));
    this.counts.snapshots++;
    this.saved = engine.position;
    this.unsaved = 0;
  }
}
