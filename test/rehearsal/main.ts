/**
 * Rehearsal: a whole fleet on one machine, from the executables that are shipped, with everything
 * done to it that a fleet lives through, under load; and whether all that traders heard is true.
 *
 *   bun run rehearsal                  21,000 markets on ten shards, some five minutes
 *   bun run rehearsal --record         and its result into docs/runs/rehearsal.json
 *   bun run rehearsal --shards 2 --markets 4 --accounts 2     a small one
 *
 *   --config FILE   instead of deploy/gcp/config.toml     --gap MS    between frames of a session
 *   --next DIR      executables to roll to; else this commit is built once more under another name
 *   --cut MS        how long hosts are cut off, at least  --keep      leave what the run wrote
 *
 * Linux and root. Everything runs in namespaces of one process (see inside.ts): nothing is left,
 * however this ends. Exit code 1 if something does not hold, 2 if something is missing.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { fetchHaproxy, findHaproxy, HAPROXY_ADVICE } from "../../scripts/haproxy.ts";
import { fetchRedis, findRedis, REDIS_ADVICE } from "../../scripts/redis.ts";
import { namespacesNeed } from "./needs.ts";
import { recordOf } from "./record.ts";
import type { RehearsalResult, RehearsalTerms } from "./terms.ts";

const ROOT = join(import.meta.dir, "..", "..");
const RECORD = join(ROOT, "docs", "runs", "rehearsal.json");
const DIST = join(ROOT, "dist");
const NEXT = join(ROOT, ".tools", "rehearsal", "next");
const INSIDE = join(import.meta.dir, "inside.ts");

const text = { type: "string" } as const;
const flag = { type: "boolean", default: false } as const;
const { values } = parseArgs({
  options: {
    config: { type: "string", default: join(ROOT, "deploy", "gcp", "config.toml") },
    accounts: { type: "string", default: "4" },
    gap: { type: "string", default: "1500" },
    cut: { type: "string", default: "5000" },
    shards: text,
    markets: text,
    next: text,
    record: flag,
    keep: flag,
  },
});

const dir = mkdtempSync(join(tmpdir(), "clob-rehearsal-"));
/** What keeps the namespaces; with it goes process 1 in there, and with that all. */
let inside: Bun.Subprocess | null = null;
let isBrokenOff = false;
process.once("exit", () => {
  if (!values.keep) rmSync(dir, { recursive: true, force: true, maxRetries: 20 });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    isBrokenOff = true;
    // unshare itself does not end by these.
    inside?.kill("SIGKILL");
    if (inside === null) process.exit(130);
  });
}
const exitCode = await main();
process.exit(isBrokenOff ? 130 : exitCode);

async function main(): Promise<number> {
  const lacks = namespacesNeed();
  if (lacks !== null) return lacking(lacks);
  const redis = findRedis() ?? fetchRedis();
  if (redis === null) return lacking(`a Redis: ${REDIS_ADVICE}`);
  const haproxy = findHaproxy() ?? fetchHaproxy();
  if (haproxy === null) return lacking(`a TCP load balancer: ${HAPROXY_ADVICE}`);
  const commit = git("describe", "--always", "--dirty", "--abbrev=40");
  const releases = buildBoth();
  if (releases === null) return 2;
  const terms: RehearsalTerms = {
    dir,
    redis,
    haproxy,
    releases,
    config: resolve(values.config),
    smaller:
      values.shards === undefined
        ? null
        : { shards: Number(values.shards), markets: Number(values.markets ?? 4) },
    accounts: Number(values.accounts),
    gapMs: Number(values.gap),
    cutMs: Number(values.cut),
  };
  const result = await runInside(terms);
  if (result === null) return 1;
  const record = recordOf(terms, result, { root: ROOT, commit });
  tell(record, result);
  if (values.record) writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
  if (values.keep) console.log(`kept in ${dir}`);
  return result.wrong === "" ? 0 : 1;
}

function lacking(what: string): number {
  console.error(`rehearsal: this needs ${what}`);
  return 2;
}

/** Of this commit, and of this commit under another name: bytes that differ, rules that do not. */
function buildBoth(): [string, string] | null {
  const next = values.next === undefined ? NEXT : resolve(values.next);
  const isBuilt =
    build("dist", {}) &&
    (values.next !== undefined || build(NEXT, { CLOB_BUILD: `${versionOf(DIST)}-next` }));
  if (!isBuilt) return null;
  console.log(`releases: ${versionOf(DIST)}, then ${versionOf(next)}`);
  return [DIST, next];
}

/** Nothing is done where it is built already, of a commit. */
function build(out: string, env: Readonly<Record<string, string>>): boolean {
  const name = env["CLOB_BUILD"] ?? git("rev-parse", "--short=12", "HEAD");
  const isCommit = name !== "" && git("status", "--porcelain") === "";
  if (isCommit && versionOf(resolve(ROOT, out)) === name) return true;
  const { success, stderr } = Bun.spawnSync([process.execPath, "scripts/build.ts", "--out", out], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdin: "ignore",
  });
  if (!success) console.error(`rehearsal: the build refused:\n${stderr.toString()}`);
  return success;
}

/** What git says, or nothing where there is none. */
function git(...words: string[]): string {
  return Bun.spawnSync(["git", ...words], { cwd: ROOT })
    .stdout.toString()
    .trim();
}

/** The commit's name, the first word that `clob --version` has in parentheses. */
function versionOf(release: string): string {
  if (!existsSync(join(release, "SHA256SUMS"))) return "";
  const said = Bun.spawnSync([join(release, "clob"), "--version"]).stdout.toString();
  return /\(([^,)]*)/.exec(said)?.[1] ?? "unknown";
}

/** Null if it ended without a result, which it says itself. */
async function runInside(terms: RehearsalTerms): Promise<RehearsalResult | null> {
  const namespaces = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const inner = [process.execPath, INSIDE, JSON.stringify(terms)];
  const child = Bun.spawn(["unshare", ...namespaces, ...inner], {
    stdin: "pipe",
    stdout: "inherit",
    stderr: "inherit",
  });
  inside = child;
  await child.exited;
  const path = join(dir, "result.json");
  if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8"));
  if (!isBrokenOff) console.error("rehearsal: it ended without a verdict");
  return null;
}

function tell(record: ReturnType<typeof recordOf>, { wrong, phases }: RehearsalResult): void {
  const { orders_acknowledged: orders, records, seconds } = record;
  const worst = Math.max(0, ...phases.map(({ wait_ms: wait }) => wait.worst));
  console.log(
    `${orders} orders acknowledged, ${records} records, ${seconds} s, longest wait ${worst} ms, ` +
      `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
  );
  console.log(wrong === "" ? "all holds" : `WRONG: ${wrong}`);
}
