/**
 * Restored: after a log has ended and gone on otherwise, made anew from its export or behind a
 * Clear, what a data directory knows of positions that are lost. State of those may never be gone
 * on with: others take their places.
 *
 *   <dir>/restored   the ends of the log (log-ends.ts) that this directory has been cleared for; a
 *                    restore takes over those before it from here, for its log has lost them
 *
 * A service that finds signed heads or commitments of more, or after a restore any state, does not
 * start, and says what to do; the files are put aside by `clob restore`, never removed. Snapshots
 * behind a Clear their owners put aside by themselves (snapshot-files.ts).
 */
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import { viewOf } from "../base/bytes.ts";
import { type Files, HOST_FILES } from "../edges/files.ts";
import { LogFault, type Restored, type Retention } from "../edges/log.ts";
import { endsText, eraOf, isVoid, readEnds } from "../edges/log-ends.ts";
import type { Logger } from "../edges/logger.ts";
import { readSnapshotName, type SnapshotFiles } from "../edges/snapshot-files.ts";
import { decodeCommitment } from "../proofs/commitment.ts";

const MARK = "restored";
const COMMITMENTS = join("settlement", "commitments");

/** A file that knows more, and up to where it may be kept: bytes of it, 0 for none. */
interface Stale {
  readonly path: string;
  readonly position: number;
  readonly keep: number;
}

type Known = Pick<Retention, "ends" | "restored">;

/** For a service about to start; throws LogFault. */
export function refuseStale(dir: string, shard: number, known: Known, files = HOST_FILES): void {
  if (eraOf(known.ends) === eraOf(clearedEnds(dir, files))) return;
  const newest = staleIn(dir, known, files).sort((a, b) => b.position - a.position)[0];
  if (newest !== undefined) {
    const what = `${newest.path} is of position ${newest.position}`;
    const { restored } = known;
    const isRestored = restored !== null && restored.position < newest.position;
    const how = isRestored
      ? `its log was restored up to ${restored.position}`
      : "its log has lost that and gone on otherwise";
    throw new LogFault(`shard ${shard}: ${what}, and ${how}; run: clob restore --shard ${shard}`);
  }
  markCleared(dir, known.ends, files);
}

/** Puts aside what knows more than the log; the paths of what was moved, relative to `dir`. */
export function putAside(dir: string, known: Known): string[] {
  const moved: string[] = [];
  const era = eraOf(known.ends);
  if (era === eraOf(clearedEnds(dir))) return moved;
  const aside = join(dir, `lost-${era}`);
  for (const { path, keep } of staleIn(dir, known, HOST_FILES)) {
    const name = relative(dir, path);
    const to = join(aside, name);
    fs.mkdirSync(dirname(to), { recursive: true });
    if (!fs.existsSync(to)) fs.copyFileSync(path, to);
    if (keep > 0) HOST_FILES.replace(path, new Uint8Array(fs.readFileSync(path)).slice(0, keep));
    else fs.rmSync(path);
    moved.push(name);
  }
  markCleared(dir, known.ends, HOST_FILES);
  return moved;
}

/** For who owns snapshots: puts aside what was kept of positions that the log has lost. */
export function followEnds(
  snapshots: SnapshotFiles,
  ends: readonly Restored[],
  logger: Logger,
): void {
  snapshots.follow(ends);
  for (const { path, position } of snapshots.putAside()) {
    logger.warning("snapshot put aside: its log has ended before it since", { path, position });
  }
}

/** The ends of the log that this directory was cleared for. */
export function clearedEnds(dir: string, files = HOST_FILES): Restored[] {
  const mark = files.read(join(dir, MARK));
  return mark === null ? [] : readEnds(textOf(mark));
}

function markCleared(dir: string, ends: readonly Restored[], files: Files): void {
  files.makeDir(dir);
  files.replace(join(dir, MARK), new TextEncoder().encode(endsText(ends)));
}

function staleIn(dir: string, { ends, restored }: Known, files: Files): Stale[] {
  const cleared = eraOf(clearedEnds(dir, files));
  // Every end since then counts: a later one may lie above one that was missed.
  const missed = ends.filter(({ generation }) => generation > cleared);
  const limit = Math.min(...missed.map(({ position }) => position));
  const stale = (restored?.generation ?? 0) > cleared ? staleSnapshots(dir, missed, files) : [];
  stale.push(...staleHeads(dir, limit, files));
  const path = join(dir, COMMITMENTS);
  const commitments = files.read(path);
  if (commitments === null) return stale;
  const { keep, position } = measure(commitments, limit);
  if (position > limit) stale.push({ path, position, keep });
  return stale;
}

function staleSnapshots(dir: string, missed: readonly Restored[], files: Files): Stale[] {
  const stale: Stale[] = [];
  for (const sub of ["snapshots", join("settlement", "snapshots")]) {
    for (const name of files.list(join(dir, sub))) {
      const state = readSnapshotName(name);
      if (state === null || !isVoid(missed, state)) continue;
      stale.push({ path: join(dir, sub, name), position: state.position, keep: 0 });
    }
  }
  return stale;
}

/** Signed heads over lost records; the one that says of which position goes last. */
function staleHeads(dir: string, limit: number, files: Files): Stale[] {
  const input = join(dir, "settlement", "in.note");
  const state = join(dir, "settlement", "state.note");
  const note = files.read(input);
  if (note === null) return [];
  const position = Number(textOf(note).split("\n")[1] ?? 0);
  const paths = [state, input].filter((path) => position > limit && files.read(path) !== null);
  return paths.map((path) => ({ path, position, keep: 0 }));
}

/** How many bytes of the commitments are of positions up to `limit`; the position of the last. */
function measure(bytes: Uint8Array, limit: number): { keep: number; position: number } {
  const view = viewOf(bytes);
  let keep = 0;
  let position = 0;
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + view.getUint32(at, true);
    if (end > bytes.length) break;
    const commitment = decodeCommitment(bytes.subarray(at + 4, end));
    if (typeof commitment === "string") break;
    position = commitment.position;
    if (position <= limit) keep = end;
    at = end;
  }
  return { keep, position };
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
