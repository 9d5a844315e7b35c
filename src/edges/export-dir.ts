/**
 * ExportDir: where an export's objects lie and how they are written, once for writer and reader.
 *
 *   <dir>/shard-<s>/in/<first position, 20 digits>.seg   input records, salt zero
 *   <dir>/shard-<s>/in.note  state.note                  signed heads of the two trees
 *   <dir>/shard-<s>/commitments                          [u32 size][commitment] ...
 *   <dir>/shard-<s>/tile/<level>/<index>                 hashes of the input tree (C2SP tlog-tiles)
 *
 * An export ends at a checkpoint. Names and bytes follow from the log alone, so two exporters
 * write the same objects; one that exists with other bytes is never replaced.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { equalBytes } from "../base/bytes.ts";
import { type Tile, tilePath } from "../proofs/merkle-tiles.ts";
import { LogFault } from "./log.ts";
import { HOST_FILES } from "./files.ts";

export const INPUT_NOTE = "in.note";
export const STATE_NOTE = "state.note";
export const COMMITMENTS = "commitments";

/** The largest object: a segment of about 64 MiB with its last entry, commitments of years. */
const OBJECT_SIZE_MAX = 1 << 30;

/** Something lies where an object should, and nobody can read it as one. */
export class NotAnObject extends Error {
  override readonly name = "NotAnObject";
  /** Its name in the export. */
  readonly object: string;

  constructor(object: string, why: string) {
    super(why);
    this.object = object;
  }
}

export class ExportDir {
  readonly dir: string;

  constructor(root: string, shard: number) {
    this.dir = join(root, `shard-${shard}`);
  }

  /** The shards that an export has, rising. */
  static shardsIn(root: string): number[] {
    const ids = namesIn(root).map((name) => Number(/^shard-(\d{1,5})$/.exec(name)?.[1] ?? 0));
    return ids.filter((id) => id > 0).sort((a, b) => a - b);
  }

  /** First positions of the segments, rising. */
  segments(): number[] {
    const names = namesIn(join(this.dir, "in"));
    const firsts = names.map((name) => Number(/^(\d{20})\.seg$/.exec(name)?.[1] ?? 0));
    return firsts.filter((first) => first > 0).sort((a, b) => a - b);
  }

  readSegment(first: number): Uint8Array {
    return this.read(segmentName(first)) ?? new Uint8Array(0);
  }

  writeSegment(first: number, bytes: Uint8Array): void {
    this.createOnly(segmentName(first), bytes);
  }

  readTile(tile: Tile): Uint8Array | null {
    return this.read(tilePath(tile));
  }

  writeTile(tile: Tile, bytes: Uint8Array): void {
    this.createOnly(tilePath(tile), bytes);
  }

  /** A whole object, or null where there is none; throws NotAnObject, also for a pipe or device. */
  read(name: string): Uint8Array | null {
    const path = join(this.dir, name);
    if (!existsSync(path)) return null;
    const stat = statSync(path);
    if (!stat.isFile()) throw new NotAnObject(name, "it is not a file");
    if (stat.size > OBJECT_SIZE_MAX) throw new NotAnObject(name, `it is ${stat.size} bytes large`);
    return new Uint8Array(readFileSync(path));
  }

  /** For the heads, which move on: notes and commitments. */
  replace(name: string, bytes: Uint8Array): void {
    const path = join(this.dir, name);
    mkdirSync(dirname(path), { recursive: true });
    HOST_FILES.replace(path, bytes);
  }

  private createOnly(name: string, bytes: Uint8Array): void {
    const known = this.read(name);
    if (known === null) {
      this.replace(name, bytes);
    } else if (!equalBytes(known, bytes)) {
      throw new LogFault(
        `${join(this.dir, name)}: another export lies here; remove it, or name another directory`,
      );
    }
  }
}

function namesIn(dir: string): string[] {
  return existsSync(dir) && statSync(dir).isDirectory() ? readdirSync(dir) : [];
}

function segmentName(first: number): string {
  return join("in", `${String(first).padStart(20, "0")}.seg`);
}
