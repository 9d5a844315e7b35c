/**
 * Segment halt: the mark of a halted shard of the embedded log, a file that holds the reason.
 *
 *   halted   written once, synced; removed by whoever executes the Clear that lifts it
 */
import * as fs from "node:fs";
import { join } from "node:path";
import { syncDirectory, writeFileLasting } from "./segment-disk.ts";

const pathIn = (dir: string): string => join(dir, "halted");

/** Why the shard is halted; null while it is not. */
export function haltIn(dir: string): string | null {
  return fs.existsSync(pathIn(dir)) ? fs.readFileSync(pathIn(dir), "utf8") : null;
}

/** The first reason is the one that counts. */
export function writeHalt(dir: string, reason: string): void {
  if (haltIn(dir) === null) writeFileLasting(pathIn(dir), new TextEncoder().encode(reason));
}

/** Unlike `ex` this is synced: a Clear that was taken is taken again when `ex` is made anew. */
export function liftHalt(dir: string, reason: string): void {
  if (haltIn(dir) !== reason) return;
  fs.unlinkSync(pathIn(dir));
  syncDirectory(dir);
}
