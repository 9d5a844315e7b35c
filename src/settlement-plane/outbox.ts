/**
 * Outbox: what one shard owes all others, as far as settlement has re-executed and compared it.
 *
 *   reports of a record -> pending -> (its execution record is compared) -> runs, by destination
 *   ex, read back       -> runs                         what a start finds, or had no room
 *   in, executed again  -> runs                         where the log has let go of that ex
 *
 * Nothing that is not durable and compared ever leaves here; where the shard is exported, nothing
 * that is not archived: whoever has taken an entry took what the source's export holds, so any of
 * the two can be made anew from its export without the other (DECISIONS, carries what is archived).
 */
import { readU64, viewOf } from "../base/bytes.ts";
import type { ExecutionReader } from "../edges/log.ts";
import { LogFault } from "../edges/log.ts";
import type { Engine } from "../engine/engine.ts";
import * as codes from "../protocol/codes.ts";
import type { Carry } from "../protocol/commands.ts";
import { decodeExecution } from "../protocol/execution.ts";
import { carryOf, outboxDestination } from "../protocol/outbox.ts";
import { type ReportBatch, REPORT_POSITION_AT, REPORT_SIZE } from "../protocol/report.ts";
import { nextExecutions } from "../service/next-executions.ts";
import { Past, type PastParts } from "../service/past.ts";
import { OutboxRun } from "./outbox-run.ts";

export interface OutboxParts {
  readonly shard: number;
  readonly openExecutionReader: () => Promise<ExecutionReader>;
  /** What makes the reports again that the log has let go of. */
  readonly past: PastParts;
  /** Number of the last entry written for a destination. */
  readonly written: (destination: number) => number;
  /** The same, of another state of this shard. */
  readonly writtenBy: (engine: Engine, destination: number) => number;
  /** Number of the last entry that every destination of such a run has applied. */
  readonly applied: (destination: number) => number;
  /** Entries written up to this position may leave; Infinity where nothing is exported. */
  readonly archived: () => number;
  /** Entries kept per run. */
  readonly runMax: number;
  readonly stop: AbortSignal;
}

interface Pending {
  readonly destination: number;
  readonly carry: Carry;
  readonly position: number;
}

const READ_BYTES = 1 << 20;
/** Kinds of report by which an entry is written or applied. */
const MOVES: ReadonlySet<number> = new Set([
  codes.REPORT_OUTBOX,
  codes.REPORT_CREDITED,
  codes.REPORT_KEY_ADDED,
  codes.REPORT_KEY_REVOKED,
  codes.REPORT_SHARD_KNOWN,
]);
/** Positions looked back over at first; four times as many each time that was too few. */
const LOOK_BACK = 10_000;

export class Outbox {
  readonly runs = new Map<number, OutboxRun>();
  private readonly parts: OutboxParts;
  private pending: Pending[] = [];
  /** Re-executed and compared up to here, 0 before the first of this process. */
  private compared = 0;
  private isMoved = false;

  constructor(parts: OutboxParts) {
    this.parts = parts;
  }

  get shard(): number {
    return this.parts.shard;
  }

  /** Entries of records up to here may be carried. */
  get mayLeave(): number {
    return this.parts.archived();
  }

  /** Position of the first record with an entry that must be archived before it leaves, or 0. */
  get awaited(): number {
    const { mayLeave } = this;
    let first = 0;
    for (const run of this.runs.values()) {
      const position = run.firstAbove(mayLeave);
      if (position > 0 && (first === 0 || position < first)) first = position;
    }
    return first;
  }

  /** Of one record that was re-executed. */
  onReports(reports: ReportBatch): void {
    const { view } = reports;
    const end = reports.count * REPORT_SIZE;
    for (let at = 0; at < end; at += REPORT_SIZE) {
      const kind = view.getUint8(at);
      if (MOVES.has(kind)) this.isMoved = true;
      if (kind !== codes.REPORT_OUTBOX) continue;
      const position = readU64(view, at + REPORT_POSITION_AT);
      const carry = carryOf(view, at, this.shard);
      this.pending.push({ destination: outboxDestination(view, at), carry, position });
    }
  }

