/**
 * Files: the small files that services keep beside the log, behind a seam: snapshots, commitments,
 * notes.
 *
 *   replace   the old or the new one is there after a crash, whole, and stays
 *   append    grows; what was synced stays, a tail that was not may be torn
 *
 * All of it at once: these are written rarely, and whoever writes one waits for it anyway.
 */
import * as fs from "node:fs";
import { dirname } from "node:path";

/** A file that grows. Opened by one writer. */
export interface GrowingFile {
  /** Writes all of `bytes` at its end. */
  append(bytes: Uint8Array): void;
  /** Returns when all of it is on the disk. */
  sync(): void;
  close(): void;
}

export interface Files {
  makeDir(dir: string): void;
  /** Names of the files in it; none where there is no such directory. */
  list(dir: string): string[];
  /** Null for a file that is not there. */
  read(path: string): Uint8Array<ArrayBuffer> | null;
  replace(path: string, bytes: Uint8Array): void;
  remove(path: string): void;
  /** Opens or makes it; what lies behind `size` is cut off. */
  grow(path: string, size: number): GrowingFile;
}

export const HOST_FILES: Files = {
  makeDir: (dir) => void fs.mkdirSync(dir, { recursive: true }),
  list: (dir) => (fs.existsSync(dir) ? fs.readdirSync(dir) : []),
  read: (path) => (fs.existsSync(path) ? new Uint8Array(fs.readFileSync(path)) : null),
  replace(path, bytes) {
    const aside = `${path}.tmp`;
    const file = fs.openSync(aside, "w", 0o644);
    try {
      writeAll(file, bytes, 0);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(aside, path);
    syncDirectory(dirname(path));
  },
  remove: (path) => fs.unlinkSync(path),
  grow(path, size) {
    const isNew = !fs.existsSync(path);
    const file = fs.openSync(path, isNew ? "w+" : "r+");
    if (isNew) syncDirectory(dirname(path));
    if (fs.fstatSync(file).size > size) fs.ftruncateSync(file, size);
    let end = size;
    return {
      append(bytes) {
        writeAll(file, bytes, end);
        end += bytes.length;
      },
      sync: () => fs.fdatasyncSync(file),
      close: () => fs.closeSync(file),
    };
  },
};

function writeAll(file: number, bytes: Uint8Array, start: number): void {
  for (let at = 0; at < bytes.length; ) {
    at += fs.writeSync(file, bytes, at, bytes.length - at, start + at);
  }
}

/** Makes names that were created, renamed or removed in `dir` last. */
function syncDirectory(dir: string): void {
  const handle = fs.openSync(dir, "r");
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}
