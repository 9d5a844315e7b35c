/**
 * CommitmentFile: all commitments of a shard in order, and the newest signed notes beside it.
 *
 *   commitments   [ u32 size ][ commitment ] [ u32 size ][ commitment ] ...
 *   in.note       signed head of the input tree at the newest commitment
 *   state.note    signed head of the tree of commitments
 *
 * Append-only. A commitment that was written is never replaced by another: one that comes again,
 * after a restart, must be the same, byte for byte, or the shard halts. A torn last entry is cut
 * on open.
 */
import { join } from "node:path";
import { equalBytes, viewOf } from "../base/bytes.ts";
import { type Files, type GrowingFile, HOST_FILES } from "../edges/files.ts";
import { LogFault } from "../edges/log.ts";
import { decodeCommitment } from "../proofs/commitment.ts";

export const COMMITMENTS_NAME = "commitments";
export const INPUT_NOTE_NAME = "in.note";
export const STATE_NOTE_NAME = "state.note";

export interface Notes {
  readonly input: Uint8Array;
  readonly state: Uint8Array;
}

/** The commitments in these bytes, whole ones only, and the offset behind the last whole one. */
export function splitCommitments(bytes: Uint8Array): { entries: Uint8Array[]; end: number } {
  const view = viewOf(bytes);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= bytes.length) {
    const size = view.getUint32(at, true);
    if (at + 4 + size > bytes.length) break;
    const entry = bytes.subarray(at + 4, at + 4 + size);
    if (typeof decodeCommitment(entry) === "string") break;
    entries.push(entry);
    at += 4 + size;
  }
  return { entries, end: at };
}

export interface Published {
  /** The commitments file up to the one that the notes cover. */
  readonly bytes: Uint8Array;
  readonly entries: readonly Uint8Array[];
  readonly notes: Notes;
}

/** Between the notes of one checkpoint lies a sync of the disk, which takes a while at times. */
const READ_AGAIN_MS = 10;
const READ_TRIES = 500;

/**
 * What a settlement has published in `dir`, all of one checkpoint; null before the first. Notes and
 * commitments are several files and move on while one reads: read again until they agree.
 */
export async function readPublished(dir: string, files = HOST_FILES): Promise<Published | null> {
  for (let i = 0; i < READ_TRIES; i++) {
    const names = [INPUT_NOTE_NAME, STATE_NOTE_NAME, COMMITMENTS_NAME];
    const paths = names.map((name) => join(dir, name));
    const [input, state, commitments] = paths.map((path) => files.read(path));
    if (!input || !state || !commitments) return null;
    const found = agreeing({ input, state }, commitments);
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, READ_AGAIN_MS));
  }
  return null;
}

function agreeing(notes: Notes, commitments: Uint8Array): Published | null {
  const count = noteSize(notes.state);
  const entries = splitCommitments(commitments).entries.slice(0, count);
  const last = entries.at(-1);
  if (last === undefined || entries.length !== count) return null;
  const commitment = decodeCommitment(last);
  if (typeof commitment === "string" || commitment.position !== noteSize(notes.input)) return null;
  const size = entries.reduce((sum, entry) => sum + 4 + entry.length, 0);
  return { bytes: commitments.slice(0, size), entries, notes };
}

/** The tree size that a note of ours states: its second line. */
export function noteSize(note: Uint8Array): number {
  return Number(new TextDecoder().decode(note).split("\n")[1] ?? -1);
}

export class CommitmentFile {
  private readonly dir: string;
  private readonly files: Files;
  private readonly file: GrowingFile;
  private readonly entries: Uint8Array[];
  private signedCount: number;

  constructor(dir: string, files = HOST_FILES) {
    this.dir = dir;
    this.files = files;
    files.makeDir(dir);
    const path = join(dir, COMMITMENTS_NAME);
    const { entries, end } = splitCommitments(files.read(path) ?? new Uint8Array(0));
    this.entries = entries;
    const note = files.read(join(dir, STATE_NOTE_NAME));
    this.signedCount = note === null ? 0 : Math.min(entries.length, noteSize(note));
    this.file = files.grow(path, end);
  }

  get count(): number {
    return this.entries.length;
  }

  /** Commitment `number`, or null. */
  read(number: number): Uint8Array | null {
    return this.entries[number] ?? null;
  }

  /**
   * Whether it was signed before, and so was compared before: of a long replay none has to wait.
   * Throws LogFault if it is another one.
   */
  knows(number: number, bytes: Uint8Array): boolean {
    return number < this.count && !this.add(number, bytes);
  }

  /**
   * Adds commitment `number`, or checks that it is the one that is there. True when it was added.
   */
  add(number: number, bytes: Uint8Array): boolean {
    const known = this.entries[number];
    if (known !== undefined) {
      if (equalBytes(known, bytes)) return false;
      throw new LogFault(`commitment ${number} differs from the one that was signed`);
    }
    this.append([bytes]);
    return true;
  }

  /** Adds those that come next, all of them before this returns. */
  append(next: readonly Uint8Array[]): void {
    for (const bytes of next) {
      const entry = new Uint8Array(4 + bytes.length);
      viewOf(entry).setUint32(0, bytes.length, true);
      entry.set(bytes, 4);
      this.file.append(entry);
      this.entries.push(entry.subarray(4));
    }
    this.file.sync();
  }

  writeNotes(notes: Notes): void {
    this.files.replace(join(this.dir, INPUT_NOTE_NAME), notes.input);
    this.files.replace(join(this.dir, STATE_NOTE_NAME), notes.state);
    this.signedCount = noteSize(notes.state);
  }

  /** The commitments that are signed, which may be fewer. */
  get signed(): { readonly count: number; read(number: number): Uint8Array | null } {
    const count = (): number => this.signedCount;
    return {
      get count() {
        return count();
      },
      read: (number) => this.read(number),
    };
  }

  close(): void {
    this.file.close();
  }
}
