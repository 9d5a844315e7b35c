/**
 * Segment halt: the mark of a halted shard of the embedded log, a file that holds the reasons.
 *
 *   halted        replaced whole and synced; removed by whoever executes the Clear that lifts it
 *   halted.lock   held by who does either: processes that halt at once each add their reason, and
 *                 none is removed that the Clear did not name
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { withReason } from "./halt-mark.ts";
import { eraOf, withEnd } from "./log-ends.ts";
import { syncDirectory, writeFileLasting } from "./segment-disk.ts";
import { endsIn, keepEnds } from "./segment-restore.ts";
import { StoreLock } from "./store-lock.ts";

const LOCK_WAIT_MS = 5000;

const pathIn = (dir: string): string => join(dir, "halted");

/** Why the shard is halted; null while it is not. */
export function haltIn(dir: string): string | null {
  return fs.existsSync(pathIn(dir)) ? fs.readFileSync(pathIn(dir), "utf8") : null;
}

export async function writeHalt(dir: string, reason: string): Promise<void> {
  await alone(dir, () => {
    const mark = haltIn(dir);
    const longer = withReason(mark, reason);
    if (longer !== mark) writeFileLasting(pathIn(dir), new TextEncoder().encode(longer));
  });
}

/**
 * Unlike `ex` this is synced: a Clear that was taken is taken again when `ex` is made anew. `last`
 * is the position before that Clear, where the log ended.
 */
export async function liftHalt(dir: string, mark: string, last: number): Promise<void> {
  await alone(dir, () => {
    if (haltIn(dir) !== mark) return;
    // First this: said of a halt that is not lifted after all, it makes a snapshot void too many.
    const ends = endsIn(dir);
    keepEnds(dir, withEnd(ends, { position: last, generation: eraOf(ends) + 1 }));
    fs.unlinkSync(pathIn(dir));
    syncDirectory(dir);
  });
}

async function alone(dir: string, step: () => void): Promise<void> {
  const lock = new StoreLock(`${pathIn(dir)}.lock`, LOCK_WAIT_MS);
  try {
    await lock.hold(step);
  } finally {
    lock.close();
  }
}
