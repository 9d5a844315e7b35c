/**
 * DirectoryStore: an object store in a directory, for any number of processes at once.
 *
 *   <root>/<name>           an object, whole: it came here by a link or a rename
 *   <root>/.draft/<random>  one that is being written; swept when an hour old
 *   <root>/.lock            see store-lock.ts
 *
 * An object's bytes are on the disk before its name is, and the name before anybody is told; a
 * link never replaces what is there. Needs a file system that has hard links.
 */
import { readFileSync, renameSync, statSync } from "node:fs";
import * as fs from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { equalBytes, toHex } from "../base/bytes.ts";
import { sha256 } from "../base/hash.ts";
import {
  checkName,
  checkPrefix,
  checkSize,
  type Created,
  NotAnObject,
  OBJECT_SIZE_MAX,
  type ObjectStore,
  StoreDenied,
  type StoredObject,
  StoreFault,
  StoreFull,
  StoreUnreachable,
  type Swapped,
} from "./object-store.ts";
import { type Disk, realDisk } from "./segment-disk.ts";
import { StoreLock } from "./store-lock.ts";

const DRAFTS = ".draft";
const DRAFT_AGE_MS_MAX = 3_600_000;
const LOCK_WAIT_MS_MAX = 5000;

export class DirectoryStore implements ObjectStore {
  readonly describe: string;
  private readonly root: string;
  private readonly disk: Disk;
  private readonly lock: StoreLock;
  /** Directories that are known to be there and to last. */
  private readonly made = new Set<string>();
  private isSwept = false;

  /** Nothing is made before the first object is. */
  constructor(root: string, disk = realDisk) {
    this.root = resolve(root);
    this.describe = `directory ${root}`;
    this.disk = disk;
    this.lock = new StoreLock(join(this.root, ".lock"), LOCK_WAIT_MS_MAX);
  }

  async get(name: string): Promise<StoredObject | null> {
    checkName(name);
    return named(name, () => Promise.resolve(this.read(name)));
  }

  async createOnly(name: string, bytes: Uint8Array): Promise<Created> {
    checkName(name);
    checkSize(name, bytes);
    return named(name, async () => {
      const known = this.read(name);
      if (known !== null) return this.compare(name, known, bytes);
      const path = await this.placeFor(name);
      const draft = await this.writeDraft(bytes);
      try {
        await fs.link(draft, path);
      } catch (error) {
        if (codeOf(error) !== "EEXIST") throw error;
        return await this.compare(name, this.read(name), bytes);
      } finally {
        await fs.rm(draft, { force: true });
      }
      await this.syncDirectory(dirname(path));
      return "created";
    });
  }

  async swap(name: string, expected: string | null, bytes: Uint8Array): Promise<Swapped> {
    checkName(name);
    checkSize(name, bytes);
    return named(name, async () => {
      const path = await this.placeFor(name);
      const draft = await this.writeDraft(bytes);
      try {
        const swapped = await this.lock.hold(() => {
          const version = this.read(name)?.version ?? null;
          if (version !== expected) return { isSwapped: false, version };
          renameSync(draft, path);
          return { isSwapped: true, version: versionOf(bytes) };
        });
        await this.syncDirectory(dirname(path));
        return swapped;
      } finally {
        await fs.rm(draft, { force: true });
      }
    });
  }

  list(prefix: string): Promise<string[]> {
    return this.listed(prefix, true);
  }

  listPart(prefix: string): Promise<string[]> {
    return this.listed(prefix, false);
  }

  close(): void {
    this.lock.close();
  }

  private async listed(prefix: string, isDeep: boolean): Promise<string[]> {
    checkPrefix(prefix);
    const names: string[] = [];
    const dir = prefix.slice(0, prefix.lastIndexOf("/") + 1);
    await named(prefix, () => this.walk(dir, { prefix, isDeep }, names));
    return names.sort();
  }

  private async walk(
    dir: string,
    by: { readonly prefix: string; readonly isDeep: boolean },
    into: string[],
  ): Promise<void> {
    let entries: { name: string; isDirectory(): boolean }[];
    try {
      entries = await fs.readdir(join(this.root, dir), { withFileTypes: true });
    } catch (error) {
      if (isAbsent(error)) return;
      throw error;
    }
    for (const entry of entries) {
      const name = `${dir}${entry.name}`;
      if (entry.name.startsWith(".") || !name.startsWith(by.prefix)) continue;
      if (!entry.isDirectory()) into.push(name);
      else if (by.isDeep) await this.walk(`${name}/`, { ...by, prefix: "" }, into);
      else into.push(`${name}/`);
    }
  }

