/**
 * The fuzz run: native/fuzz.sh for some time, and what came of it as JSON.
 *
 *   bun bench/fuzz-run.ts --seconds 720 [--out FILE]
 *
 * The exit code is the fuzzer's: 77 when an input broke a promise, 2 when there is no compiler. The
 * corpus stays in .tools/fuzz, so each run starts with what the runs before it found.
 */
import { readdirSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dir, "..");
const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    out: { type: "string", default: "" },
  },
});
const from = performance.now();
const child = Bun.spawn(["sh", "native/fuzz.sh", values.seconds], {
  cwd: root,
  stdout: "pipe",
  stderr: "pipe",
});
const [out, err] = await Promise.all([
  new Response(child.stdout).text(),
  new Response(child.stderr).text(),
]);
const code = await child.exited;
if (code !== 0) console.error(err.split("\n").slice(-60).join("\n"));
else await report();
process.exit(code);

async function report(): Promise<void> {
  const result = {
    commit: await gitCommit(),
    command: `bun bench/fuzz-run.ts ${process.argv.slice(2).join(" ")}`,
    target: "native/price_levels_fuzz.c",
    sanitizers: ["address", "undefined"],
    compiler: out.split("\n")[0],
    date: new Date().toISOString().slice(0, 10),
    duration_s: Math.round((performance.now() - from) / 1000),
    broken_promises: 0,
    executions: found(/^stat::number_of_executed_units: (\d+)/m),
    executions_per_second: found(/^stat::average_exec_per_sec: +(\d+)/m),
    edges: found(/DONE +cov: (\d+)/),
    features: found(/DONE .* ft: (\d+)/),
    inputs_in_corpus: readdirSync(join(root, ".tools/fuzz/corpus")).length,
    inputs_added: found(/^stat::new_units_added: +(\d+)/m),
    peak_mib: found(/^stat::peak_rss_mb: +(\d+)/m),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores`,
  };
  const text = `${JSON.stringify(result, null, 2)}\n`;
  console.log(text);
  if (values.out !== "") await Bun.write(values.out, text);
}

/** The number in what the fuzzer said at its end. */
function found(pattern: RegExp): number {
  const match = pattern.exec(err);
  if (match === null) throw new Error(`the fuzzer did not say ${pattern.source}`);
  return Number(match[1]);
}

/** The last commit that changed what is fuzzed, and whether it has changed since. */
async function gitCommit(): Promise<string> {
  const commit = await said(["git", "log", "-1", "--format=%H", "--", "native"]);
  const changed = await said(["git", "status", "--porcelain", "--", "native"]);
  return changed === "" ? commit : `${commit}-dirty`;
}

async function said(command: string[]): Promise<string> {
  const git = Bun.spawn(command, { cwd: root });
  return (await new Response(git.stdout).text()).trim();
}
