/**
 * Tally: what a run of commands led to: how many of each report kind, reject code and cancel
 * reason, what share was accepted, how deep the books were. The proof that a random test was there.
 */
import { CANCEL_REASONS, REPORT_KINDS } from "../../src/protocol/code-names.ts";
import * as codes from "../../src/protocol/codes.ts";
import { FRAME_COUNT_AT, FRAME_HEADER_SIZE } from "../../src/protocol/frame.ts";
import { COMMAND_SIZE } from "../../src/protocol/command-layout.ts";
import { RECORD_HEADER_SIZE, RECORD_TICK, type RecordView } from "../../src/protocol/record.ts";
import {
  REPORT_CODE_AT,
  REPORT_INDEX_AT,
  REPORT_NUMBER_AT,
  REPORT_REASON_AT,
  REPORT_SIZE,
} from "../../src/protocol/report.ts";

export class Tally {
  records = 0;
  commands = 0;
  rejected = 0;
  reports = 0;
  deepestLevels = 0;
  mostOpenOrders = 0;
  readonly commandTypes = new Map<number, number>();
  readonly kinds = new Map<number, number>();
  readonly rejects = new Map<number, number>();
  readonly cancelReasons = new Map<number, number>();
  massCancelsCutShort = 0;
  timersCutShort = 0;
  /** Snapshots that the other engine went on from. */
  restarts = 0;
  /** Reports that no command caused, and the stops among them. */
  dueReports = 0;
  dueStops = 0;

  /** One record and the bytes of its reports. */
  add(view: DataView, record: RecordView, reports: Uint8Array): void {
    this.records++;
    const frame = record.at + RECORD_HEADER_SIZE;
    const isCommands =
      record.kind !== RECORD_TICK && view.getUint8(frame + 5) !== codes.FRAME_GENESIS;
    const count = isCommands ? view.getUint16(frame + FRAME_COUNT_AT, true) : 0;
    this.commands += count;
    let at = frame + FRAME_HEADER_SIZE;
    for (let i = 0; i < count; i++) {
      const type = view.getUint8(at);
      countOne(this.commandTypes, type);
      at += COMMAND_SIZE[type]!;
    }
    this.addReports(reports, count);
  }

  private addReports(reports: Uint8Array, count: number): void {
    const said = new DataView(reports.buffer, reports.byteOffset, reports.length);
    for (let at = 0; at < reports.length; at += REPORT_SIZE) {
      this.reports++;
      const kind = said.getUint8(at);
      countOne(this.kinds, kind);
      if (kind === codes.REPORT_CANCELED) {
        countOne(this.cancelReasons, said.getUint8(at + REPORT_REASON_AT));
      }
      const isMass = kind === codes.REPORT_MASS_CANCELED;
      if (isMass && said.getUint8(at + REPORT_REASON_AT) === 1) this.massCancelsCutShort++;
      const isTimer = kind === codes.REPORT_TIMER_FIRED;
      if (isTimer && said.getUint8(at + REPORT_REASON_AT) === 1) this.timersCutShort++;
      const isDue = said.getUint16(at + REPORT_INDEX_AT, true) === codes.INDEX_DUE;
      if (isDue) this.dueReports++;
      if (isDue && kind === codes.REPORT_TRIGGERED) this.dueStops++;
      if (kind !== codes.REPORT_REJECTED) continue;
      countOne(this.rejects, said.getUint16(at + REPORT_CODE_AT, true));
      const unnumbered = said.getUint32(at + REPORT_NUMBER_AT, true) === 0;
      this.rejected += unnumbered ? count : 1;
    }
  }

  get acceptedPercent(): number {
    return (100 * (this.commands - this.rejected)) / Math.max(1, this.commands);
  }
}

function countOne(counts: Map<number, number>, what: number): void {
  counts.set(what, (counts.get(what) ?? 0) + 1);
}

export function reportName(kind: number): string {
  return REPORT_KINDS.find(([known]) => known === kind)?.[1] ?? String(kind);
}

export function reasonName(reason: number): string {
  return CANCEL_REASONS.find(([known]) => known === reason)?.[1] ?? String(reason);
}

/** Every report kind there is, and every reason of a cancel that an engine gives. */
export const KINDS = REPORT_KINDS.map(([kind]) => kind);
export const REASONS = CANCEL_REASONS.map(([reason]) => reason);

/** Those said by services, never by an engine. */
const NOT_OF_ENGINES = [codes.REJECT_SIGNATURE, codes.REJECT_CHALLENGE];

/** Every reject code that an engine can give. */
export const ENGINE_REJECTS = codes.REJECT_CODES.map(({ code }) => code).filter(
  (code) => code >= 200 && code < 500 && !NOT_OF_ENGINES.includes(code),
);
