/**
 * Snapshot files: engine state on disk, so that a restart replays little.
 *
 *   <dir>/<name>-<position, 20 digits>.snap      written aside, synced, renamed, directory synced
 *
 * A snapshot is a cache: whoever cannot use one replays from genesis and gets the same state. Its
 * own bytes carry their hash; the reader judges them.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, writeSync } from "node:fs";
import { readdirSync, readFileSync, renameSync, unlinkSync } from "node:fs";
import { join } from "node:path";

export interface StoredSnapshot {
  readonly position: number;
  readonly path: string;
}

export class SnapshotFiles {
  private readonly dir: string;
  private readonly name: string;
  private readonly kept: number;

  /** `kept`: how many of the newest stay. */
  constructor(dir: string, name: string, kept: number) {
    this.dir = dir;
    this.name = name;
    this.kept = kept;
    mkdirSync(dir, { recursive: true });
  }

  /** Newest first. */
  list(): StoredSnapshot[] {
    const pattern = new RegExp(`^${this.name}-(\\d{20})\\.snap$`);
    const found: StoredSnapshot[] = [];
    for (const file of readdirSync(this.dir)) {
      const digits = pattern.exec(file)?.[1];
      if (digits !== undefined) {
        found.push({ position: Number(digits), path: join(this.dir, file) });
      }
    }
    return found.sort((a, b) => b.position - a.position);
  }

  read(snapshot: StoredSnapshot): Uint8Array<ArrayBuffer> {
    return new Uint8Array(readFileSync(snapshot.path));
  }

  write(position: number, bytes: Uint8Array): void {
    const path = join(this.dir, `${this.name}-${String(position).padStart(20, "0")}.snap`);
    writeWhole(path, bytes);
    for (const old of this.list().slice(this.kept)) unlinkSync(old.path);
  }
}

/** Replaces `path` by `bytes` such that after a crash either the old or the new is there, whole. */
export function writeWhole(path: string, bytes: Uint8Array): void {
  const aside = `${path}.tmp`;
  const file = openSync(aside, "w", 0o644);
  try {
    for (let at = 0; at < bytes.length; ) {
      at += writeSync(file, bytes, at, bytes.length - at);
    }
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(aside, path);
  syncDirectory(join(path, ".."));
}

export function syncDirectory(dir: string): void {
  const handle = openSync(dir, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
