/**
 * Plants each of the listed bugs in a copy of the tree and shows which quick test sees it.
 *
 *   bun scripts/planted.ts              all of them, recorded in docs/runs/planted.json
 *   bun scripts/planted.ts WORD...      those whose name contains a word, not recorded
 *
 * The copy without a bug must pass first. One line per bug: seconds, its name, the test. Exit code
 * 1 if a bug was not seen.
 */
import { cpus } from "node:os";
import { join } from "node:path";
import { PLANTED_BUGS } from "../test/planted/planted-bugs.ts";
import { PlantedCopy } from "./planted-copy.ts";

const root = join(import.meta.dir, "..");
const words = process.argv.slice(2);
const bugs = PLANTED_BUGS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.includes(word)),
);

const commit = Bun.spawnSync(["git", "describe", "--always", "--dirty", "--abbrev=40"], {
  cwd: root,
});
const copy = new PlantedCopy(root);
const started = performance.now();
const rows: { bug: string; file: string; caught_by: string; seconds: number }[] = [];
let missed = 0;
try {
  await requireGreen();
  for (const bug of bugs) {
    const found = await copy.judge(bug);
    if (found === null) missed++;
    const caughtBy = found?.test ?? "NOT SEEN";
    rows.push({
      bug: bug.name,
      file: bug.file,
      caught_by: caughtBy,
      seconds: found?.seconds ?? 0,
    });
    console.log(`${(found?.seconds ?? 0).toFixed(1).padStart(6)} s  ${bug.name}: ${caughtBy}`);
  }
} finally {
  copy.remove();
}
console.log(`${bugs.length - missed} of ${bugs.length} planted bugs were seen`);
if (words.length === 0) await record();
process.exit(missed === 0 ? 0 : 1);

async function requireGreen(): Promise<void> {
  const red = await copy.check(true);
  if (red !== null) throw new Error(`without a bug this fails already: ${red.test}`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`without a bug all quick tests pass (${seconds} s)`);
}

async function record(): Promise<void> {
  const result = {
    commit: commit.stdout.toString().trim(),
    command: "bun scripts/planted.ts",
    bugs: bugs.length,
    seen: bugs.length - missed,
    duration_s: Math.round((performance.now() - started) / 1000),
    machine: `${cpus()[0]?.model ?? "unknown"}, ${cpus().length} cores, Bun ${Bun.version}`,
    rows,
  };
  const path = join(root, "docs", "runs", "planted.json");
  await Bun.write(path, `${JSON.stringify(result, null, 2)}\n`);
}
