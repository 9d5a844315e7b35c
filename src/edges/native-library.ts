/**
 * NativeLibrary: which file of C price levels this process may load, looked for in this order.
 *
 *   CLOB_NATIVE_LIB              alone, if set: the operator's word, taken as it is
 *   native/build/                from a checkout
 *   beside the executable        from a single-file executable; only the very bytes it was built
 *                                with, by their SHA-256
 *   <new directory, 0700>/       the executable's own copy, unpacked, and removed once it is loaded
 *
 * The copy never takes a file or directory that somebody else could have laid out or can change:
 * the directory is new, ours alone and below one where others can't rename it, and what was written
 * is read again and hashed. A temporary directory that is missing, read-only or noexec is a reason
 * in words, and the price levels then run in TypeScript.
 */
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { sha256 } from "../base/hash.ts";

export const LIBRARY_NAME = "libprice_levels.so";

const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

export interface LibraryFile {
  readonly path: string;
  /** Once it is loaded, or was refused. */
  release(): void;
}

/** The file to load, or why there is none. */
export function findLibrary(): LibraryFile | string {
  const named = process.env["CLOB_NATIVE_LIB"];
  if (named !== undefined && named !== "") return kept(named);
  if (!Bun.isStandaloneExecutable) {
    return kept(join(import.meta.dir, "../../native/build", LIBRARY_NAME));
  }
  const embedded = join(import.meta.dir, LIBRARY_NAME);
  if (!existsSync(embedded)) return "this executable was built without the C library";
  const bytes = readFileSync(embedded);
  const beside = join(dirname(process.execPath), LIBRARY_NAME);
  return holds(beside, bytes) ? kept(beside) : unpackLibrary(bytes, tmpdir());
}

/** A copy of the bytes in a new directory of our own below `parent`, or why not. */
export function unpackLibrary(bytes: Uint8Array, parent: string): LibraryFile | string {
  let dir: string | null = null;
  const release = (): void => {
    if (dir !== null) rmSync(dir, { recursive: true, force: true });
  };
  try {
    if (canOthersRename(parent)) return `${parent} is open to others and not sticky`;
    dir = mkdtempSync(join(parent, "clob-native-"));
    const path = join(dir, LIBRARY_NAME);
    writeFileSync(path, bytes, { flag: "wx", mode: 0o500 });
    if (isOursAlone(dir) && holds(path, bytes)) return { path, release };
    release();
    return `${path} is not what was written there`;
  } catch (error) {
    release();
    return `the C library cannot be unpacked: ${String(error)}`;
  }
}

function kept(path: string): LibraryFile {
  return { path, release: () => {} };
}

/** True if the file can be read and has these bytes. */
function holds(path: string, bytes: Uint8Array): boolean {
  try {
    return sha256(readFileSync(path)).toHex() === sha256(bytes).toHex();
  } catch {
    return false;
  }
}

function canOthersRename(dir: string): boolean {
  const { mode } = lstatSync(dir);
  return (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0;
}

function isOursAlone(dir: string): boolean {
  const { uid, mode } = lstatSync(dir);
  return uid === process.geteuid?.() && (mode & 0o777) === 0o700;
}
