/**
 * CarryLane: one run on its way from one shard to one destination, and how it fares.
 *
 *   moves    entries are applied, or there are none
 *   rests    the last try was of no use; the next one comes later, up to REST_MS_MAX
 *   stalls   entries wait, and none was applied for a while, for whatever reason
 */
import type { Logger } from "../edges/logger.ts";

const REST_MS_MIN = 50;
const REST_MS_MAX = 10_000;
/** A try that was of no use is worth a line once the pause behind it is as long. */
const SAID_MS_MIN = 1000;
/** An export that is well takes seconds for what is waited for. */
const UNARCHIVED_MS_MAX = 30_000;

export class CarryLane {
  readonly source: number;
  readonly isDirectory: boolean;
  /** Its next entry is not in the source's export yet. */
  isUnarchived = false;
  isResting = false;
  /** Zero while it moves; else it rests for that long. */
  private restMs = 0;
  private complaint = "";
  private applied = 0;
  private movedMs = performance.now();

  constructor(source: number, isDirectory: boolean) {
    this.source = source;
    this.isDirectory = isDirectory;
  }

  get what(): string {
    return this.isDirectory ? "directory" : "credits";
  }

  /** How long entries have waited and none was applied, as far as `watch` was called. */
  get stalledMs(): number {
    return this.movedMs === Number.POSITIVE_INFINITY ? 0 : performance.now() - this.movedMs;
  }

  /** Called now and then with what is written and what is applied of it. */
  watch(written: number, applied: number): void {
    if (written <= applied) this.movedMs = Number.POSITIVE_INFINITY;
    else if (applied !== this.applied || this.stalledMs === 0) this.movedMs = performance.now();
    this.applied = applied;
  }

  /** A sentence, once, when the export has kept it for long. */
  unarchivedFor(): string | null {
    if (!this.isUnarchived || this.stalledMs < UNARCHIVED_MS_MAX) return null;
    return this.isNew(`the export of shard ${this.source} does not hold it yet`);
  }

  awaken(): void {
    this.restMs = 0;
    this.complaint = "";
  }

  /** Tried again later; `why` is handed back the first time that it is worth a line. */
  rest(why: string, onOver: () => void): string | null {
    this.restMs = Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, 2 * this.restMs));
    this.isResting = true;
    const timer = setTimeout(() => {
      this.isResting = false;
      onOver();
    }, this.restMs);
    timer.unref();
    return this.restMs < SAID_MS_MIN ? null : this.isNew(why);
  }

  private isNew(why: string): string | null {
    if (this.complaint === why) return null;
    this.complaint = why;
    return why;
  }
}

/** Said once for each reason. */
export function sayNotCarried(logger: Logger, lane: CarryLane, to: number, why: string): void {
  logger.warning("not carried", { from: lane.source, to, what: lane.what, why });
}
