/**
 * A copy of the tracked tree in a temporary directory, in which bugs are planted and quick tests
 * run until one of them fails. The tree itself is never touched.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type PlantedBug, plant } from "../test/planted/planted-bugs.ts";

const STEP_MS_MAX = 300_000;
/** A busy machine is no bug. */
const TIMEOUT = "--timeout=60000";

/** Of the quick tests those that look at the core, the likeliest first. */
const GROUPS = [
  /^test\/spec\//,
  /^test\/engine\//,
  /^test\/model\//,
  /^test\/(?:bench|load|naive|native|proofs|protocol|verifier)\//,
];

/** Which test saw the bug, or null if all of them passed. */
export interface Catch {
  readonly test: string;
  readonly seconds: number;
}

export class PlantedCopy {
  readonly dir = mkdtempSync(join(tmpdir(), "clob-planted-"));

  constructor(root: string) {
    const listed = Bun.spawnSync(["git", "ls-files", "-z"], { cwd: root }).stdout.toString();
    for (const path of listed.split("\0").filter((name) => name !== "")) {
      if (!existsSync(join(root, path))) continue;
      mkdirSync(dirname(join(this.dir, path)), { recursive: true });
      cpSync(join(root, path), join(this.dir, path));
    }
    symlinkSync(join(root, "node_modules"), join(this.dir, "node_modules"));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** Puts the bug in, has the tests look for it, and takes it out again. */
  async judge(bug: PlantedBug): Promise<Catch | null> {
    const path = join(this.dir, bug.file);
    const text = await Bun.file(path).text();
    const planted = plant(bug, text);
    if ("wrong" in planted) throw new Error(planted.wrong);
    await Bun.write(path, planted.text);
    try {
      return await this.check(bug.file.startsWith("native/"));
    } finally {
      await Bun.write(path, text);
    }
  }

  /** The first test that fails. `isNative`: the C library is built anew, its own tests run too. */
  async check(isNative: boolean): Promise<Catch | null> {
    const started = performance.now();
    const caught = (test: string): Catch => {
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      return { test, seconds };
    };
    const built = await this.run(["sh", "native/build.sh"]);
    if (built.code !== 0) return caught("native/build.sh");
    for (const files of this.groups()) {
      const { code, text } = await this.run([
        process.execPath,
        "test",
        "--bail",
        TIMEOUT,
        ...files,
      ]);
      if (code !== 0) return caught(failedTest(text));
    }
    const hasCompiler = ["cc", "gcc", "clang"].some((name) => Bun.which(name) !== null);
    if (!isNative || !hasCompiler) return null;
    return (await this.run(["sh", "native/test.sh"])).code === 0 ? null : caught("native/test.sh");
  }

  private groups(): string[][] {
    const files = [...new Bun.Glob("test/**/*.test.ts").scanSync(this.dir)].toSorted();
    const quick = files.filter((file) => !file.endsWith(".long.test.ts"));
    return GROUPS.map((pattern) => quick.filter((file) => pattern.test(file)));
  }

  private async run(command: readonly string[]): Promise<{ code: number; text: string }> {
    const child = Bun.spawn([...command], {
      cwd: this.dir,
      stdout: "pipe",
      stderr: "pipe",
      timeout: STEP_MS_MAX,
      killSignal: "SIGKILL",
    });
    const texts = [new Response(child.stdout).text(), new Response(child.stderr).text()];
    const code = await child.exited;
    return { code, text: (await Promise.all(texts)).join("\n") };
  }
}

/** `file > describe > test`, as far as the output tells. */
function failedTest(text: string): string {
  const name = /\(fail\) (.*?)(?: \[[\d.]+m?s\])?$/m.exec(text)?.[1] ?? "an error outside a test";
  const before = text.slice(0, text.indexOf("(fail)"));
  const file = [...before.matchAll(/^(test\/\S+\.test\.ts):$/gm)].at(-1)?.[1] ?? "?";
  return `${file} > ${name}`;
}
