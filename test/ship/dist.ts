/**
 * Dist: the executables under test, made once per run of a test file by the script that
 * `bun run build` runs.
 */
import { join } from "node:path";

export const ROOT = join(import.meta.dir, "..", "..");

/** Absolute path of a fresh dist of the tree, or of a copy of it. */
export function builtDist(env: Readonly<Record<string, string>> = {}, root = ROOT): string {
  const command = [process.execPath, "scripts/build.ts"];
  const all = { ...process.env, ...env };
  const { success, stderr } = Bun.spawnSync(command, { cwd: root, env: all, stdin: "ignore" });
  if (!success) throw new Error(`the build refused:\n${stderr.toString()}`);
  return join(root, "dist");
}
