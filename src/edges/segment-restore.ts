/**
 * Segment restore: an embedded log made, and one made anew of its export. Its one record of `in`
 * comes last: what a crash leaves before that is no log, and is made again.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { viewOf } from "../base/bytes.ts";
import { readRecord, RecordView } from "../protocol/record.ts";
import { encodeEntry, encodeSegmentHeader, SEGMENT_HEADER_SIZE } from "../protocol/segment.ts";
import type { Role } from "./directory-lock.ts";
import { type LogEnd, LogFault, type Restored } from "./log.ts";
import type { GenesisFacts } from "./log-genesis.ts";
import { endsText, readEnds, withEnd } from "./log-ends.ts";
import { writeFileLasting } from "./segment-disk.ts";
import { keepRule } from "./segment-rules.ts";
import { KINDS, listSegments, segmentPath } from "./segment-files.ts";
import { GENESIS_NAME } from "./segment-recover.ts";

export const RESTORED_NAME = "keep.restored";

const ENDS_NAME = "keep.ends";

/** Where this log has ended once and gone on otherwise. */
export function endsIn(dir: string): Restored[] {
  const path = join(dir, ENDS_NAME);
  return readEnds(fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "");
}

export function keepEnds(dir: string, ends: readonly Restored[]): void {
  writeFileLasting(join(dir, ENDS_NAME), new TextEncoder().encode(endsText(ends)));
}

export function restoreSegments(dir: string, facts: GenesisFacts, end: LogEnd): void {
  if (listSegments(dir, "in").length > 0) throw new LogFault(`${dir} already holds a log`);
  const { position, generation } = end;
  const record = new RecordView();
  const wrong = readRecord(viewOf(end.record), 0, record);
  if (wrong !== "") throw new LogFault(`record ${position}: ${wrong}`);
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  writeSegment(dir, "ex", { facts, position, logTime: 0, bytes: end.execution });
  writeFileLasting(join(dir, "ex.epoch"), text(String(generation)));
  writeFileLasting(join(dir, RESTORED_NAME), text(`${position} ${generation}`));
  keepEnds(dir, withEnd(end.ends, { position, generation }));
  for (const mark of ["archived", "checkpointed"]) {
    writeFileLasting(join(dir, `keep.${mark}`), text(String(position)));
  }
  for (const upgrade of end.rules) keepRule(dir, upgrade);
  writeFileLasting(join(dir, GENESIS_NAME), end.genesisRecord);
  const { logTime } = record;
  writeSegment(dir, "in", { facts, position, logTime, bytes: end.record });
}

/** The whole first segment appears at once or not at all. */
export function writeGenesis(dir: string, facts: GenesisFacts, record: Uint8Array): void {
  const { logTime } = facts;
  writeSegment(dir, "in", { facts, position: 1, logTime, bytes: record });
}

interface OneEntry {
  readonly facts: GenesisFacts;
  readonly position: number;
  readonly logTime: number;
  readonly bytes: Uint8Array;
}

function writeSegment(dir: string, role: Role, one: OneEntry): void {
  const { facts, position: first, logTime, bytes } = one;
  const { shard, venue } = facts;
  const kind = KINDS[role];
  const salt = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const entry = encodeEntry({ kind, first, count: 1, logTime }, bytes, salt);
  const segment = new Uint8Array(SEGMENT_HEADER_SIZE + entry.length);
  segment.set(encodeSegmentHeader({ kind, shard, first, salt, venue }));
  segment.set(entry, SEGMENT_HEADER_SIZE);
  writeFileLasting(segmentPath(dir, role, first), segment);
}
