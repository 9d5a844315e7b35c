/**
 * Segment rules: the upgrades that an embedded log keeps, in a file beside its segments.
 */
import * as fs from "node:fs";
import { join } from "node:path";
import type { Upgrade } from "../protocol/governing.ts";
import { readRules, rulesText, withUpgrade } from "./log-rules.ts";
import { writeFileLasting } from "./segment-disk.ts";

/** `dir`: the shard's. */
export function keptRules(dir: string): readonly Upgrade[] {
  const path = join(dir, "rules");
  return fs.existsSync(path) ? readRules(fs.readFileSync(path, "utf8")) : [];
}

/** Once, and synced. */
export function keepRule(dir: string, upgrade: Upgrade): void {
  const kept = keptRules(dir);
  const all = withUpgrade(kept, upgrade);
  if (all === kept) return;
  writeFileLasting(join(dir, "rules"), new TextEncoder().encode(rulesText(all)));
}
