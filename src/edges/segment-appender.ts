/**
 * Segment appender: adds entries to the newest segment and begins the next one when it is full.
 *
 *   | header | entries ... | zeros up to the next 256 KiB border |
 *                          ^ offset                              ^ allocated
 *
 *   in   write, sync, then ring. Writing over zeros leaves the file's size alone, which makes the
 *        sync
 *        a third faster here than one that has to note a new size. Sealing cuts the zeros off
 *   ex   write, ring; no sync and no zeros. A full segment is synced in the background, at the
 *        latest
 *        before the next one is full: all but the last two segments are on the disk
 *
 * After anything has gone wrong it appends nothing more: what lies behind `offset` is unknown.
 */
import * as fs from "node:fs";
import { assert } from "../base/assert.ts";
import { encodeSegmentHeader, SEGMENT_HEADER_SIZE } from "../protocol/segment.ts";
import type { Role } from "./directory-lock.ts";
import { LogFault } from "./log.ts";
import { type Disk, syncDirectory } from "./segment-disk.ts";
import { KINDS, SegmentFile, segmentPath } from "./segment-files.ts";
import type { Tail } from "./segment-recover.ts";

const ZEROS_SIZE = 262_144;
const ZEROS = new Uint8Array(ZEROS_SIZE);
/** Larger writes leave the event loop even when nobody syncs them. */
const WRITE_NOW_SIZE_MAX = 65_536;

export interface AppenderOptions {
  readonly dir: string;
  readonly role: Role;
  readonly shard: number;
  readonly venue: Uint8Array;
  readonly segmentBytesMax: number;
  readonly disk: Disk;
}

export class SegmentAppender {
  private file: SegmentFile | null;
  private offset: number;
  private allocated: number;
  private sealed: Promise<void> = Promise.resolve();
  private fault: LogFault | null = null;

  private readonly options: AppenderOptions;

  constructor(options: AppenderOptions, tail: Tail) {
    this.options = options;
    this.file = tail.file;
    this.offset = tail.offset;
    this.allocated = tail.offset;
  }

  /** Begins the next segment if that many bytes no longer fit; returns the salt to seal with. */
  async prepare(size: number, first: number): Promise<number> {
    if (this.fault !== null) throw this.fault;
    const fits = this.offset + size <= this.options.segmentBytesMax;
    if (this.file !== null && (fits || this.offset === SEGMENT_HEADER_SIZE)) {
      return this.file.header.salt;
    }
    return this.guard(async () => {
      if (this.file !== null) await this.seal(this.file);
      this.file = await this.begin(first);
      return this.file.header.salt;
    });
  }

  /** Appends one sealed entry; call it again only after it has settled. */
  append(entry: Uint8Array): Promise<void> | void {
    assert(this.file !== null, "an entry is sealed for a segment that is open");
    if (this.fault !== null) throw this.fault;
    const { fd } = this.file;
    if (this.options.role === "in") return this.guard(() => this.appendSynced(fd, entry));
    if (entry.length > WRITE_NOW_SIZE_MAX) return this.guard(() => this.appendLater(fd, entry));
    try {
      this.options.disk.writeNow(fd, entry, this.offset);
    } catch (error) {
      throw this.breakDown(error);
    }
    this.offset += entry.length;
  }

  private async appendSynced(fd: number, entry: Uint8Array): Promise<void> {
    const { disk } = this.options;
    const end = this.offset + entry.length;
    if (end > this.allocated) {
      const border = Math.ceil((end + 1) / ZEROS_SIZE) * ZEROS_SIZE;
      await disk.write(fd, ZEROS.subarray(0, border - end), end);
      this.allocated = border;
    }
    await disk.write(fd, entry, this.offset);
    await disk.sync(fd);
    this.offset = end;
  }

  private async appendLater(fd: number, entry: Uint8Array): Promise<void> {
    await this.options.disk.write(fd, entry, this.offset);
    this.offset += entry.length;
  }

  private async seal(file: SegmentFile): Promise<void> {
    if (this.options.role === "in") {
      fs.ftruncateSync(file.fd, this.offset);
      file.close();
      return;
    }
    await this.sealed;
    this.sealed = this.guard(() => this.syncSealed(file));
    this.sealed.catch(() => {}); // The next append throws it.
  }

  private async syncSealed(file: SegmentFile): Promise<void> {
    await this.options.disk.sync(file.fd);
    file.close();
  }

  private async begin(first: number): Promise<SegmentFile> {
    const { dir, role, shard, venue } = this.options;
    const salt = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const header = encodeSegmentHeader({ kind: KINDS[role], shard, first, salt, venue });
    const fd = fs.openSync(segmentPath(dir, role, first), "wx", 0o600);
    await this.options.disk.write(fd, header, 0);
    if (role === "in") await this.options.disk.sync(fd);
    fs.closeSync(fd);
    syncDirectory(dir);
    this.offset = SEGMENT_HEADER_SIZE;
    this.allocated = SEGMENT_HEADER_SIZE;
    return SegmentFile.open(dir, role, first, "r+");
  }

  async close(): Promise<void> {
    await this.sealed.catch(() => {}); // Nobody is promised what is only in `ex`.
    this.file?.close();
    this.file = null;
  }

  private async guard<T>(step: () => Promise<T>): Promise<T> {
    try {
      return await step();
    } catch (error) {
      throw this.breakDown(error);
    }
  }

  private breakDown(error: unknown): LogFault {
    if (this.fault !== null) return this.fault;
    const what = error instanceof Error ? error.message : String(error);
    const path = this.file?.path ?? this.options.dir;
    this.fault = new LogFault(`${path} at offset ${this.offset}: cannot append: ${what}`);
    return this.fault;
  }
}
