/**
 * Every benchmark runs, in its small size, so that none can rot; and conformance says no when it
 * should.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFlow } from "../../src/load/make-flow.ts";
import { writeWorkload } from "../../src/load/workload.ts";
import { CASES, pathOf } from "../support/replay-files.ts";

const ROOT = join(import.meta.dir, "..", "..");
const MS_MAX = 60_000;
const names = readdirSync(join(ROOT, "bench"))
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length));

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "clob-bench-"));
});
afterAll(() => rmSync(dir, { recursive: true }));

async function bench(...args: string[]) {
  const { BENCH: _, ...env } = process.env;
  const child = Bun.spawn([process.execPath, "bench/main.ts", ...args], {
    cwd: ROOT,
    env: { ...env, BENCH_RESULTS: dir },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code: await child.exited, out, err };
}

describe("bench", () => {
  test("finds all that the issue asks for", () => {
    const wanted = ["core", "verify", "codec", "log", "hops", "end-to-end"];
    expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
  });

  test.each(names)(
    "%s",
    async (name) => {
      const { code, out, err } = await bench(name);
      expect({ code, err }).toEqual({ code: 0, err: expect.any(String) });
      const figures = out.split(`== ${name}, smoke ==\n`)[1] ?? "";
      expect(figures.trim().split("\n").length).toBeGreaterThan(2);
    },
    MS_MAX,
  );

  test("names the machine, and writes what it printed", async () => {
    const { code, out } = await bench("verification", "--json");
    expect(code).toEqual(0);
    expect(out).toMatch(/^machine +\S.*, \d+ cores/);
    const [file = ""] = readdirSync(dir).filter((entry) => entry.endsWith(".json"));
    const written: unknown = JSON.parse(readFileSync(join(dir, file), "utf8"));
    const facts = { machine: expect.any(String), bun: Bun.version, size: "smoke" };
    const benches = [expect.objectContaining({ name: "verify", exit_code: 0 })];
    expect(written).toMatchObject({ ...facts, benches });
  });

  test("refuses a name that there is not", async () => {
    const { code, err } = await bench("nothing");
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining("nothing") });
  });
});

describe("bench conformance", () => {
  test("all engines agree on a flow of our own, and the build is named", async () => {
    const path = join(dir, "own.bin");
    writeFileSync(path, writeWorkload(makeFlow("deep", 4, 800) ?? []));
    const { code, out } = await bench("conformance", path);
    expect(code).toEqual(0);
    expect(out).toContain("price levels in C:");
    for (const engine of ["ts", "naive"])
      expect(out).toMatch(new RegExp(`^ +${engine} +[0-9a-f]{64}`, "m"));
  });

  test("a wrong reference is exit code 1", async () => {
    const path = join(dir, "wrong.bin");
    writeFileSync(path, writeWorkload(makeFlow("static", 4, 50) ?? []));
    writeFileSync(`${path}.sha256`, `${"0".repeat(64)}\n`);
    const { code, out } = await bench("conformance", path, "--engine", "ts");
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("DIFFERS") });
  });

  test.skipIf(CASES.length === 0)("knows the public answers", async () => {
    const file = pathOf(CASES[0]!);
    const right = await bench("conformance", file);
    expect({ code: right.code, out: right.out }).toEqual({
      code: 0,
      out: expect.stringContaining("matches"),
    });
  });
});
