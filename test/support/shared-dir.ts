/** Finds the folder of public vectors and workloads beside the project; a stranger has none. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Absolute path of `../shared`, or null where it is absent. */
export function sharedDir(): string | null {
  const dir = join(import.meta.dir, "..", "..", "..", "shared");
  return existsSync(join(dir, "workloads", "FORMAT.md")) ? dir : null;
}
