/**
 * Segment files: their names, and reading them.
 *
 *   <data dir>/shard-1/in-00000000000000000001.seg   the name is the position of the first record
 *                      in-00000000000000262145.seg   begins behind the last record of the one
 *                      before
 *                      ex-00000000000000000001.seg
 */
import * as fs from "node:fs";
import { join } from "node:path";
import {
  decodeSegmentHeader,
  ENTRY_HEADER_SIZE,
  EntryView,
  readEntryHeader,
  scanEntry,
  SEGMENT_EXECUTION,
  SEGMENT_HEADER_SIZE,
  SEGMENT_INPUT,
  type SegmentHeader,
} from "../protocol/segment.ts";
import type { Role } from "./directory-lock.ts";
import { LogFault } from "./log.ts";

const POSITION_DIGITS = 20;

export const KINDS: Readonly<Record<Role, number>> = { in: SEGMENT_INPUT, ex: SEGMENT_EXECUTION };

export function shardDir(dataDir: string, shard: number): string {
  return join(dataDir, `shard-${shard}`);
}

export function segmentPath(dir: string, role: Role, first: number): string {
  return join(dir, `${role}-${first.toString().padStart(POSITION_DIGITS, "0")}.seg`);
}

/** First positions of all segments of that role, rising. */
export function listSegments(dir: string, role: Role): number[] {
  const shape = new RegExp(`^${role}-([0-9]{${POSITION_DIGITS}})\\.seg$`);
  const firsts: number[] = [];
  for (const name of fs.readdirSync(dir)) {
    const digits = shape.exec(name)?.[1];
    if (digits !== undefined) firsts.push(Number(digits));
  }
  return firsts.sort((a, b) => a - b);
}

/** An open segment whose header is what its name says. */
export class SegmentFile {
  readonly header: SegmentHeader;
  private readonly entry = new EntryView();

  readonly path: string;
  readonly fd: number;

  private constructor(path: string, fd: number, header: SegmentHeader) {
    this.path = path;
    this.fd = fd;
    this.header = header;
  }

  /** Throws LogFault if it is not that segment. */
  static open(dir: string, role: Role, first: number, flags: "r" | "r+"): SegmentFile {
    const path = segmentPath(dir, role, first);
    const fd = fs.openSync(path, flags);
    const bytes = new Uint8Array(SEGMENT_HEADER_SIZE);
    const size = fs.readSync(fd, bytes, 0, bytes.length, 0);
    const header = decodeSegmentHeader(bytes.subarray(0, size));
    const wrong =
      typeof header === "string"
        ? header
        : header.kind !== KINDS[role] || header.first !== first
          ? "its header is that of another segment"
          : "";
    if (typeof header !== "string" && wrong === "") return new SegmentFile(path, fd, header);
    fs.closeSync(fd);
    throw new LogFault(`${path} at offset 0: ${wrong}`);
  }

  size(): number {
    return fs.fstatSync(this.fd).size;
  }

  /** Bytes at that offset; fewer than `length` at the end of the file. */
  read(at: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, this.readInto(bytes, at));
  }

  /** Fills `into` from that offset; returns how many bytes there were. */
  readInto(into: Uint8Array, at: number): number {
    let done = 0;
    for (let size = 1; size > 0 && done < into.length; done += size) {
      size = fs.readSync(this.fd, into, done, into.length - done, at + done);
    }
    return done;
  }

  /** The same off the event loop. */
  async readLater(into: Uint8Array, at: number): Promise<number> {
    let done = 0;
    for (let size = 1; size > 0 && done < into.length; done += size) {
      size = await readSome(this.fd, into.subarray(done), at + done);
    }
    return done;
  }

  /** First position of the whole, right entry at that offset; 0 if there is none. */
  entryAt(at: number): number {
    const entry = this.entry;
    const { salt } = this.header;
    if (readEntryHeader(this.read(at, ENTRY_HEADER_SIZE), 0, salt, entry) !== "") return 0;
    return scanEntry(this.read(at, entry.end), 0, salt, entry) === "" ? entry.first : 0;
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

function readSome(fd: number, into: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.read(fd, into, 0, into.length, at, (error, size) => {
      if (error === null) resolve(size);
      else reject(error);
    });
  });
}
