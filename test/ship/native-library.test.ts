/**
 * The executable's own copy of the C library, on its way through a temporary directory.
 */
import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findLibrary, unpackLibrary } from "../../src/edges/native-library.ts";

const BYTES = new Uint8Array([1, 2, 3, 4]);
const home = mkdtempSync(join(tmpdir(), "clob-unpack-"));
afterAll(() => rmSync(home, { recursive: true }));

function dirOf(name: string, mode: number): string {
  const dir = join(home, name);
  mkdirSync(dir);
  chmodSync(dir, mode);
  return dir;
}

describe("the unpacked library", () => {
  test("lies in a new directory that nobody else can enter, until it is released", () => {
    const parent = dirOf("sticky", 0o1777);
    const file = unpackLibrary(BYTES, parent);
    if (typeof file === "string") throw new Error(file);
    expect(new Uint8Array(readFileSync(file.path))).toEqual(BYTES);
    const modes = [dirname(file.path), file.path].map((path) => statSync(path).mode & 0o777);
    expect(modes).toEqual([0o700, 0o500]);
    const second = unpackLibrary(BYTES, parent);
    expect(second).not.toMatchObject({ path: file.path });
    for (const one of [file, second]) if (typeof one !== "string") one.release();
    expect(readdirSync(parent)).toEqual([]);
  });

  test("is not put where others could exchange the directory", () => {
    const parent = dirOf("open", 0o777);
    expect(unpackLibrary(BYTES, parent)).toBe(`${parent} is open to others and not sticky`);
    expect(readdirSync(parent)).toEqual([]);
  });

  test("is none where there is no temporary directory, with the reason", () => {
    const reason = unpackLibrary(BYTES, join(home, "nowhere"));
    expect(reason).toStartWith("the C library cannot be unpacked: ");
    expect(reason).toContain("ENOENT");
  });
});

test("from a checkout, the library is the one that native/build.sh makes", () => {
  if ((process.env["CLOB_NATIVE_LIB"] ?? "") !== "") return;
  expect(findLibrary()).toMatchObject({
    path: join(import.meta.dir, "../../native/build/libprice_levels.so"),
  });
});
