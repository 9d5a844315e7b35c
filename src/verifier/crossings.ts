/**
 * Crossings: what went from shard to shard, held against what the shards wrote for each other.
 *
 *   each shard's replay -> entries it wrote (outbox reports), Carry commands it applied
 *   all shards          -> each Carry is, byte for byte, the entry of that number in its source
 *                       -> per asset: sum of net over the shards + what is on its way = 0
 *
 * The engines see to numbers and order; that an entry was ever written, only its source's log says.
 */
import { equalBytes, readU64, viewOf } from "../base/bytes.ts";
import * as codes from "../protocol/codes.ts";
import * as layout from "../protocol/command-layout.ts";
import { encodeCarry } from "../protocol/commands.ts";
import * as frames from "../protocol/frame.ts";
import { carryOf, outboxDestination } from "../protocol/outbox.ts";
import { RECORD_FRAME, RECORD_HEADER_SIZE } from "../protocol/record.ts";
import * as at from "../protocol/report.ts";
import { EntryRun } from "./entry-run.ts";
import type { ExportedRecord } from "./export-records.ts";
import { Lie } from "./lie.ts";

interface Carried {
  readonly position: number;
  readonly logTime: number;
  /** The command. */
  readonly bytes: Uint8Array;
}

/** A lie that only several shards together show, and the shard whose record it is. */
export interface CrossingLie {
  readonly shard: number;
  readonly lie: Lie;
}

const TOTAL_SIZE = 64;
const TOTAL_NET = 56;

/** One shard's part. */
export class ShardCrossings {
  readonly shard: number;
  /** By destination; SHARD_ALL for the directory. */
  readonly written = new Map<number, EntryRun>();
  readonly carried: Carried[] = [];
  /** Credits applied, by source. */
  readonly applied = new Map<number, number>();
  private totals = new Uint8Array(0);
  /** Of the last record that is here. */
  lastLogTime = 0;

  constructor(shard: number) {
    this.shard = shard;
  }

  /** A record that was re-executed, and the reports that it gave. */
  follow(found: ExportedRecord, { view, count }: at.ReportBatch): void {
    this.lastLogTime = found.record.logTime;
    const refused = new Set<number>();
    let isRefused = false;
    for (let offset = 0; offset < count * at.REPORT_SIZE; offset += at.REPORT_SIZE) {
      const kind = view.getUint8(offset);
      if (kind === codes.REPORT_OUTBOX) this.write(view, offset);
      if (kind !== codes.REPORT_REJECTED) continue;
      if (readU64(view, offset + at.REPORT_NUMBER_AT) === 0) isRefused = true;
      refused.add(view.getUint16(offset + at.REPORT_INDEX_AT, true));
    }
    if (found.record.kind === RECORD_FRAME && !isRefused) this.take(found, refused);
  }

  /** The totals of its state at the end: see docs/RULES.md section 8. */
  finish(totals: Uint8Array): void {
    this.totals = totals.slice();
  }

  addNets(sums: Map<number, bigint>): void {
    const view = viewOf(this.totals);
    for (let offset = 0; offset < view.byteLength; offset += TOTAL_SIZE) {
      const asset = view.getUint32(offset + layout.ASSET_ID, true);
      const net = view.getBigInt64(offset + TOTAL_NET, true);
      sums.set(asset, (sums.get(asset) ?? 0n) + net);
    }
  }

  private write(view: DataView, offset: number): void {
    const destination = outboxDestination(view, offset);
    const run = this.written.get(destination) ?? new EntryRun();
    run.add(encodeCarry(carryOf(view, offset, this.shard)));
    this.written.set(destination, run);
  }

  private take({ bytes, position, record }: ExportedRecord, refused: ReadonlySet<number>): void {
    const frame = bytes.subarray(RECORD_HEADER_SIZE);
    if (frame[frames.FRAME_KIND_AT] !== codes.FRAME_OPERATOR) return;
    const view = viewOf(frame);
    const count = view.getUint16(frames.FRAME_COUNT_AT, true);
    let start = frames.FRAME_HEADER_SIZE;
    for (let i = 0; i < count; i++) {
      const type = frame[start] ?? 0;
      const end = start + layout.COMMAND_SIZE[type]!;
      if (type === codes.COMMAND_CARRY && !refused.has(i)) {
        this.carried.push({ position, logTime: record.logTime, bytes: frame.slice(start, end) });
        const source = view.getUint16(start + layout.CARRY_SHARD, true);
        const isCredit = frame[start + layout.CARRY_ENTRY] === codes.ENTRY_CREDIT;
        if (isCredit) this.applied.set(source, (this.applied.get(source) ?? 0) + 1);
      }
      start = end;
    }
  }
}

export interface CrossingCounts {
  readonly carried: number;
  /** Credits written and not yet applied. */
  readonly inFlight: number;
  /** Entries applied that their source's records here do not reach yet; 0 in a cut. */
  readonly ahead: number;
}

/** Clocks of two logs differ by less: each refuses writers that are 5 s off. */
const CLOCKS_US = 10_000_000;

