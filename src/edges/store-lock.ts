/**
 * StoreLock: one process at a time moves a pointer of a directory store.
 *
 * It must let go by itself when its holder is killed, on every system that we run on, and Bun
 * offers no flock. SQLite's lock of a database file is just that: a lock of the kernel, which dies
 * with its process. Nothing is ever written into the database. The only file that imports
 * bun:sqlite.
 */
import { Database } from "bun:sqlite";
import { StoreFault, StoreUnreachable } from "./object-store.ts";

const PAUSE_MS = 2;

export class StoreLock {
  private readonly path: string;
  private readonly waitMsMax: number;
  private database: Database | null = null;

  constructor(path: string, waitMsMax: number) {
    this.path = path;
    this.waitMsMax = waitMsMax;
  }

  /** `step` must not wait: nobody else can hold the lock meanwhile, in this process neither. */
  async hold<T>(step: () => T): Promise<T> {
    const deadline = performance.now() + this.waitMsMax;
    while (!this.tryBegin()) {
      if (performance.now() > deadline) {
        throw new StoreUnreachable(`${this.path} was held for over ${this.waitMsMax} ms`);
      }
      await Bun.sleep(PAUSE_MS);
    }
    try {
      return step();
    } finally {
      this.database?.run("ROLLBACK");
    }
  }

  private tryBegin(): boolean {
    try {
      this.database ??= new Database(this.path, { create: true, readwrite: true });
      this.database.run("BEGIN EXCLUSIVE");
      return true;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return false;
      throw new StoreFault(`${this.path}: ${error instanceof Error ? error.message : "no lock"}`);
    }
  }

  close(): void {
    this.database?.close();
    this.database = null;
  }
}
