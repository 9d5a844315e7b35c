/**
 * Segment disk: the few calls to the file system on which durability rests, behind a seam, so that
 * tests can slow them down, let them fail, or leave them out and watch our promises break.
 *
 * Writes and syncs run on the runtime's threads, off the event loop. A failed sync is never tried
 * again: the kernel may have dropped the pages, and the second try would say that all is well.
 */
import * as fs from "node:fs";
import { dirname } from "node:path";

export interface Disk {
  /** Writes all of `bytes` at that offset. */
  write(fd: number, bytes: Uint8Array, at: number): Promise<void>;
  /** The same at once; for small writes that nobody syncs. */
  writeNow(fd: number, bytes: Uint8Array, at: number): void;
  /** Resolves when what was written, and the file's size, are on the disk. */
  sync(fd: number): Promise<void>;
}

export const realDisk: Disk = {
  async write(fd, bytes, at) {
    for (let done = 0; done < bytes.length; ) {
      done += await writeSome(fd, bytes.subarray(done), at + done);
    }
  },
  writeNow(fd, bytes, at) {
    for (let done = 0; done < bytes.length; ) {
      done += fs.writeSync(fd, bytes, done, bytes.length - done, at + done);
    }
  },
  sync: (fd) =>
    new Promise((resolve, reject) => {
      fs.fdatasync(fd, (error) => (error === null ? resolve() : reject(error)));
    }),
};

function writeSome(fd: number, bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.write(fd, bytes, 0, bytes.length, at, (error, size) => {
      if (error === null) resolve(size);
      else reject(error);
    });
  });
}

/** Makes names that were created, renamed or removed in `dir` last. */
export function syncDirectory(dir: string): void {
  const fd = fs.openSync(dir, "r");
  fs.fsyncSync(fd);
  fs.closeSync(fd);
}

/** Replaces or creates a small file so that it is the old or the new one, and lasts. */
export function writeFileLasting(path: string, bytes: Uint8Array): void {
  const draft = `${path}.new`;
  const fd = fs.openSync(draft, "w", 0o600);
  realDisk.writeNow(fd, bytes, 0);
  fs.fsyncSync(fd);
  fs.closeSync(fd);
  fs.renameSync(draft, path);
  syncDirectory(dirname(path));
}
