/**
 * Runs test files, each in a process of its own, a few at a time, and says one line about each.
 *
 * A process per file costs some 30 ms and buys that a crash, an exit, a hang or a leak is the fault
 * of one file with a name. What it printed is shown only if it failed. Its counts come from Bun's
 * report; a file without one, or without a single test in it, has failed whatever it returned.
 */
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readJunit, type TestCounts } from "./junit.ts";

export type TestPlan = {
  readonly root: string;
  readonly files: readonly string[];
  readonly processes: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly testMsMax: number;
  readonly fileMsMax: number;
};

/** Counts of all files together; `failed` includes what no report could tell. */
export async function runTestFiles(plan: TestPlan): Promise<TestCounts> {
  const total: TestCounts = { passed: 0, failed: 0, skipped: [] };
  const reports = join(plan.root, ".tools", "reports");
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const queue = plan.files.entries();
  const worker = async (): Promise<void> => {
    for (const [number, file] of queue) {
      const counts = await runTestFile(plan, file, join(reports, `${number}.xml`));
      total.passed += counts.passed;
      total.failed += counts.failed;
      total.skipped.push(...counts.skipped);
    }
  };
  await Promise.all(Array.from({ length: plan.processes }, worker));
  return total;
}

async function runTestFile(plan: TestPlan, file: string, report: string): Promise<TestCounts> {
  const from = performance.now();
  const flags = [`--timeout=${plan.testMsMax}`, "--no-orphans", "--path-ignore-patterns=none"];
  const child = Bun.spawn(
    [process.execPath, "test", ...flags, "--reporter=junit", `--reporter-outfile=${report}`, file],
    { cwd: plan.root, env: plan.env, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  );
  let isLate = false;
  const guard = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, plan.fileMsMax);
  const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
  const exitCode = await child.exited;
  clearTimeout(guard);
  const counts = readJunit(existsSync(report) ? await Bun.file(report).text() : "");
  const ran = counts.passed + counts.failed + counts.skipped.length;
  if (counts.failed === 0 && (exitCode !== 0 || ran === 0)) counts.failed = 1;
  if (counts.failed > 0) for (const text of texts) process.stdout.write(await text);
  const why = isLate ? `: over ${plan.fileMsMax / 1000} s` : ran === 0 ? ": no test reported" : "";
  const seconds = `${((performance.now() - from) / 1000).toFixed(1)} s`;
  console.log(`${counts.failed > 0 ? "FAILED" : "ok"} ${file} (${ran}, ${seconds})${why}`);
  return counts;
}
