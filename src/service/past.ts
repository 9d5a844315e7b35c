/**
 * Past: reports that `ex` does not hold any more, made again: a snapshot, and records of `in` from
 * the export behind it. The same records give the same reports, so nobody has to keep those.
 *
 *   newest state that will do, else genesis -> apply, a few at a time -> reports of each record
 *
 * A snapshot is a cache here as elsewhere: who finds none begins with genesis.
 */
import { viewOf } from "../base/bytes.ts";
import { type InputReader, LogFault, type ShardLog } from "../edges/log.ts";
import { Engine, type EngineOptions } from "../engine/engine.ts";
import { ReportChain } from "../protocol/execution.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { ReportBatch } from "../protocol/report.ts";
import { curesIn } from "./cure.ts";
import { type StateSources, statesUpTo } from "./kept-states.ts";

export interface PastParts {
  readonly log: Pick<ShardLog, "openInputReader">;
  readonly genesisFrame: Uint8Array;
  readonly options: EngineOptions;
  readonly states: StateSources;
  readonly onSkipped?: (from: string, why: string) => void;
  /** What it begins with: where that lies, and its position. */
  readonly onBegin?: (from: string, position: number) => void;
}

const READ_BYTES = 1 << 18;
/** Applied in one go: others share this thread. About a fifth of a millisecond. */
const REPORTS_AT_ONCE = 256;

export class Past {
  readonly engine: Engine;
  readonly chain: ReportChain;
  private readonly parts: PastParts;
  private readonly reports = new ReportBatch();

  private constructor(parts: PastParts, engine: Engine, chain: ReportChain) {
    this.parts = parts;
    this.engine = engine;
    this.chain = chain;
    engine.followChain(chain);
  }

  /** Of the newest snapshot of a position up to `limit` that `fits`, or of genesis. */
  static async open(
    parts: PastParts,
    limit: number,
    fits: (engine: Engine) => boolean = () => true,
  ): Promise<Past> {
    const { genesisFrame, options, states } = parts;
    for await (const state of statesUpTo(states, limit)) {
      const restored = await state.open();
      if (typeof restored === "string") {
        parts.onSkipped?.(state.describe, restored);
        continue;
      }
      const { engine, chain } = restored;
      if (!fits(engine)) continue;
      parts.onBegin?.(state.describe, state.position);
      return new Past(parts, engine, new ReportChain(chain));
    }
    parts.onBegin?.("genesis", 0);
    return new Past(parts, new Engine(genesisFrame, options), new ReportChain());
  }

  get position(): number {
    return this.engine.position;
  }

  /** Goes on to that position; `take` gets the reports of each record, on loan until it settles. */
  async upTo(
    position: number,
    take: (reports: ReportBatch) => Promise<void> | void,
    stop: AbortSignal,
  ): Promise<void> {
    if (this.position >= position) return;
    const input = await this.parts.log.openInputReader();
    try {
      while (this.position < position && !stop.aborted) {
        if (!(await this.applySome(input, position, { take, stop }))) return;
      }
    } finally {
      await input.close();
    }
  }

  /** One batch; false when asked to stop. */
  private async applySome(
    input: InputReader,
    last: number,
    { take, stop }: { take: (reports: ReportBatch) => Promise<void> | void; stop: AbortSignal },
  ): Promise<boolean> {
    const { engine, reports } = this;
    const batch = await input.read(engine.position, READ_BYTES, stop);
    if (batch === null) return false;
    const view = viewOf(batch.bytes);
    const record = new RecordView();
    let inARow = 0;
    for (let at = 0; at < batch.bytes.length && engine.position < last; at = record.end) {
      const wrong = readRecord(view, at, record);
      if (wrong !== "") throw new LogFault(`in, position ${engine.position + 1}: ${wrong}`);
      reports.clear();
      try {
        engine.apply(view, record, reports);
      } catch (fault) {
        await curesIn(this.parts)(engine, fault);
        engine.apply(view, record, reports);
      }
      this.chain.step(reports.slice(0));
      inARow += 1 + reports.count;
      const taken = take(reports);
      if (taken !== undefined) await taken;
      if (inARow < REPORTS_AT_ONCE) continue;
      inARow = 0;
      await new Promise(setImmediate);
      if (stop.aborted) return false;
    }
    return true;
  }
}