  /**
   * Everything up to `position` agrees with what the matcher published. True when something may
   * have been written or applied since the last time.
   */
  onCompared(position: number): boolean {
    const isMoved = this.isMoved || this.compared === 0;
    this.isMoved = false;
    this.compared = position;
    for (const { destination, carry, position: at } of this.pending) {
      this.runOf(destination).offer(carry, at);
    }
    this.pending = [];
    return isMoved;
  }

  /** The run of that destination, whose applied entries are forgotten. */
  runOf(destination: number): OutboxRun {
    const { shard, runMax: max, applied } = this.parts;
    const carried = applied(destination);
    let run = this.runs.get(destination);
    if (run === undefined) {
      const written = this.parts.written(destination);
      run = new OutboxRun({ source: shard, destination, max, carried, written });
      this.runs.set(destination, run);
    }
    run.drop(carried);
    return run;
  }

  /** Reads from `ex` what the run of that destination lacks. */
  async refill(destination: number): Promise<void> {
    if (this.compared === 0) return;
    const reader = await this.parts.openExecutionReader();
    try {
      await this.refillRun(this.runOf(destination), reader);
    } finally {
      await reader.close();
    }
  }

  private async refillRun(run: OutboxRun, reader: ExecutionReader): Promise<void> {
    const { compared } = this;
    const { wanted } = run;
    // Nothing is known of where the wanted entry lies, but most often it is a new one.
    for (let back = LOOK_BACK; ; back *= 4) {
      const begin = run.newestPosition > 0 ? run.newestPosition - 1 : compared - back;
      const after = Math.max(0, begin);
      const gone = await this.readRun(run, reader, after);
      if (run.wanted > wanted || this.parts.stop.aborted) return;
      if (gone > 0) {
        await this.makeAgain(run, gone);
        await this.readRun(run, reader, gone);
        return;
      }
      if (after === 0 || run.newestPosition > 0) return;
    }
  }

  /**
   * Offers the run all its entries behind position `after`, while it has room. Up to the position
   * that it returns the log has let go of them; 0 for none.
   */
  private async readRun(run: OutboxRun, reader: ExecutionReader, after: number): Promise<number> {
    const { stop } = this.parts;
    const until = this.compared;
    let gone = 0;
    for (let position = after; position < until && run.hasRoom && !stop.aborted; ) {
      const records = await nextExecutions(reader, position, READ_BYTES, stop);
      if (typeof records === "number") {
        gone = position = records;
        continue;
      }
      for (const bytes of records ?? []) {
        const execution = decodeExecution(bytes);
        if (typeof execution === "string") throw new LogFault(`ex: ${execution}`);
        this.offerAll(run, execution.reports, until);
        position = execution.last;
      }
    }
    return gone;
  }

  /** Executes records up to `last` again, from before the wanted entry was written. */
  private async makeAgain(run: OutboxRun, last: number): Promise<void> {
    const { past, stop, writtenBy } = this.parts;
    const { wanted, destination } = run;
    const fits = (engine: Engine): boolean => writtenBy(engine, destination) < wanted;
    const again = await Past.open(past, last, fits);
    const until = this.compared;
    const take = (reports: ReportBatch): void => this.offerAll(run, reports.slice(0), until);
    await again.upTo(last, take, stop);
  }

  private offerAll(run: OutboxRun, reports: Uint8Array, until: number): void {
    const view = viewOf(reports);
    for (let at = 0; at < reports.length; at += REPORT_SIZE) {
      if (view.getUint8(at) !== codes.REPORT_OUTBOX) continue;
      if (outboxDestination(view, at) !== run.destination) continue;
      const position = readU64(view, at + REPORT_POSITION_AT);
      if (position <= until) run.offer(carryOf(view, at, this.shard), position);
    }
  }
}
