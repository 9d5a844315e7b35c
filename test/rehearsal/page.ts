/**
 * Page: docs/REHEARSAL.md as its reader pastes it, block by block into one shell that has
 * namespaces of its own, in a directory that holds docs/ and dist/ and nothing else.
 *
 *   ```sh     goes into the shell
 *   ```text   is what the block before it says on stdout; "..." stands for anything in a line
 */
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Block {
  readonly commands: string;
  /** Null where the page shows nothing. */
  readonly says: string | null;
}

const MARK = "=== block";

export function blocksOf(page: string): Block[] {
  const text = readFileSync(page, "utf8");
  const found = text.matchAll(/^```sh\n([\s\S]*?)^```$(?:\n\n```text\n([\s\S]*?)^```$)?/gm);
  return [...found].map(([, commands = "", says]) => ({ commands, says: says ?? null }));
}

export interface PageRun {
  readonly code: number;
  readonly err: string;
  /** What each block said on stdout, as far as it came. */
  readonly said: readonly string[];
}

/** `tools`: folders of redis-server, redis-cli and haproxy. */
export async function runPage(
  dir: string,
  blocks: readonly Block[],
  tools: readonly string[],
): Promise<PageRun> {
  const script = blocks.map(({ commands }, i) => `echo "${MARK} ${i}"\n${commands}`).join("");
  await Bun.write(join(dir, "page.sh"), `set -e\n${script}`);
  const namespaces = ["--mount", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"];
  const child = Bun.spawn(["unshare", ...namespaces, "bash", "page.sh"], {
    cwd: dir,
    env: { HOME: dir, PATH: [...tools, process.env["PATH"]].join(delimiter) },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  process.once("exit", () => child.kill("SIGKILL"));
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  const said = out.split(new RegExp(`^${MARK} \\d+\\n`, "m")).slice(1);
  return { code: await child.exited, err, said };
}

/** Lines of a block that are not as the page shows them; both sides. */
export function differences({ says }: Block, said: string): string[] {
  if (says === null) return [];
  const [wanted, got] = [says, said].map((text) => text.trimEnd().split("\n"));
  const isSo = (line: string, i: number): boolean => patternOf(line).test(got?.[i] ?? "");
  const bad = wanted!.flatMap((line, i) => (isSo(line, i) ? [] : [`${line} | ${got?.[i]}`]));
  return wanted!.length === got!.length ? bad : [...bad, `${got!.length} lines: ${said}`];
}

function patternOf(line: string): RegExp {
  const parts = line.split("...").map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`);
}
