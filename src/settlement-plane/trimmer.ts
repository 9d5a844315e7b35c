/**
 * Trimmer: lets go of what the log need not hold any more, for one shard.
 *
 *   the export's own signed head -> archived      the newest checkpoint of ours -> checkpointed
 *   kept back: the newest `keep_records`, and what is younger than `keep_ms`, unless memory is low
 *
 * How far the log really goes it decides itself (ShardLog.trim). So it does no harm when two run,
 * or when one wakes up that believes in positions of long ago; and it may die anywhere.
 */
import { viewOf } from "../base/bytes.ts";
import type { Logger } from "../edges/logger.ts";
import { LogFault, type Retention, type ShardLog } from "../edges/log.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { pause } from "../service/hold-place.ts";

export interface TrimmerParts {
  readonly log: ShardLog;
  /** Records that the export covers, by its signed head. */
  readonly archived: () => Promise<number>;
  /** Position of the newest checkpoint that was signed here. */
  readonly checkpointed: () => number;
  readonly keepRecords: number;
  readonly keepMs: number;
  /** Above this share of the log's memory nothing is kept back; null where it has no limit. */
  readonly memoryPercent: number | null;
  readonly everyMs: number;
  readonly wallMs: () => number;
  readonly logger: Logger;
  /** What the log holds behind each look. */
  readonly onTurn: (retention: Retention) => void;
  readonly stop: AbortSignal;
}

export class Trimmer {
  private readonly parts: TrimmerParts;
  private trimmed = 0;
  private archived = 0;
  /** Up to here all is known to be old enough. */
  private old = 0;

  constructor(parts: TrimmerParts) {
    this.parts = parts;
  }

  /** Runs until stopped. What fails is told and tried again: a log that is not trimmed only grows. */
  async run(): Promise<void> {
    const { everyMs, logger, stop } = this.parts;
    let told = "";
    while (!stop.aborted) {
      const why = await this.turn().then(
        () => "",
        (fault: unknown) => (fault instanceof Error ? fault.message : String(fault)),
      );
      if (why !== "" && why !== told && !stop.aborted) logger.error("not trimmed", { why });
      told = why;
      await pause(everyMs, stop);
    }
  }

  /** One look, and what follows from it. */
  async turn(): Promise<Retention> {
    const { log, checkpointed, stop } = this.parts;
    const archived = await this.parts.archived();
    if (archived > this.archived) await log.cover("archived", archived);
    this.archived = archived;
    await log.cover("checkpointed", checkpointed());
    let before = -1;
    let retention = await log.retention();
    const upTo = await this.upTo(retention);
    while (retention.trimmed > before && retention.trimmed + 1 < upTo && !stop.aborted) {
      before = retention.trimmed;
      retention = await log.trim(upTo);
    }
    if (retention.trimmed > this.trimmed) this.tell(retention);
    this.trimmed = retention.trimmed;
    this.parts.onTurn(retention);
    return retention;
  }

  private tell({ trimmed, archived, consumers }: Retention): void {
    const lowest = consumers.toSorted((a, b) => a.position - b.position)[0];
    const slowest = lowest === undefined ? {} : { slowest: lowest.name, at: lowest.position };
    this.parts.logger.debug("trimmed", { up_to: trimmed, archived, ...slowest });
  }

  private async upTo({ archived, checkpointed, trimmed }: Retention): Promise<number> {
    const done = Math.min(archived, checkpointed);
    const fullness = await this.parts.log.fullness();
    const { memoryPercent } = this.parts;
    if (memoryPercent !== null && (fullness ?? 0) * 100 > memoryPercent) return done;
    const behind = checkpointed - this.parts.keepRecords;
    const candidate = Math.min(done, behind);
    if (candidate <= trimmed + 1) return 0;
    return Math.min(candidate, await this.oldUpTo(trimmed, candidate));
  }

  /** The highest position up to `last` of a record that is old enough; found by halving. */
  private async oldUpTo(trimmed: number, last: number): Promise<number> {
    const { log, keepMs, wallMs } = this.parts;
    if (keepMs === 0) return last;
    const oldestUs = (wallMs() - keepMs) * 1000;
    const reader = await log.openInputReader();
    try {
      let low = Math.max(trimmed, this.old);
      let high = last;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if ((await this.timeOf(reader, middle)) < oldestUs) low = middle;
        else high = middle - 1;
      }
      this.old = low;
      return low;
    } finally {
      await reader.close();
    }
  }

  private async timeOf(
    reader: Awaited<ReturnType<ShardLog["openInputReader"]>>,
    position: number,
  ): Promise<number> {
    const batch = await reader.read(position - 1, 1, this.parts.stop);
    if (batch === null) return Number.POSITIVE_INFINITY;
    const record = new RecordView();
    const wrong = readRecord(viewOf(batch.bytes), 0, record);
    if (wrong !== "") throw new LogFault(`in, position ${position}: ${wrong}`);
    return record.logTime;
  }
}
