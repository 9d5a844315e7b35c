/**
 * The rehearsal of a fleet on one machine: a small one by the program, one that is broken off, and
 * the venue of docs/REHEARSAL.md brought up by hand from docs/ and dist/ alone.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fetchHaproxy, findHaproxy } from "../../scripts/haproxy.ts";
import { findRedis } from "../../scripts/redis.ts";
import { namespacesNeed } from "../rehearsal/needs.ts";
import { blocksOf, differences, runPage } from "../rehearsal/page.ts";
import { builtDist, ROOT } from "./dist.ts";

const MS_MAX = 900_000;
const MAIN = "test/rehearsal/main.ts";
const SMALL = [
  "--shards",
  "2",
  "--markets",
  "4",
  "--accounts",
  "2",
  "--gap",
  "600",
  "--cut",
  "3000",
];

const redis = findRedis();
const haproxy = findHaproxy() ?? fetchHaproxy();
const lacks = namespacesNeed() ?? (redis === null ? "Redis" : haproxy === null ? "HAProxy" : null);
const why = lacks === null ? "" : ` (needs ${lacks})`;

describe.skipIf(lacks !== null)(`the rehearsal${why}`, () => {
  const dir = mkdtempSync(join(tmpdir(), "clob-rehearsal-test-"));
  let dist = "";
  beforeAll(() => {
    dist = builtDist();
  }, MS_MAX);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function start(name: string, words: readonly string[]) {
    const home = join(dir, name);
    mkdirSync(home);
    const child = Bun.spawn([process.execPath, MAIN, ...words], {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: home },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    return { child, home };
  }

  test(
    "of two shards: rolled, cut off, failed over, and all that was told is true",
    async () => {
      const { child, home } = start("small", SMALL);
      const [out, err] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      expect([await child.exited, out, err]).toEqual([
        0,
        expect.stringMatching(/\nall holds\n$/),
        "",
      ]);
      expect(await processesOf(home)).toEqual([]);
      expect(readdirSync(home)).toEqual([]);
    },
    MS_MAX,
  );

  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)(
    "broken off by %s leaves no process, and so no host and no cable",
    async (signal) => {
      const { child, home } = start(signal, SMALL);
      let out = "";
      for await (const bytes of child.stdout) {
        out += new TextDecoder().decode(bytes);
        if (out.includes("services are ready")) break;
      }
      expect((await processesOf(home)).length).toBeGreaterThan(10);
      child.kill(signal);
      await child.exited;
      while ((await processesOf(home)).length > 0) await Bun.sleep(20);
      // Who is killed cannot tidy up behind himself; the process inside tries to.
      if (signal !== "SIGKILL") expect(readdirSync(home)).toEqual([]);
    },
    MS_MAX,
  );

  test(
    "by hand, as docs/REHEARSAL.md says, with docs/ and dist/ alone",
    async () => {
      const home = join(dir, "hand");
      cpSync(join(ROOT, "docs"), join(home, "docs"), { recursive: true });
      cpSync(dist, join(home, "dist"), { recursive: true });
      const blocks = blocksOf(join(home, "docs", "REHEARSAL.md"));
      const { code, err, said } = await runPage(home, blocks, [dirname(redis!), dirname(haproxy!)]);
      expect({ code, blocks: said.length, err: code === 0 ? "" : err }).toEqual({
        code: 0,
        blocks: blocks.length,
        err: "",
      });
      expect(blocks.flatMap((block, i) => differences(block, said[i] ?? ""))).toEqual([]);
      expect(existsSync(join(home, "export"))).toBe(true);
    },
    MS_MAX,
  );
});

/** Command lines that name this folder, of whoever lives now. */
async function processesOf(home: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const command = await Bun.file(`/proc/${pid}/cmdline`)
      .text()
      .catch(() => "");
    if (command.includes(home)) found.push(command.replaceAll("\0", " "));
  }
  return found;
}
