/**
 * The one command that says yes or no: format, types, lint, all tests, the C tests.
 *
 *   npm test                 everything but *.long.test.ts; Redis is fetched if it is not here
 *   npm run test:full        the long tests too
 *   npm run check            the same without test/e2e and test/sim, and without fetching anything
 *   npm test -- WORD...      only the test files whose path contains a word
 *
 * The last line is `N passed, N failed` (`, N skipped`): format, types, lint and C count one each,
 * the rest is counted from Bun's own reports. With CI=true a skipped test fails the run, and 2,000
 * seeds of the simulation follow, which counts one.
 */
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { TestCounts } from "./junit.ts";
import { fetchRedis, findRedis, REDIS_ADVICE } from "./redis.ts";
import { runTestFiles } from "./test-files.ts";

const TEST_MS_MAX = 20_000;
const FILE_MS_MAX = 120_000;
/** The promise to whoever runs the tests; CI, on a machine that others share, gets twice as long. */
const RUN_MS_MAX = 300_000;
const TEST_MS_MAX_FULL = 1_800_000;
const PROCESSES_MAX = 4;
const CI_SEEDS = 2000;

const root = join(import.meta.dir, "..");
const words = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const full = process.argv.includes("--full");
const quick = process.argv.includes("--quick");
const inCi = !["", "0", "false"].includes(process.env["CI"] ?? "");
const started = performance.now();
const total: TestCounts = { passed: 0, failed: 0, skipped: [] };

if (words.length === 0) {
  await check("format", [tool("@biomejs/biome/bin/biome"), "format"]);
  await check("types", [tool("typescript/bin/tsc")]);
  await check("lint", [tool("oxlint/bin/oxlint"), "--type-aware", "--deny-warnings"]);
}
await checkTests(findRedis() ?? (quick ? null : fetchedRedis()));
if (words.length === 0) await checkNative();
const tookMs = performance.now() - started;
if (inCi && words.length === 0 && !quick) await checkSimulation();
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
  console.log(`${passed ? "ok" : "FAILED"} ${name} (${secondsSince(from)})`);
}

function fetchedRedis(): string | null {
  const from = performance.now();
  const path = fetchRedis();
  if (path !== null) console.log(`redis fetched into .tools/redis (${secondsSince(from)})`);
  return path;
}

async function checkTests(redis: string | null): Promise<void> {
  if (redis === null) console.log(`no redis here, its suites are skipped; ${REDIS_ADVICE}`);
  const counts = await runTestFiles({
    root,
    files: [...new Bun.Glob("test/**/*.test.ts").scanSync(root)].filter(isWanted).toSorted(),
    processes: Math.min(PROCESSES_MAX, availableParallelism()),
    env: { ...process.env, ...(redis === null ? {} : { REDIS_SERVER_BIN: redis }) },
    testMsMax: full ? TEST_MS_MAX_FULL : TEST_MS_MAX,
    fileMsMax: full ? TEST_MS_MAX_FULL : FILE_MS_MAX,
  });
  total.passed += counts.passed;
  total.failed += counts.failed;
  total.skipped.push(...counts.skipped);
}

function isWanted(file: string): boolean {
  if (words.length > 0) return words.some((word) => file.includes(word));
  if (quick && /^test\/(?:e2e|sim)\//.test(file)) return false;
  return full || !file.endsWith(".long.test.ts");
}

async function checkNative(): Promise<void> {
  if (!existsSync(join(root, "native", "test.sh"))) return;
  const compiler = process.env["CC"] ?? ["cc", "gcc", "clang"].find((name) => Bun.which(name));
  if (compiler === undefined) total.skipped.push("native/test.sh > no C compiler on the PATH");
  else await check("C tests", ["native/test.sh"], "sh");
}

/** On all cores at once, so it comes last and alone; its time is not that of the tests. */
async function checkSimulation(): Promise<void> {
  const jobs = `${Math.min(PROCESSES_MAX, availableParallelism())}`;
  const script = ["test/sim/main.ts", "--seeds", `${CI_SEEDS}`, "--jobs", jobs];
  await check(`${CI_SEEDS} seeds of the simulation`, script);
}

function finish(): never {
  const names = new Map<string, number>();
  for (const name of total.skipped) names.set(name, (names.get(name) ?? 0) + 1);
  for (const [name, count] of names) console.log(`skipped: ${name} (${count})`);
  const mayNotSkip = inCi && total.skipped.length > 0;
  if (mayNotSkip) console.log("CI is set, so nothing may be skipped: this run is refused");
  const msMax = inCi ? 2 * RUN_MS_MAX : RUN_MS_MAX;
  if (!full && tookMs > RUN_MS_MAX) console.log(`longer than ${RUN_MS_MAX / 1000} s`);
  const isSlow = !full && tookMs > msMax;
  if (isSlow) console.log(`refused: longer than ${msMax / 1000} s`);
  console.log(`took ${secondsSince(started)}`);
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : "";
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  process.exit(total.failed > 0 || total.passed === 0 || mayNotSkip || isSlow ? 1 : 0);
}

function secondsSince(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
