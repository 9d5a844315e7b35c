/**
 * Comparison: two engines fed the same records, compared after each; and the shrinking of a list of
 * records on which they differ, down to one from which no record can be dropped.
 *
 *   record --> naive --> reports, roots  \
 *          --> other --> reports, roots  / equal to the byte, or a text that says where not
 */
import { equalBytes, toHex } from "../../src/base/bytes.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { NaiveRootSet } from "../../src/naive/naive-roots.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { readReport, REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { describeRecord } from "./describe-record.ts";

/** What both engines can do. */
export interface Judged {
  apply(view: DataView, record: RecordView, reports: ReportBatch): void;
  roots(): NaiveRootSet;
}
export type Maker = (genesisFrame: Uint8Array) => Judged;

/** Records replayed for one shrinking; with what is left of a list then, a person must do. */
const RECORDS_REPLAYED_MAX = 1_000_000;

export class Comparison {
  readonly naive: NaiveEngine;
  readonly record = new RecordView();
  /** What the naive engine said of the last record. */
  readonly reports = new ReportBatch();
  private readonly other: Judged;
  private readonly otherReports = new ReportBatch();

  constructor(genesisFrame: Uint8Array, make: Maker) {
    this.naive = new NaiveEngine(genesisFrame);
    this.other = make(genesisFrame);
  }

  /** Applies one record to both; "" if they agree about it. */
  step(bytes: Uint8Array<ArrayBuffer>): string {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const wrong = readRecord(view, 0, this.record);
    if (wrong !== "") return wrong;
    this.reports.clear();
    this.otherReports.clear();
    const said = attempt(() => this.naive.apply(view, this.record, this.reports));
    const otherSaid = attempt(() => this.other.apply(view, this.record, this.otherReports));
    if ((said === "") !== (otherSaid === "")) {
      return `naive: ${said || "goes on"}\nother: ${otherSaid || "goes on"}`;
    }
    return compareReports(this.reports, this.otherReports);
  }

  /** "" if the states have the same roots, else the names of those that differ. */
  compareRoots(): string {
    const own = shown(this.naive.roots());
    const other = shown(this.other.roots());
    const names = Object.keys(own).filter((name) => own[name] !== other[name]);
    return names.map((name) => `${name}: naive ${own[name]}\n  other ${other[name]}`).join("\n");
  }
}

function attempt(action: () => void): string {
  try {
    action();
    return "";
  } catch (error) {
    return `throws ${String(error)}`;
  }
}

/** Halts are worded differently; that both halt is what counts. */
function compareReports(own: ReportBatch, other: ReportBatch): string {
  const mine = own.slice(0);
  const theirs = other.slice(0);
  if (equalBytes(mine, theirs)) return "";
  const most = Math.max(own.count, other.count);
  for (let i = 0; i < most; i++) {
    const at = i * REPORT_SIZE;
    const a = mine.subarray(at, at + REPORT_SIZE);
    const b = theirs.subarray(at, at + REPORT_SIZE);
    if (equalBytes(a, b)) continue;
    return `report ${i + 1} of ${own.count} and ${other.count}\n${sideBySide(a, b)}`;
  }
  return "no report differs";
}

/** The fields that differ, or the whole report where there is only one. */
function sideBySide(a: Uint8Array, b: Uint8Array): string {
  const [own, other] = [a, b].map((bytes) =>
    bytes.length === 0
      ? {}
      : readReport(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0),
  );
  const left = new Map(Object.entries(own ?? {}));
  const right = new Map(Object.entries(other ?? {}));
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const apart = names.filter((name) => left.get(name) !== right.get(name));
  const kinds = `kind naive ${String(left.get("kind"))} other ${String(right.get("kind"))}`;
  const rows = apart.map(
    (name) => `  ${name}: naive ${String(left.get(name))} other ${String(right.get(name))}`,
  );
  return [kinds, ...rows, `  naive ${toHex(a)}`, `  other ${toHex(b)}`].join("\n");
}

function shown(roots: NaiveRootSet): Record<string, string> {
  return {
    accounts: toHex(roots.accounts),
    markets: toHex(roots.markets),
    books: toHex(roots.books),
    arrivals: String(roots.arrivals),
    totals: toHex(roots.totals),
  };
}

/** The first difference on these records, roots compared at the end only; "" if there is none. */
export function replay(
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): string {
  const pair = new Comparison(genesisFrame, make);
  for (const record of records) {
    const difference = pair.step(record);
    if (difference !== "") return difference;
  }
  return pair.compareRoots();
}

/** The same difference or another, on fewer records. The first is genesis and stays. */
export function shrink(
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): Uint8Array<ArrayBuffer>[] {
  let kept = [...records];
  let budget = RECORDS_REPLAYED_MAX;
  for (let size = kept.length >>> 1; size >= 1 && budget > 0; ) {
    const before = kept.length;
    for (let at = kept.length - size; at >= 1 && budget > 0; at -= size) {
      const fewer = kept.toSpliced(at, size);
      budget -= fewer.length;
      if (replay(genesisFrame, fewer, make) !== "") kept = fewer;
    }
    if (kept.length === before || size > 1) size >>>= 1;
  }
  return kept;
}

/** What a failing test prints: the seed, what differs, and the shortest way there. */
export function explain(
  seed: number,
  genesisFrame: Uint8Array,
  records: readonly Uint8Array<ArrayBuffer>[],
  make: Maker,
): string {
  const first = replay(genesisFrame, records, make);
  if (first === "") return `seed ${seed}: a difference that does not come back on replay`;
  const least = shrink(genesisFrame, records, make);
  return [
    `seed ${seed}, after ${records.length} records:`,
    first,
    `the same with ${least.length} records:`,
    replay(genesisFrame, least, make),
    ...least.map((record, i) => `${i + 1} ${describeRecord(record)}`),
    `genesis ${toHex(genesisFrame)}`,
  ].join("\n");
}
