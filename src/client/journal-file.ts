/**
 * FileJournal: the record of a client in one append-only file.
 *
 *   entry   [ u32 size of body ][ u32 CRC-32 of body ][ body ]
 *   body    [ u8 type ] and
 *           1 header    u8 version 1, 32 bytes venue (zero before the first hello)
 *           2 sent      the frame
 *           3 settled   3 zero, u32 key, u64 nonce
 *           4 mark      3 zero, u32 account, u64 number
 *           5 nonce     3 zero, u32 key, u64 highest used
 *
 * Little-endian. A torn entry at the end is what a crash leaves: it is cut off, and cannot hold a
 * frame that left, since entries are written before the bytes leave. `sync` also syncs, against
 * power loss. On opening, and past `bytesMax`, the file is rewritten with what still counts, under
 * a new name first.
 */
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { readU64, toHex, viewOf, writeU64 } from "../base/bytes.ts";
import { crc32 } from "../base/crc32.ts";
import { ClientError } from "./errors.ts";
import { type ClientJournal, JournalBook, type JournalState } from "./journal.ts";

const VERSION = 1;
const HEADER = 1;
const SENT = 2;
const SETTLED = 3;
const MARK = 4;
const NONCE = 5;
const PAIR_SIZE = 16;
const HEADER_SIZE = 34;
const BODY_SIZE_MAX = 1 << 17;
const BUFFER_SIZE = 1 << 16;

export interface FileJournalOptions {
  /** Also survive power loss: sync before frames leave. */
  readonly sync?: boolean;
  /** The file is rewritten when it has grown past this. */
  readonly bytesMax?: number;
}

export class FileJournal implements ClientJournal {
  private readonly path: string;
  private readonly isSynced: boolean;
  private readonly bytesMax: number;
  private readonly book = new JournalBook();
  private buffer = new Uint8Array(BUFFER_SIZE);
  private used = 0;
  private size = 0;
  private file: number;

  constructor(path: string, options: FileJournalOptions = {}) {
    this.path = path;
    this.isSynced = options.sync ?? false;
    this.bytesMax = options.bytesMax ?? 1 << 24;
    const damage = replayJournal(readOrEmpty(path), this.book);
    if (damage >= 0) throw damaged(path, damage);
    this.file = this.rewrite();
  }

  load(): JournalState {
    return this.book;
  }

  setVenue(venue: string): void {
    this.book.venue = venue;
    this.add(headerBody(venue));
  }

  sent(frame: Uint8Array): void {
    const copy = new Uint8Array(frame);
    this.book.addFrame(copy);
    this.add(sentBody(copy));
  }

  settled(key: number, nonce: number): void {
    this.book.settle(key, nonce);
    this.add(pairBody(SETTLED, key, nonce));
  }

  mark(account: number, number: number): void {
    this.book.marks.set(account, number);
    this.add(pairBody(MARK, account, number));
  }

  flush(): void {
    if (this.used === 0) return;
    writeAll(this.file, this.buffer.subarray(0, this.used));
    this.size += this.used;
    this.used = 0;
    if (this.isSynced) fdatasyncSync(this.file);
    if (this.size <= this.bytesMax) return;
    closeSync(this.file);
    this.file = this.rewrite();
  }

  close(): void {
    this.flush();
    closeSync(this.file);
  }

  private add(body: Uint8Array): void {
    const size = 8 + body.length;
    if (this.used + size > this.buffer.length) this.flush();
    if (size > this.buffer.length) this.buffer = new Uint8Array(size);
    writeEntry(this.buffer, this.used, body);
    this.used += size;
  }

  /**
   * A file with what still counts takes the place of the old one; returns it, open for appending.
   */
  private rewrite(): number {
    const { venue, nonces, marks, outstanding } = this.book;
    const bodies = [
      headerBody(venue ?? "00".repeat(32)),
      ...[...nonces].map(([key, nonce]) => pairBody(NONCE, key, nonce)),
      ...[...marks].map(([account, number]) => pairBody(MARK, account, number)),
      ...outstanding.map(sentBody),
    ];
    const next = `${this.path}.new`;
    const file = openSync(next, "w", 0o600);
    this.size = 0;
    for (const body of bodies) {
      const entry = new Uint8Array(8 + body.length);
      writeEntry(entry, 0, body);
      writeAll(file, entry);
      this.size += entry.length;
    }
    fsyncSync(file);
    renameSync(next, this.path);
    syncDirectory(dirname(this.path));
    return file;
  }
}

/** Fills `book` from a journal's bytes; -1, or the offset of an entry that no crash explains. */
export function replayJournal(bytes: Uint8Array, book: JournalBook): number {
  const view = viewOf(bytes);
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = view.getUint32(at, true);
    const end = at + 8 + size;
    if (size === 0 || size > BODY_SIZE_MAX || end > bytes.length) return -1;
    const body = bytes.subarray(at + 8, end);
    const isWhole = crc32(body) === view.getUint32(at + 4, true);
    if (!isWhole && end === bytes.length) return -1;
    if (!isWhole || !takeEntry(body, book)) return at;
    at = end;
  }
  return -1;
}

/** False for an entry that no version 1 writes. */
function takeEntry(body: Uint8Array, book: JournalBook): boolean {
  const type = body[0]!;
  if (type === HEADER) {
    if (body.length !== HEADER_SIZE || body[1] !== VERSION) return false;
    const venue = body.subarray(2);
    if (venue.some((byte) => byte !== 0)) book.venue = toHex(venue);
    return true;
  }
  if (type === SENT) {
    book.addFrame(body.slice(1));
    return true;
  }
  if (body.length !== PAIR_SIZE) return false;
  const view = viewOf(body);
  const id = view.getUint32(4, true);
  const number = readU64(view, 8);
  if (type === SETTLED) book.settle(id, number);
  else if (type === MARK) book.marks.set(id, number);
  else if (type === NONCE) book.raiseNonce(id, number);
  else return false;
  return true;
}

function writeEntry(into: Uint8Array, at: number, body: Uint8Array): void {
  const view = viewOf(into);
  view.setUint32(at, body.length, true);
  view.setUint32(at + 4, crc32(body), true);
  into.set(body, at + 8);
}

function headerBody(venue: string): Uint8Array {
  const body = new Uint8Array(HEADER_SIZE);
  body[0] = HEADER;
  body[1] = VERSION;
  body.set(Uint8Array.fromHex(venue), 2);
  return body;
}

function sentBody(frame: Uint8Array): Uint8Array {
  const body = new Uint8Array(1 + frame.length);
  body[0] = SENT;
  body.set(frame, 1);
  return body;
}

function pairBody(type: number, id: number, number: number): Uint8Array {
  const body = new Uint8Array(PAIR_SIZE);
  const view = viewOf(body);
  body[0] = type;
  view.setUint32(4, id, true);
  writeU64(view, 8, number);
  return body;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  fsyncSync(directory);
  closeSync(directory);
}

function readOrEmpty(path: string): Uint8Array {
  try {
    // A plain array: slices of a Buffer would be views of the whole file.
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      return new Uint8Array(0);
    }
    throw error;
  }
}

function damaged(path: string, at: number): ClientError {
  const message = `${path} is damaged at byte ${at}: it is no journal, or bytes were changed`;
  return new ClientError({ code: "journal_damaged", message });
}
