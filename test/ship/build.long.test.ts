/**
 * The build: one commit, one set of bytes; what is in them and what is not; how an executable finds
 * its C library. The noexec case needs root, and is skipped by name without.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cellsNeed } from "./cell.ts";
import { builtDist, ROOT } from "./dist.ts";

const NAMES = ["ingress-verifier", "market-matcher", "settlement-plane", "verifier", "clob"];
const BUILD = { CLOB_BUILD: "0123456789ab", SOURCE_DATE_EPOCH: "1700000000" };
const dir = mkdtempSync(join(tmpdir(), "clob-build-"));
/** What git would take of this tree, elsewhere, with packages of its own. */
const elsewhere = join(dir, "some where");
let dist = "";
afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeAll(() => {
  const { stdout } = Bun.spawnSync(["git", "ls-files", "-co", "--exclude-standard"], { cwd: ROOT });
  for (const file of stdout.toString().split("\n").filter(Boolean)) {
    const target = join(elsewhere, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(ROOT, file), target);
  }
  const command = [process.execPath, "scripts/bootstrap.mjs"];
  expect(Bun.spawnSync(command, { cwd: elsewhere, stdin: "ignore" }).exitCode).toBe(0);
  // Another directory, the same tree: this one is what the tests below look at.
  dist = join(dir, "dist");
  cpSync(builtDist(BUILD, elsewhere), dist, { recursive: true });
}, 300_000);

interface Said {
  readonly exitCode: number;
  readonly out: string;
}

function run(command: readonly string[], env: Record<string, string> = {}, cwd = dir): Said {
  const { PATH = "" } = process.env;
  const all = { PATH, ...env };
  const { exitCode, stdout } = Bun.spawnSync([...command], { cwd, env: all, stdin: "ignore" });
  return { exitCode, out: stdout.toString() };
}

describe("dist", () => {
  test("is the same again, and the same from another directory", () => {
    const sums = (from: string): string => readFileSync(join(from, "SHA256SUMS"), "utf8");
    const first = sums(dist);
    expect(sums(builtDist(BUILD, elsewhere))).toBe(first);
    const copy = join(dir, "other");
    cpSync(elsewhere, copy, { recursive: true, verbatimSymlinks: true });
    expect(sums(builtDist(BUILD, copy))).toBe(first);
    expect(run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], {}, dist).exitCode).toBe(0);
  });

  test("names no directory of the machine that built it", () => {
    for (const name of NAMES) {
      expect([name, readFileSync(join(dist, name)).includes(elsewhere)]).toEqual([name, false]);
    }
  });

  test.each(NAMES)("%s says commit, rules versions and wire version", (name) => {
    const { out } = run([join(dist, name), "--version"]);
    expect(out).toMatch(
      new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(0123456789ab, rules 1, wire 1\\)\n$`),
    );
  });

  test("reads no .env and no bunfig.toml from where it is started", () => {
    const cwd = join(dir, "started");
    mkdirSync(cwd);
    copyFileSync(join(ROOT, "config.toml"), join(cwd, "config.toml"));
    writeFileSync(join(cwd, ".env"), "CLOB_SEVERITY=error\n");
    writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./nothing.ts"]\n');
    const { exitCode, out } = run([join(dist, "market-matcher"), "--print-config"], {}, cwd);
    expect([exitCode, /^severity_min = .*/m.exec(out)?.[0]]).toEqual([
      0,
      expect.stringContaining('"info"'),
    ]);
  });

  test("has an SBOM that names each package whose code is in an executable", async () => {
    const bom = JSON.parse(readFileSync(join(dist, "sbom.cdx.json"), "utf8"));
    const named: string[] = bom.components.map(({ name }: { name: string }) => name);
    const entrypoints = [
      "ingress-verifier",
      "market-matcher",
      "settlement-plane",
      "verifier",
      "cli",
    ];
    const used = new Set<string>();
    for (const name of entrypoints) {
      const entry = join(ROOT, "src", name, "main.ts");
      const made = await Bun.build({ entrypoints: [entry], target: "bun", metafile: true });
      for (const path of Object.keys(made.metafile?.inputs ?? {})) {
        const [, found] = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
        if (found !== undefined) used.add(found);
      }
    }
    expect([...used].toSorted()).toContain("ioredis");
    expect([...used].filter((name) => !named.includes(name))).toEqual([]);
    expect(bom.metadata.timestamp).toBe("2023-11-14T22:13:20.000Z");
    expect(named).toContain("price_levels");
    expect(named.filter((name) => name.startsWith("@oven/bun-"))).toHaveLength(1);
    expect(named.filter((name) => /typescript|biome|oxlint/.test(name))).toEqual([]);
  });
});

describe("an executable's C library", () => {
  /** The executable with these bytes beside it, and a temporary directory; what doctor says. */
  function native(name: string, beside: Uint8Array | null, env: Record<string, string> = {}) {
    const bin = join(dir, name);
    const temporary = join(bin, "tmp");
    mkdirSync(temporary, { recursive: true });
    copyFileSync(join(dist, "clob"), join(bin, "clob"));
    if (beside !== null) writeFileSync(join(bin, "libprice_levels.so"), beside);
    const all = { TMPDIR: temporary, HOME: bin, ...env };
    return { bin, temporary, command: [join(bin, "clob"), "doctor", "-o", "json"], env: all };
  }

  function finding(out: string): string {
    const { checks } = JSON.parse(out);
    const found = checks.find(({ name }: { name: string }) => name === "native levels");
    return `${found.state}: ${found.found}`;
  }

  const LOADED = "ok: the C library is loaded, its ABI fits";

  test("comes out of itself where none lies beside it, and nothing is left", () => {
    const { temporary, command, env } = native("alone", null);
    expect(finding(run(command, env).out)).toBe(LOADED);
    expect(readdirSync(temporary)).toEqual([]);
  });

  test("is not the one beside it if that has other bytes", () => {
    const { command, env } = native("foreign", new TextEncoder().encode("not a library"));
    expect(finding(run(command, env).out)).toBe(LOADED);
  });

  test("is the one that CLOB_NATIVE_LIB names, or none", () => {
    const { command, env } = native("named", null, { CLOB_NATIVE_LIB: "/nowhere.so" });
    expect(finding(run(command, env).out)).toBe("warning: no such file: /nowhere.so");
  });

  test("is none where the temporary directory is open to all, and all works without", () => {
    const { temporary, command, env } = native("open", null);
    chmodSync(temporary, 0o777);
    const reason = `warning: ${temporary} is open to others and not sticky`;
    expect(finding(run(command, env).out)).toBe(reason);
  });

  const lacks = cellsNeed();
  test.skipIf(lacks !== null)(`is none on a noexec /tmp (needs ${lacks ?? "nothing"})`, () => {
    const { temporary, command, env } = native("noexec", null);
    const mount = `mount -t tmpfs -o noexec tmpfs "${temporary}" && exec "$@"`;
    const { out } = run(["unshare", "--mount", "sh", "-c", mount, "sh", ...command], env);
    expect(finding(out)).toMatch(/^warning: .* cannot be loaded: .*failed to map segment/s);
  });
});
