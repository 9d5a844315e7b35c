/**
 * RestoredGeneration: the number of a log that is made anew. Nobody who slept through the loss may
 * hold one as high, or he would write to another log than he knows.
 *
 *   this machine's clock                                   seconds
 *   newest log time of the export, by the clock of Redis   seconds + 1
 *   restores that the export or the data directory names   generation + TURNS
 *
 * The highest of them, for each clock may be wrong. The export is told before the log is made, as
 * restored/<generation>: the next restore may be on another machine.
 */
import { existsSync, readdirSync } from "node:fs";
import type { ExportStore } from "../edges/export-store.ts";
import { clearedEnds } from "../service/restored.ts";

export interface GenerationParts {
  /** The shard's data directory. */
  readonly dir: string;
  readonly store: ExportStore;
  /** Of the newest record that is exported, microseconds. */
  readonly logTime: number;
  readonly nowMs: number;
}

/** A generation rises by one with each failover or clear, an epoch with each turn of a matcher. */
const TURNS = 1000;

/** Throws StoreFault where the export cannot be asked. */
export async function nextGeneration(parts: GenerationParts): Promise<number> {
  const { dir, store, logTime, nowMs } = parts;
  const known = [...generationsIn(dir), ...(await store.restored())];
  return Math.max(
    Math.floor(nowMs / 1000),
    Math.floor(logTime / 1_000_000) + 1,
    ...known.map((generation) => generation + TURNS),
  );
}

/** Of the ends that it was cleared for, and of those for which files were put aside. */
function generationsIn(dir: string): number[] {
  if (!existsSync(dir)) return [];
  const aside = readdirSync(dir).map((name) => /^lost-(\d{1,15})$/.exec(name)?.[1] ?? "0");
  return [...clearedEnds(dir).map(({ generation }) => generation), ...aside.map(Number)];
}
