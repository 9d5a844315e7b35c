/**
 * Exporter: a shard's export, continuously, beside settlement and never in its way.
 *
 *   commitments that settlement signed -> steps that are due -> ShardExport, with its own reader
 *
 * There is no queue: it reads what it needs of the log when its turn comes, and what it has not
 * written yet waits there. A store that is full, slow or away is asked again, later and later up
 * to a limit; the log, settlement and its checkpoints go on meanwhile. With a publish delay roots
 * and records are two runs, the second behind the first. Without one, a step ends between two
 * borders where something waits for a record to be archived (carrier.ts).
 */
import type { Logger } from "../edges/logger.ts";
import { ExportStore, LATEST } from "../edges/export-store.ts";
import { Fenced, type InputReader, LogFault, type ShardLog } from "../edges/log.ts";
import { type ObjectStore, StoreConflict, StoreFault } from "../edges/object-store.ts";
import { seal } from "../edges/sealed-object.ts";
import { SEALED_SNAPSHOT } from "../protocol/sealed.ts";
import type { BorderSnapshots } from "./border-snapshots.ts";
import type { Notes } from "./commitment-file.ts";
import { type Commitments, ExportBorders } from "./export-borders.ts";
import { type ExportPart, type HeadsAt, readLatest, ShardExport } from "./shard-export.ts";

export interface ExporterParts {
  readonly objects: ObjectStore;
  readonly log: ShardLog;
  readonly venue: Uint8Array;
  readonly commitments: Commitments;
  readonly notesOf: (heads: HeadsAt) => Notes | null;
  readonly snapshots: BorderSnapshots | null;
  /** Records are public this much later than their roots. */
  readonly publishDelayMs: number;
  readonly wallMs: () => number;
  /** False while another settlement leads. Asked before each step; it may be wrong for a moment. */
  readonly mayPublish: () => boolean;
  /** The first position that something waits for to be archived; 0 for none. Asked now and then. */
  readonly awaited?: () => number;
  /** Between two steps of which the second ends at no border; a second if absent. */
  readonly promptMsMin?: number;
  /** Of log time; see export-borders.ts, whose own is part of the format, if absent. */
  readonly stepUs?: number;
  /** More is archived than before. */
  readonly onArchived?: () => void;
  readonly logger: Logger;
  readonly stop: AbortSignal;
}

/** How far the export is, for status and metrics. */
export interface ExportProgress {
  /** Where to, in words. */
  readonly place: string;
  /** Records that are in the store and under a signed head there: level D4. 0 for none. */
  archived: number;
  /** Log time of the last of them, microseconds. */
  archivedTime: number;
  steps: number;
  /** Of objects that this process created. */
  bytes: number;
  faults: number;
  /** Why it waits, or "". */
  why: string;
}

/** Steps come every 10 s of log time. */
const POLL_MS = 200;
const LOOK_MS = 1000;
/** Buckets let a pointer move once a second. */
const PROMPT_MS_MIN = 1000;
const RETRY_MS_MIN = 200;
const RETRY_MS_MAX = 10_000;
/** A store that hangs does not hold up a stop for longer. */
const STOP_MS_MAX = 5000;

