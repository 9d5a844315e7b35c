/**
 * Governing: which version of the rules governs which positions of a shard (docs/RULES.md 12).
 *
 *   current   governs the last record, since position `from`
 *   next      governs from a position that was not reached yet; null when no upgrade is pending
 *
 *   offset  size  field           as commitments and snapshots hold it
 *        0     8  from            of the current version, which stands in their header
 *        8     8  next_from       0 for none
 *       16     2  next_version    0 for none
 *       18     6  reserved        zero
 */
import { readU64, SAFE_LIMIT, viewOf, writeU64 } from "../base/bytes.ts";
import { COMMAND_UPGRADE, FRAME_OPERATOR } from "./codes.ts";
import { COMMAND_SIZE, UPGRADE_FROM, UPGRADE_VERSION } from "./command-layout.ts";
import { FRAME_HEADER_SIZE, FRAME_KIND_AT, SIGNATURE_SIZE } from "./frame.ts";

/** A version of the rules, and the first position that it governs. */
export interface Upgrade {
  readonly version: number;
  readonly from: number;
}

export interface Governing {
  readonly current: Upgrade;
  readonly next: Upgrade | null;
}

export const GOVERNING_SIZE = 24;

/** Before record 1 of a genesis that names this version. */
export function firstGoverning(version: number): Governing {
  return { current: { version, from: 1 }, next: null };
}

/** The version that governs `position`, which is the last record's or lies behind it. */
export function governs({ current, next }: Governing, position: number): Upgrade {
  return next !== null && position >= next.from ? next : current;
}

export function writeGoverning(view: DataView, at: number, { current, next }: Governing): void {
  writeU64(view, at, current.from);
  writeU64(view, at + 8, next?.from ?? 0);
  view.setUint16(at + 16, next?.version ?? 0, true);
}

/** `version`: the current one. Or what is wrong with the bytes. */
export function readGoverning(view: DataView, at: number, version: number): Governing | string {
  const [from, nextFrom] = [readU64(view, at), readU64(view, at + 8)];
  const nextVersion = view.getUint16(at + 16, true);
  const isZero = view.getUint16(at + 18, true) === 0 && view.getUint32(at + 20, true) === 0;
  if (!isZero) return "reserved bytes behind the rules versions are not zero";
  const isCurrent = version >= 1 && from >= 1 && from < SAFE_LIMIT;
  if (!isCurrent) return "the rules version in force is not one";
  const current = { version, from };
  if (nextFrom === 0 && nextVersion === 0) return { current, next: null };
  if (nextVersion <= version || nextFrom <= from || nextFrom >= SAFE_LIMIT) {
    return "the rules version to come is not one";
  }
  return { current, next: { version: nextVersion, from: nextFrom } };
}

/** An upgrade for a record without successor state, by the later record that says so. */
export interface Cure extends Upgrade {
  /** Position of the Upgrade, above `from`. */
  readonly by: number;
}

/** Whether the version that governs here is signed for by a record that lies ahead. */
export function isAhead(cure: Cure | null, position: number): boolean {
  return cure !== null && position >= cure.from && position < cure.by;
}

/** The Upgrade of a frame that checkFrame accepts, or null if it holds anything else. */
export function readUpgrade(frame: Uint8Array): Upgrade | null {
  const start = FRAME_HEADER_SIZE;
  if (frame.length !== start + COMMAND_SIZE[COMMAND_UPGRADE]! + SIGNATURE_SIZE) return null;
  if (frame[FRAME_KIND_AT] !== FRAME_OPERATOR || frame[start] !== COMMAND_UPGRADE) return null;
  const view = viewOf(frame);
  const version = view.getUint16(start + UPGRADE_VERSION, true);
  return { version, from: readU64(view, start + UPGRADE_FROM) };
}

/** The Upgrade command. */
export function encodeUpgrade({ version, from }: Upgrade): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(COMMAND_SIZE[COMMAND_UPGRADE]!);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, COMMAND_UPGRADE);
  view.setUint16(UPGRADE_VERSION, version, true);
  writeU64(view, UPGRADE_FROM, from);
  return bytes;
}
