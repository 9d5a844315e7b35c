/**
 * Snapshot files: engine state on disk, so that a restart replays little.
 *
 *   <dir>/<name>-<position, 20 digits>.snap            the whole of it, or none
 *   <dir>/<name>-e<era>-<position, 20 digits>.snap     made behind an end of the log: log-ends.ts
 *   <dir>/....snap.lost-<generation>                   put aside: of a history that is no more
 *
 * A snapshot is a cache: whoever cannot use one replays from genesis and gets the same state. Its
 * own bytes carry their hash; the reader judges them.
 */
import { join } from "node:path";
import { type Files, HOST_FILES } from "./files.ts";
import type { Restored } from "./log.ts";
import { eraOf, isVoid } from "./log-ends.ts";

export interface StoredSnapshot {
  readonly position: number;
  /** Generation of the newest end of the log when it was made; 0 for none. */
  readonly era: number;
  readonly path: string;
}

const NAME = /^(.+?)-(?:e(\d{1,16})-)?(\d{20})\.snap$/;

/** What the name of a file says of the snapshot in it; null where it is none. */
export function readSnapshotName(
  file: string,
): { readonly name: string; readonly position: number; readonly era: number } | null {
  const [, name, era = "0", position] = NAME.exec(file) ?? [];
  if (name === undefined) return null;
  return { name, position: Number(position), era: Number(era) };
}

export class SnapshotFiles {
  private readonly dir: string;
  private readonly name: string;
  private readonly kept: number;
  private readonly files: Files;
  private ends: readonly Restored[] = [];

  /** `kept`: how many of the newest stay. */
  constructor(dir: string, name: string, kept: number, files = HOST_FILES) {
    this.dir = dir;
    this.name = name;
    this.kept = kept;
    this.files = files;
    files.makeDir(dir);
  }

  /** Where the log is known to have ended: what is void by that is no longer listed. */
  follow(ends: readonly Restored[]): void {
    this.ends = ends;
  }

  /** Puts aside what is void, and says which. */
  putAside(): StoredSnapshot[] {
    const lost = this.all().filter((one) => isVoid(this.ends, one));
    for (const one of lost) {
      this.files.replace(`${one.path}.lost-${eraOf(this.ends)}`, this.read(one));
      this.files.remove(one.path);
    }
    return lost;
  }

  /** Newest first. */
  list(): StoredSnapshot[] {
    return this.all().filter((one) => !isVoid(this.ends, one));
  }

  private all(): StoredSnapshot[] {
    const found: StoredSnapshot[] = [];
    for (const file of this.files.list(this.dir)) {
      const said = readSnapshotName(file);
      if (said?.name !== this.name) continue;
      found.push({ position: said.position, era: said.era, path: join(this.dir, file) });
    }
    return found.sort((a, b) => b.position - a.position || b.era - a.era);
  }

  read(snapshot: StoredSnapshot): Uint8Array<ArrayBuffer> {
    return this.files.read(snapshot.path) ?? new Uint8Array(0);
  }

  write(position: number, bytes: Uint8Array): void {
    const era = eraOf(this.ends);
    const behind = era === 0 ? "" : `e${era}-`;
    const file = `${this.name}-${behind}${String(position).padStart(20, "0")}.snap`;
    this.files.replace(join(this.dir, file), bytes);
    for (const old of this.list().slice(this.kept)) this.files.remove(old.path);
  }
}