  private read(name: string): StoredObject | null {
    const path = join(this.root, name);
    try {
      const stat = statSync(path);
      if (!stat.isFile()) throw new NotAnObject(name, "it is not a file");
      if (stat.size > OBJECT_SIZE_MAX)
        throw new NotAnObject(name, `it is ${stat.size} bytes large`);
      const bytes = new Uint8Array(readFileSync(path));
      return { bytes, version: versionOf(bytes) };
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
  }

  /** Who made it may have been killed before its name was on the disk. */
  private async compare(
    name: string,
    known: StoredObject | null,
    bytes: Uint8Array,
  ): Promise<Created> {
    if (known === null) throw new StoreUnreachable(`${name} came and went`);
    if (!equalBytes(known.bytes, bytes)) return "differs";
    await this.syncDirectory(dirname(join(this.root, name)));
    return "same";
  }

  /** The object's path, its directory being there. */
  private async placeFor(name: string): Promise<string> {
    const path = join(this.root, name);
    await this.makeDirectory(dirname(path));
    if (!this.isSwept) await this.sweep();
    return path;
  }

  private async makeDirectory(dir: string): Promise<void> {
    if (this.made.has(dir)) return;
    const parent = dirname(dir);
    try {
      await fs.mkdir(dir);
    } catch (error) {
      if (codeOf(error) === "ENOENT" && parent !== dir) {
        await this.makeDirectory(parent);
        return this.makeDirectory(dir);
      }
      if (codeOf(error) !== "EEXIST") throw error;
    }
    await this.syncDirectory(parent);
    this.made.add(dir);
  }

  private async writeDraft(bytes: Uint8Array): Promise<string> {
    const drafts = join(this.root, DRAFTS);
    await this.makeDirectory(drafts);
    const random = toHex(crypto.getRandomValues(new Uint8Array(12)));
    const path = join(drafts, random);
    const file = await fs.open(path, "wx", 0o644);
    try {
      await this.disk.write(file.fd, bytes, 0);
      await this.disk.sync(file.fd);
    } catch (error) {
      await fs.rm(path, { force: true });
      throw error;
    } finally {
      await file.close();
    }
    return path;
  }

  /** Drafts of those who were killed. */
  private async sweep(): Promise<void> {
    this.isSwept = true;
    const drafts = join(this.root, DRAFTS);
    await this.makeDirectory(drafts);
    for (const name of await fs.readdir(drafts)) {
      const path = join(drafts, name);
      const stat = statSync(path, { throwIfNoEntry: false });
      if (stat === undefined || Date.now() - stat.mtimeMs < DRAFT_AGE_MS_MAX) continue;
      await fs.rm(path, { force: true });
    }
  }

  /** Makes names that were created or renamed in it last. */
  private async syncDirectory(dir: string): Promise<void> {
    const file = await fs.open(dir, "r");
    try {
      await this.disk.sync(file.fd);
    } finally {
      await file.close();
    }
  }
}

function versionOf(bytes: Uint8Array): string {
  return toHex(sha256(bytes));
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** No such file, or a file where a directory would have to be. */
function isAbsent(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

const FULL = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"]);
const DENIED = new Set(["EACCES", "EPERM", "EROFS", "ENOTSUP", "EXDEV", "EISDIR", "ENOTDIR"]);
const UNREACHABLE = new Set(["EIO", "ESTALE", "ETIMEDOUT", "EHOSTDOWN", "ENOTCONN", "ENOENT"]);

/** Errors of the system as what they mean to a caller. */
async function named<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof StoreFault || code === "" || !(error instanceof Error)) throw error;
    const why = `${name}: ${error.message}`;
    if (FULL.has(code)) throw new StoreFull(why);
    if (DENIED.has(code)) throw new StoreDenied(why);
    if (UNREACHABLE.has(code)) throw new StoreUnreachable(why);
    throw new StoreFault(why);
  }
}