/**
 * What the shards say of each other, together; or the earliest lie by log time. In a cut all that
 * was applied must have been written; else a source's records may end before, but no earlier than
 * clocks can explain.
 */
export function checkCrossings(
  shards: readonly ShardCrossings[],
  isCut: boolean,
): CrossingCounts | CrossingLie {
  const bySource = new Map(shards.map((one) => [one.shard, one]));
  let first: (CrossingLie & { readonly logTime: number }) | null = null;
  const ahead: Carried[] = [];
  for (const { shard, carried } of shards) {
    for (const one of carried) {
      if (first !== null && one.logTime >= first.logTime) break;
      const why = whyNot(one.bytes, shard, bySource);
      if (why === "") continue;
      if (!isCut && isAhead(one, shard, bySource)) {
        ahead.push(one);
        continue;
      }
      const lie = new Lie("record", one.position, why, one.bytes);
      first = { shard, lie, logTime: one.logTime };
      break;
    }
  }
  return first ?? checkFunds(shards, ahead);
}

/** Whether its source's records here end before it could have been written. */
function isAhead(
  { bytes, logTime }: Carried,
  destination: number,
  bySource: ReadonlyMap<number, ShardCrossings>,
): boolean {
  const view = viewOf(bytes);
  const from = bySource.get(view.getUint16(layout.CARRY_SHARD, true));
  if (from === undefined || from.lastLogTime >= logTime + CLOCKS_US) return false;
  const isCredit = view.getUint8(layout.CARRY_ENTRY) === codes.ENTRY_CREDIT;
  const run = from.written.get(isCredit ? destination : codes.SHARD_ALL);
  return readU64(view, layout.CARRY_NUMBER) > (run?.count ?? 0);
}

/** "" if the source wrote this very entry. */
function whyNot(
  carry: Uint8Array,
  destination: number,
  bySource: ReadonlyMap<number, ShardCrossings>,
): string {
  const view = viewOf(carry);
  const source = view.getUint16(layout.CARRY_SHARD, true);
  const number = readU64(view, layout.CARRY_NUMBER);
  const isCredit = view.getUint8(layout.CARRY_ENTRY) === codes.ENTRY_CREDIT;
  const what = isCredit ? `credit ${number}` : `directory entry ${number}`;
  const from = bySource.get(source);
  if (from === undefined) {
    return `it carries ${what} of shard ${source}, which is not in this export`;
  }
  const run = from.written.get(isCredit ? destination : codes.SHARD_ALL);
  const entry = run?.get(number) ?? null;
  if (entry === null) return `it carries ${what} of shard ${source}, which has not written one`;
  if (equalBytes(entry, carry)) return "";
  const field = differenceOf(entry, carry, isCredit);
  return `it carries ${what} of shard ${source}, but not with the ${field} that it has there`;
}

/** By the end of the field in the command; of a credit, and of an entry of the directory. */
const FIELDS: readonly (readonly [end: number, ofCredit: string, ofDirectory: string])[] = [
  [2, "kind", "kind"],
  [4, "source", "source"],
  [8, "account", "account"],
  [16, "number", "number"],
  [20, "asset", "key"],
  [24, "scopes", "scopes"],
  [32, "amount", "expiry"],
  [40, "directory", "directory"],
];

function differenceOf(entry: Uint8Array, carry: Uint8Array, isCredit: boolean): string {
  let i = 0;
  while (i < entry.length && entry[i] === carry[i]) i++;
  const field = FIELDS.find(([end]) => i < end);
  if (field === undefined) return "public key";
  return isCredit ? field[1] : field[2];
}

function checkFunds(
  shards: readonly ShardCrossings[],
  ahead: readonly Carried[],
): CrossingCounts | CrossingLie {
  const sums = new Map<number, bigint>();
  for (const { bytes } of ahead) {
    const view = viewOf(bytes);
    if (view.getUint8(layout.CARRY_ENTRY) !== codes.ENTRY_CREDIT) continue;
    const asset = view.getUint32(layout.CARRY_KEY, true);
    sums.set(asset, (sums.get(asset) ?? 0n) - BigInt(readU64(view, layout.CARRY_EXPIRY)));
  }
  const applied = new Map(shards.map((one) => [one.shard, one.applied]));
  let inFlight = 0;
  let carried = 0;
  for (const one of shards) {
    one.addNets(sums);
    carried += one.carried.length;
    for (const [destination, run] of one.written) {
      if (destination === codes.SHARD_ALL) continue;
      const there = applied.get(destination)?.get(one.shard) ?? 0;
      run.addAmounts(there, sums);
      inFlight += Math.max(0, run.count - there);
    }
  }
  for (const [asset, sum] of sums) {
    if (sum === 0n) continue;
    const why = `asset ${asset}: transfers of all shards and what is on its way differ by ${sum}`;
    return { shard: shards[0]?.shard ?? 0, lie: new Lie("funds", 0, why) };
  }
  return { carried, inFlight, ahead: ahead.length };
}
