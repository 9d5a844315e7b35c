/**
 * Snapshot files: engine state on disk, so that a restart replays little.
 *
 *   <dir>/<name>-<position, 20 digits>.snap      the whole of it, or none
 *
 * A snapshot is a cache: whoever cannot use one replays from genesis and gets the same state. Its
 * own bytes carry their hash; the reader judges them.
 */
import { join } from "node:path";
import { type Files, HOST_FILES } from "./files.ts";

export interface StoredSnapshot {
  readonly position: number;
  readonly path: string;
}

export class SnapshotFiles {
  private readonly dir: string;
  private readonly name: string;
  private readonly kept: number;
  private readonly files: Files;

  /** `kept`: how many of the newest stay. */
  constructor(dir: string, name: string, kept: number, files = HOST_FILES) {
    this.dir = dir;
    this.name = name;
    this.kept = kept;
    this.files = files;
    files.makeDir(dir);
  }

  /** Newest first. */
  list(): StoredSnapshot[] {
    const pattern = new RegExp(`^${this.name}-(\\d{20})\\.snap$`);
    const found: StoredSnapshot[] = [];
    for (const file of this.files.list(this.dir)) {
      const digits = pattern.exec(file)?.[1];
      if (digits !== undefined) {
        found.push({ position: Number(digits), path: join(this.dir, file) });
      }
    }
    return found.sort((a, b) => b.position - a.position);
  }

  read(snapshot: StoredSnapshot): Uint8Array<ArrayBuffer> {
    return this.files.read(snapshot.path) ?? new Uint8Array(0);
  }

  write(position: number, bytes: Uint8Array): void {
    const path = join(this.dir, `${this.name}-${String(position).padStart(20, "0")}.snap`);
    this.files.replace(path, bytes);
    for (const old of this.list().slice(this.kept)) this.files.remove(old.path);
  }
}
