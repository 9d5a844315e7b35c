/**
 * Read a batch, match it, publish what came of it, move on. In that order, always.
 *
 * A crash between any two steps is harmless: the engine is deterministic, so the next process reads
 * the same records again and makes the same reports again; what `ex` has already is not appended.
 */
import { assert } from "../base/assert.ts";
import { bytesOf, viewOf } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import type { ExecutionWriter, InputBatch, InputReader } from "../edges/log.ts";
import { type Engine, Halt } from "../engine/engine.ts";
import { type Clear, readClear } from "../protocol/clear.ts";
import * as codes from "../protocol/codes.ts";
import { encodeExecution, type ReportChain } from "../protocol/execution.ts";
import { FRAME_HEADER_SIZE } from "../protocol/frame.ts";
import { readRecord, RECORD_FRAME, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";
import { REPORT_SIZE, ReportBatch } from "../protocol/report.ts";
import type { CureFault } from "../service/cure.ts";

export interface MatchParts {
  readonly engine: Engine;
  readonly chain: ReportChain;
  readonly input: InputReader;
  readonly output: ExecutionWriter;
  readonly shard: number;
  readonly directoryOrigin: number;
  readonly batchBytesMax: number;
  /** Why the shard is halted, if this Clear is of that halt. */
  readonly haltOf: (clear: Clear) => Promise<string | undefined>;
  /** What to do about a record without successor state. */
  readonly onHalt: CureFault;
  /** The Clear of a halt was executed and taken. */
  readonly onLifted: () => Promise<void>;
  /** Called after each appended batch. */
  readonly onBatch: (records: number, reports: number) => void;
  readonly stop: AbortSignal;
}

/** An execution record ends with the input record that brings it to this many reports. */
const REPORTS_PER_EXECUTION = 8192;

/** Of the first command, from the begin of a record. */
const COMMAND_AT = RECORD_HEADER_SIZE + FRAME_HEADER_SIZE;

export async function runMatchLoop(parts: MatchParts): Promise<void> {
  const matching = new Matching(parts);
  await matching.keepUpgrades();
  while (!parts.stop.aborted) {
    const { engine, input, batchBytesMax, stop } = parts;
    const batch = await input.read(engine.position, batchBytesMax, stop);
    if (batch === null) break;
    assert(batch.first === engine.position + 1, "records are read densely");
    await matching.match(batch).catch((fault: unknown) => parts.onHalt(engine, fault));
  }
}

class Matching {
  private readonly parts: MatchParts;
  private readonly reports = new ReportBatch();
  private readonly record = new RecordView();
  private readonly chainBefore = new Uint8Array(32);
  /** The newest version that the log keeps; it knows by itself what governs from genesis on. */
  private kept = 0;
  /** The newest Clear that the engine has taken and that is not published yet. */
  private cleared: Clear | null = null;

  constructor(parts: MatchParts) {
    this.parts = parts;
  }

  /** Appends one execution record, or a few when there are very many reports. */
  async match(batch: InputBatch): Promise<void> {
    const view = viewOf(batch.bytes);
    let at = 0;
    /** Where the newest record that was applied begins; it ends at `at`. */
    let newest = 0;
    let left = batch.count;
    let halt: Halt | null = null;
    while (left > 0 && halt === null) {
      const first = this.parts.engine.position + 1;
      this.chainBefore.set(this.parts.chain.value);
      const { version } = this.parts.engine.governs(first);
      while (left > 0 && halt === null && this.hasRoom(version)) {
        const next = this.tryApply(view, at);
        if (next instanceof Halt) halt = next;
        else {
          newest = at;
          at = next;
        }
        left--;
      }
      const isAny = this.parts.engine.position >= first;
      if (isAny) await this.publish(first, batch.bytes.subarray(newest, at));
    }
    if (halt !== null) throw halt;
  }

  /** An execution record is of one rules version, and of not too many reports. */
  private hasRoom(version: number): boolean {
    const { engine } = this.parts;
    const isSame = engine.governs(engine.position + 1).version === version;
    return isSame && this.reports.count < REPORTS_PER_EXECUTION;
  }

  /** What durable records have made is kept by the log too, before its position is reached. */
  async keepUpgrades(): Promise<void> {
    const { engine, output } = this.parts;
    const { current, next } = engine.governing;
    for (const upgrade of [current, next]) {
      if (upgrade === null || upgrade.from === 1 || upgrade.version <= this.kept) continue;
      await output.govern(upgrade);
      this.kept = upgrade.version;
    }
  }

  /** Where the next record begins, or why there is none: what came before it is still published. */
  private tryApply(view: DataView, at: number): number | Halt {
    try {
      return this.apply(view, at);
    } catch (fault) {
      if (fault instanceof Halt) return fault;
      throw fault;
    }
  }

  /** The hot path. It never awaits, so nothing can happen in the middle of a record. */
  private apply(view: DataView, at: number): number {
    const { engine, chain } = this.parts;
    const wrong = readRecord(view, at, this.record);
    if (wrong !== "") throw new Halt(wrong, engine.position + 1);
    const from = this.reports.count;
    engine.apply(view, this.record, this.reports);
    chain.step(this.reports.slice(from));
    const { at: begin, end, kind } = this.record;
    // A record that was cured may have a frame of any size.
    const hasCommand = kind === RECORD_FRAME && end > begin + COMMAND_AT;
    const isClear = hasCommand && view.getUint8(begin + COMMAND_AT) === codes.COMMAND_CLEAR;
    if (isClear) this.noteClear(bytesOf(view).subarray(begin + RECORD_HEADER_SIZE, end), from);
    return end;
  }

  /** What the engine refused lifts nothing. */
  private noteClear(frame: Uint8Array, from: number): void {
    for (let i = from; i < this.reports.count; i++) {
      const kind = this.reports.view.getUint8(i * REPORT_SIZE);
      if (kind === codes.REPORT_CLEARED) this.cleared = readClear(frame);
    }
  }

  private async publish(first: number, newest: Uint8Array): Promise<void> {
    const { engine, chain, output, shard, directoryOrigin } = this.parts;
    const last = engine.position;
    const record = encodeExecution(
      {
        shard,
        rulesVersion: engine.governs(last).version,
        directoryOrigin,
        first,
        last,
        epoch: output.epoch,
        durable: output.durableWith(last),
        lastCrc: crc32(newest),
        chainBefore: this.chainBefore,
        chain: chain.value,
      },
      this.reports.slice(0),
    );
    const count = this.reports.count;
    this.reports.clear();
    const lifts = this.cleared === null ? undefined : await this.parts.haltOf(this.cleared);
    this.cleared = null;
    await output.append(record, lifts);
    if (lifts !== undefined) await this.parts.onLifted();
    await this.keepUpgrades();
    this.parts.onBatch(last - first + 1, count);
  }
}
