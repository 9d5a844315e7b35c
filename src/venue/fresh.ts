/**
 * Fresh: removes what a venue left in its data directory, and nothing else.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

const OURS = /^(shard-\d+|keys|log\.jsonl(\.\d+)?|demo-journals|.*\.sock|.*\.pid)$/;

export function removeVenueData(dir: string): void {
  if (!existsSync(dir)) return;
  for (const name of readdirSync(dir)) {
    if (OURS.test(name)) rmSync(join(dir, name), { recursive: true, force: true });
  }
}
