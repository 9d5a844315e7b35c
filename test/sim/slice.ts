/** Slice: some seeds in a process of their own, which tells their totals as JSON. */
import { join } from "node:path";

/** Takes the machine's time to compile for runs of hours, and a slice is over in seconds. */
const NO_SLOW_COMPILER = { BUN_JSC_useFTLJIT: "0" };

export interface SliceTerms {
  readonly seed: number;
  readonly seeds: number;
  /** More words of the command line. */
  readonly words: readonly string[];
  /** The tree whose simulation it is. */
  readonly root: string;
}

export interface SliceOutput {
  /** JSON, if it came to its end. */
  readonly text: string;
  readonly complaint: string;
}

export async function runSlice({ seed, seeds, words, root }: SliceTerms): Promise<SliceOutput> {
  const own = ["--json", "--jobs", "1", "--seed", `${seed}`, "--seeds", `${seeds}`];
  const command = [process.execPath, join(root, "test/sim/main.ts"), ...words, ...own];
  const env = { ...process.env, ...NO_SLOW_COMPILER };
  const child = Bun.spawn(command, { cwd: root, env, stdout: "pipe", stderr: "pipe" });
  const [text, complaint] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { text, complaint };
}
