/**
 * The one command that says yes or no: format, types, lint, all tests, the C tests.
 *
 *   npm test                 everything but *.long.test.ts; Redis is fetched if it is not here
 *   npm run test:full        the long tests too
 *   npm run check            the same without test/e2e and test/sim, and without fetching anything
 *   npm test -- WORD...      only the test files whose path contains a word
 *
 * The last line is `N passed, N failed` (`, N skipped`): format, types, lint and C count one each,
 * the rest is counted from Bun's own report. A test file that reports nothing counts as failed, and
 * with CI=true a skipped test fails the run.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { readJunit } from "./junit.ts";
import { fetchRedis, findRedis, REDIS_ADVICE } from "./redis.ts";

const MINUTES_MAX = 5;
const MINUTES_MAX_FULL = 60;
const TEST_TIMEOUT_MS = 20_000;
const LONG = "**/*.long.test.ts";

const root = join(import.meta.dir, "..");
const report = join(root, ".tools", "junit.xml");
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const full = process.argv.includes("--full");
const quick = process.argv.includes("--quick");
const inCi = !["", "0", "false"].includes(process.env["CI"] ?? "");
const started = performance.now();
const total: { passed: number; failed: number; skipped: string[] } = {
  passed: 0,
  failed: 0,
  skipped: [],
};

if (words.length === 0) {
  await check("format", [tool("@biomejs/biome/bin/biome"), "format"]);
  await check("types", [tool("typescript/bin/tsc")]);
  await check("lint", [tool("oxlint/bin/oxlint"), "--type-aware", "--deny-warnings"]);
}
await runTests(findRedis() ?? (quick ? null : fetchedRedis()));
if (words.length === 0) await checkNative();
finish();

function tool(path: string): string {
  return join("node_modules", path);
}

/** One yes or no of a tool; what it printed is shown only after a no. */
async function check(name: string, script: string[], runner = process.execPath): Promise<void> {
  const from = performance.now();
  const child = Bun.spawn([runner, ...script], { cwd: root, stdout: "pipe", stderr: "pipe" });
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  const passed = (await child.exited) === 0;
  total[passed ? "passed" : "failed"]++;
  if (!passed) for (const text of texts) process.stdout.write(await text);
  console.log(`${name}: ${passed ? "ok" : "FAILED"} (${secondsSince(from)})`);
}

function fetchedRedis(): string | null {
  const from = performance.now();
  const path = fetchRedis();
  if (path !== null) console.log(`redis: fetched into .tools/redis (${secondsSince(from)})`);
  return path;
}

async function runTests(redis: string | null): Promise<void> {
  if (redis === null) console.log(`redis: none, its suites are skipped; ${REDIS_ADVICE}`);
  const ignored = full ? ["nothing"] : quick ? [LONG, "test/e2e/**", "test/sim/**"] : [LONG];
  const workers = Math.max(2, Math.min(4, availableParallelism())); // Two at least: see exit codes.
  const flags = [`--parallel=${workers}`, "--dots", `--timeout=${TEST_TIMEOUT_MS}`]
    .concat(["--no-orphans", "--reporter=junit", `--reporter-outfile=${report}`])
    .concat(ignored.map((pattern) => `--path-ignore-patterns=${pattern}`));
  rmSync(report, { force: true });
  mkdirSync(dirname(report), { recursive: true });
  const child = Bun.spawn([process.execPath, "test", ...flags, ...words], {
    cwd: root,
    env: { ...process.env, ...(redis === null ? {} : { REDIS_SERVER_BIN: redis }) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const minutes = full ? MINUTES_MAX_FULL : MINUTES_MAX;
  const guard = setTimeout(() => {
    note(`the tests took longer than ${minutes} minutes`);
    child.kill("SIGKILL");
  }, minutes * 60_000);
  const exitCode = await child.exited;
  clearTimeout(guard);
  await addReport(exitCode, ignored);
}

/** Adds what the report says, and what it leaves out: a crash, a file that could not be loaded. */
async function addReport(exitCode: number, ignored: string[]): Promise<void> {
  const counts = readJunit(existsSync(report) ? await Bun.file(report).text() : "");
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
  const globs = ignored.map((pattern) => new Bun.Glob(pattern));
  const files = words.length > 0 ? [] : [...new Bun.Glob("test/**/*.test.ts").scanSync(root)];
  const silent = files.filter(
    (file) => !counts.files.has(file) && !globs.some((g) => g.match(file)),
  );
  for (const file of silent) note(`${file} reported no test`);
  if (exitCode !== 0 && counts.failed + silent.length === 0) note(`bun test said ${exitCode}`);
}

function note(failure: string): void {
  total.failed++;
  console.log(`FAILED: ${failure}`);
}

async function checkNative(): Promise<void> {
  if (!existsSync(join(root, "native", "test.sh"))) return;
  const compiler = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");
  if (compiler === null) total.skipped.push("native/test.sh > no C compiler on the PATH");
  else await check("C tests", ["native/test.sh"], "sh");
}

function finish(): never {
  const names = new Map<string, number>();
  for (const name of total.skipped) names.set(name, (names.get(name) ?? 0) + 1);
  for (const [name, count] of names) console.log(`skipped: ${name} (${count})`);
  const mayNotSkip = inCi && total.skipped.length > 0;
  if (mayNotSkip) console.log("CI is set, so nothing may be skipped: this run is refused");
  console.log(`took ${secondsSince(started)}`);
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exit(total.failed > 0 || total.passed === 0 || mayNotSkip ? 1 : 0);
}

function secondsSince(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
