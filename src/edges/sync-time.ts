/**
 * SyncTime: how long this disk takes to make four kilobytes durable, for people who ask what D2
 * costs.
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { HOST_CLOCK } from "./clock.ts";

const TRIES = 5;
const SIZE = 4096;

/** Median of a few write and fdatasync, in milliseconds. */
export function syncTimeMs(dir: string): number {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, `sync-time.${process.pid}`);
  const file = openSync(path, "w");
  const bytes = new Uint8Array(SIZE);
  const times: number[] = [];
  try {
    for (let i = 0; i < TRIES; i++) {
      const start = HOST_CLOCK.monotonicMs();
      writeSync(file, bytes, 0, SIZE, i * SIZE);
      fdatasyncSync(file);
      times.push(HOST_CLOCK.monotonicMs() - start);
    }
  } finally {
    closeSync(file);
    unlinkSync(path);
  }
  return times.sort((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0;
}