export class Exporter {
  readonly progress: ExportProgress;
  private readonly parts: ExporterParts;
  private readonly borders: ExportBorders;
  /** Commitments that signed heads in the store cover, as far as this process knows. */
  private noted = 0;
  private steppedMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ExporterParts) {
    this.parts = parts;
    this.borders = new ExportBorders(parts.commitments, parts.stepUs);
    const place = parts.objects.describe;
    const counts = { archived: 0, archivedTime: 0, steps: 0, bytes: 0, faults: 0 };
    this.progress = { place, ...counts, why: "" };
  }

  /** Runs until `stop`. Throws what is no fault of store or log. */
  async run(): Promise<void> {
    const { publishDelayMs, stop } = this.parts;
    const runs: ExportPart[] = publishDelayMs === 0 ? ["all"] : ["roots", "records"];
    const ended = new AbortController();
    const all = Promise.all(runs.map((part) => this.runPart(part)));
    const tooLong = untilAborted(stop).then(() => pause(STOP_MS_MAX, ended.signal));
    await Promise.race([all, tooLong]).finally(() => ended.abort());
  }

  private async runPart(part: ExportPart): Promise<void> {
    const { stop } = this.parts;
    let retryMs = RETRY_MS_MIN;
    while (!stop.aborted) {
      const { steps } = this.progress;
      try {
        await this.follow(part);
        retryMs = RETRY_MS_MIN;
      } catch (fault) {
        this.waits(reasonOf(fault));
      }
      if (this.progress.steps > steps) retryMs = RETRY_MS_MIN;
      await pause(retryMs, stop);
      retryMs = Math.min(RETRY_MS_MAX, retryMs * 2);
    }
  }

  /** Step after step, until stopped or there is a fault. */
  private async follow(part: ExportPart): Promise<void> {
    const { objects, log, venue, notesOf, stop } = this.parts;
    const store = new ExportStore(objects, log.shard);
    const parts = { store, venue, borders: this.borders, part, notesOf, stop };
    await this.untilLeading(part, store);
    let open = await ShardExport.open(parts);
    // The store is ahead of us: of another settlement, or of our own that begins anew.
    while (open === null && !stop.aborted) {
      await pause(POLL_MS, stop);
      open = await ShardExport.open(parts);
    }
    if (open === null) return;
    // A settlement that has just caught up learns here what another has archived.
    if (part !== "roots") await this.look(store);
    if (part === "roots") this.noted = open.count;
    let input: InputReader | null = null;
    try {
      while (!stop.aborted && this.parts.mayPublish()) {
        const next = this.due(part, open.count);
        if (next === null) {
          await pause(POLL_MS, stop);
          continue;
        }
        input ??= await log.openInputReader();
        const before = store.written;
        if (!(await open.step(input, next, false))) return;
        this.progress.bytes += store.written - before;
        await this.stepped(part, open, store);
      }
    } finally {
      await input?.close();
    }
  }

  /** While another leads, its progress is ours: what is archived is so for all. */
  private async untilLeading(part: ExportPart, store: ExportStore): Promise<void> {
    const { mayPublish, stop } = this.parts;
    for (;;) {
      if (part !== "roots") await this.look(store);
      if (mayPublish() || stop.aborted) return;
      await pause(LOOK_MS, stop);
    }
  }

  private async look(store: ExportStore): Promise<void> {
    const latest = await readLatest(store, this.parts.venue);
    if (latest === null || latest.commitments > this.borders.count) return;
    if (latest.records !== this.borders.position(latest.commitments)) {
      const why = `${latest.records} records under ${latest.commitments} commitments`;
      throw new StoreConflict(`${LATEST} in ${store.store.describe}: ${why}: they do not agree`);
    }
    await this.archive(latest.records, latest.commitments);
  }

  /** The count at which the next step ends, once it may be written. */
  private due(part: ExportPart, count: number): number | null {
    const { publishDelayMs, wallMs } = this.parts;
    const next = this.borders.next(count);
    if (next === null) return part === "all" && this.isAwaited() ? this.borders.count : null;
    if (part !== "records") return next;
    const publicMs = this.borders.at(next - 1).logTime / 1000 + publishDelayMs;
    return next <= this.noted && publicMs <= wallMs() ? next : null;
  }

  /** Whether something waits for a record that is signed for and not archived. */
  private isAwaited(): boolean {
    const position = this.parts.awaited?.() ?? 0;
    if (position <= this.progress.archived) return false;
    const { promptMsMin = PROMPT_MS_MIN } = this.parts;
    if (performance.now() - this.steppedMs < promptMsMin) return false;
    return position <= this.borders.position(this.borders.count);
  }

  private async stepped(
    part: ExportPart,
    { position, count }: ShardExport,
    store: ExportStore,
  ): Promise<void> {
    const { progress } = this;
    progress.steps++;
    this.steppedMs = performance.now();
    if (part !== "records") this.noted = count;
    if (part !== "roots") {
      await this.archive(position, count);
      await this.writeSnapshot(store);
    }
    if (progress.why === "") return;
    progress.why = "";
    this.parts.logger.info("the export goes on", { position });
  }

  private async archive(position: number, count: number): Promise<void> {
    const { progress } = this;
    await this.parts.log.cover("archived", position);
    if (position <= progress.archived) return;
    progress.archived = position;
    progress.archivedTime = this.borders.at(count - 1).logTime;
    this.parts.onArchived?.();
  }

  /** It shows every stop order, as records do, and waits for them. */
  private async writeSnapshot(store: ExportStore): Promise<void> {
    const { snapshots, venue } = this.parts;
    const due = snapshots?.due(this.progress.archived) ?? null;
    if (due === null) return;
    const { number, position, bytes } = due;
    const rulesVersion = this.borders.at(number).governing.current.version;
    const { shard } = store;
    const place = { kind: SEALED_SNAPSHOT, shard, first: position, last: position, rulesVersion };
    await store.createSealed(
      ExportStore.snapshotName(position),
      await seal({ ...place, venue }, bytes),
    );
    snapshots?.written(due);
  }

  /** Says so once, not at each try. */
  private waits(why: string): void {
    const { progress } = this;
    progress.faults++;
    if (progress.why === why) return;
    progress.why = why;
    this.parts.logger.warning("the export waits", { why, archived: progress.archived });
  }
}

/** Of a fault that others of this process deal with, or time does; all else is thrown on. */
function reasonOf(fault: unknown): string {
  const isKnown =
    fault instanceof StoreFault || fault instanceof LogFault || fault instanceof Fenced;
  if (isKnown) return fault.message;
  throw fault;
}

function untilAborted(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve();
    else stop.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Ends early when stopped. */
function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (stop.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    stop.addEventListener("abort", end);
  });
}
