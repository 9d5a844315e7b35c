/**
 * Restored: after a log was made anew from its export, what a data directory knows of positions
 * that are lost. State of those may never be gone on with: others will take their places.
 *
 *   <dir>/restored   "position generation" of the restore that this directory has been cleared for
 *
 * A service that finds more than the log was restored to does not start, and says what to do; the
 * files are put aside by `clob restore`, never removed.
 */
import * as fs from "node:fs";
import { dirname, join, relative } from "node:path";
import { viewOf } from "../base/bytes.ts";
import { HOST_FILES } from "../edges/files.ts";
import { LogFault, type Restored } from "../edges/log.ts";
import { decodeCommitment } from "../proofs/commitment.ts";

const MARK = "restored";
const COMMITMENTS = join("settlement", "commitments");
const SNAPSHOT = /-(\d{20})\.snap$/;

/** A file that knows more, and up to where it may be kept: bytes of it, 0 for none. */
interface Stale {
  readonly path: string;
  readonly position: number;
  readonly keep: number;
}

/** For a service about to start; throws LogFault. */
export function refuseStale(dir: string, shard: number, restored: Restored | null): void {
  if (restored === null || isCleared(dir, restored)) return;
  const newest = staleIn(dir, restored.position).sort((a, b) => b.position - a.position)[0];
  if (newest !== undefined) {
    const what = `${newest.path} is of position ${newest.position}`;
    const how = `its log was restored up to ${restored.position}`;
    throw new LogFault(`shard ${shard}: ${what}, and ${how}; run: clob restore --shard ${shard}`);
  }
  markCleared(dir, restored);
}

/** Puts aside what knows more than the log; the paths of what was moved, relative to `dir`. */
export function putAside(dir: string, restored: Restored): string[] {
  const moved: string[] = [];
  if (isCleared(dir, restored)) return moved;
  const aside = join(dir, `lost-${restored.generation}`);
  for (const { path, keep } of staleIn(dir, restored.position)) {
    const name = relative(dir, path);
    const to = join(aside, name);
    fs.mkdirSync(dirname(to), { recursive: true });
    if (!fs.existsSync(to)) fs.copyFileSync(path, to);
    if (keep > 0) HOST_FILES.replace(path, new Uint8Array(fs.readFileSync(path)).slice(0, keep));
    else fs.rmSync(path);
    moved.push(name);
  }
  markCleared(dir, restored);
  return moved;
}

function isCleared(dir: string, restored: Restored): boolean {
  const path = join(dir, MARK);
  return fs.existsSync(path) && fs.readFileSync(path, "utf8") === textOf(restored);
}

function markCleared(dir: string, restored: Restored): void {
  fs.mkdirSync(dir, { recursive: true });
  HOST_FILES.replace(join(dir, MARK), new TextEncoder().encode(textOf(restored)));
}

function textOf({ position, generation }: Restored): string {
  return `${position} ${generation}`;
}

function staleIn(dir: string, limit: number): Stale[] {
  const stale: Stale[] = [];
  for (const sub of ["snapshots", join("settlement", "snapshots")]) {
    for (const name of namesIn(join(dir, sub))) {
      const position = Number(SNAPSHOT.exec(name)?.[1] ?? 0);
      if (position > limit) stale.push({ path: join(dir, sub, name), position, keep: 0 });
    }
  }
  stale.push(...staleHeads(dir, limit));
  const path = join(dir, COMMITMENTS);
  if (!fs.existsSync(path)) return stale;
  const { keep, position } = measure(new Uint8Array(fs.readFileSync(path)), limit);
  if (position > limit) stale.push({ path, position, keep });
  return stale;
}

/** Signed heads over lost records; the one that says of which position goes last. */
function staleHeads(dir: string, limit: number): Stale[] {
  const input = join(dir, "settlement", "in.note");
  const state = join(dir, "settlement", "state.note");
  if (!fs.existsSync(input)) return [];
  const position = Number(fs.readFileSync(input, "utf8").split("\n")[1] ?? 0);
  const paths = position > limit ? [state, input].filter((path) => fs.existsSync(path)) : [];
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

function namesIn(dir: string): string[] {
  return fs.existsSync(dir) ? fs.readdirSync(dir) : [];
}
