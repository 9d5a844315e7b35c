/**
 * Shim: a small C library loaded into Redis and services that bends what they see of clock and
 * disk. See shim.c; where there is no compiler there is no shim, and its faults are left out.
 *
 *   const control = new Control(path);    what one process sees; `environment` goes to it
 *   control.clockUs = 3_600_000_000       an hour ahead, from now on
 *   control.synced                        which file was synced last, and how long it was then
 */
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

const SOURCE = join(import.meta.dir, "shim.c");
const HOME = join(import.meta.dir, "..", "..", ".tools", "chaos");
const PAGE = 4096;
const CLOCK_AT = 0;
const DELAY_AT = 8;
const INODE_AT = 16;
const SIZE_AT = 24;

let built: string | null | undefined;

/** Path of the library, built if it is older than its source; null without a compiler. */
export function shimPath(): string | null {
  built ??= build();
  return built;
}

function build(): string | null {
  const path = join(HOME, "shim.so");
  const isFresh = existsSync(path) && statSync(path).mtimeMs > statSync(SOURCE).mtimeMs;
  if (isFresh) return path;
  const compiler = ["cc", "gcc", "clang"].find((name) => Bun.which(name) !== null);
  if (compiler === undefined || process.platform !== "linux") return null;
  mkdirSync(HOME, { recursive: true });
  const flags = ["-O1", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror"];
  const out = `${path}.${process.pid}`;
  const { success } = Bun.spawnSync([compiler, ...flags, "-o", out, SOURCE, "-ldl"]);
  if (!success) return null;
  renameSync(out, path);
  return path;
}

export class Control {
  private readonly path: string;
  private readonly file: number;
  private readonly cell = new DataView(new ArrayBuffer(8));

  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, "w+");
    ftruncateSync(this.file, PAGE);
  }

  /** For the process that it is about; empty without a shim. */
  get environment(): Record<string, string> {
    const shim = shimPath();
    return shim === null ? {} : { LD_PRELOAD: shim, CHAOS_CONTROL: this.path };
  }

  set clockUs(us: number) {
    this.write(CLOCK_AT, us);
  }

  set syncDelayUs(us: number) {
    this.write(DELAY_AT, us);
  }

  get synced(): { inode: number; size: number } {
    return { inode: this.read(INODE_AT), size: this.read(SIZE_AT) };
  }

  close(): void {
    closeSync(this.file);
  }

  private write(at: number, value: number): void {
    this.cell.setBigInt64(0, BigInt(value), true);
    writeSync(this.file, new Uint8Array(this.cell.buffer), 0, 8, at);
  }

  private read(at: number): number {
    readSync(this.file, new Uint8Array(this.cell.buffer), 0, 8, at);
    return Number(this.cell.getBigInt64(0, true));
  }
}
