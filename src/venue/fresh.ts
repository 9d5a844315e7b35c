/**
 * Fresh: removes what a venue left in its data directory, and nothing else; never from under a
 * venue that lives.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bellPlace, claimRole, type Lock } from "../edges/directory-lock.ts";

const OURS = /^(shard-\d+|keys|log\.jsonl(\.\d+)?|demo-journals|.*\.sock|.*\.pid)$/;
const LOCKS: readonly Lock[] = ["in", "ex", "settle"];

/** Throws InUse, which names the pid, while a process of the venue runs. */
export async function removeVenueData(dir: string): Promise<void> {
  if (!existsSync(dir)) return;
  const names = readdirSync(dir).filter((name) => OURS.test(name));
  for (const name of names.filter((found) => found.startsWith("shard-"))) {
    for (const lock of LOCKS) (await claimRole(bellPlace(join(dir, name), lock), dir)).close();
  }
  for (const name of names) rmSync(join(dir, name), { recursive: true, force: true });
}
