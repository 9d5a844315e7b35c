/** The fuzzer of the price levels in C runs, finds nothing in them, and finds planted mistakes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");
const NATIVE = join(ROOT, "native");
const FETCHED = join(ROOT, ".tools", "clang", "clang");
const SECONDS = "10";
/** Ample: a planted mistake was found in about a second. */
const SECONDS_PLANTED = "120";
const MS_MAX = 600_000;
/** Of libFuzzer: an input broke a promise. */
const FOUND = 77;
const NO_COMPILER = 2;

async function fuzz(native: string, seconds: string) {
  const clang = existsSync(FETCHED) ? { CLANG: FETCHED } : {};
  const child = Bun.spawn(["sh", join(native, "fuzz.sh"), seconds], {
    env: { ...process.env, ...clang },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

const first = await fuzz(NATIVE, SECONDS);
let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "clob-fuzz-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

describe.skipIf(first.code === NO_COMPILER)("the fuzzer of the price levels in C", () => {
  test("finds nothing in them", () => {
    expect({ code: first.code, says: first.err.slice(-2000) }).toEqual({
      code: 0,
      says: expect.stringMatching(/stat::number_of_executed_units: \d{4}/),
    });
  });

  test.each([
    ["a full table", "h->count == h->level_count) return", "h->count > h->level_count) return"],
    ["levels that left", "if (h->left != LEVELS_NONE) settle", "if (h->left > 3) settle"],
    [
      "a freed node",
      "  n->child[digit] = 0;\n  n->parent = h->node_free",
      "  n->parent = h->node_free",
    ],
    ["the topmost digit", "n->shift = highest -", "n->shift = highest == 30 ? 24 : highest -"],
  ])(
    "finds a mistake about %s",
    async (_name, right, wrong) => {
      const native = join(dir, wrong.length.toString(), "native");
      cpSync(NATIVE, native, { recursive: true });
      const file = join(native, "price_levels.c");
      const source = readFileSync(file, "utf8");
      expect(source.split(right).length).toEqual(2);
      writeFileSync(file, source.replace(right, wrong));
      const { code, err } = await fuzz(native, SECONDS_PLANTED);
      expect({ code, err }).toEqual({ code: FOUND, err: expect.any(String) });
    },
    MS_MAX,
  );
});
