/** ExportFacts: what tests of the exporter ask of an export that is being made. */
import { expect } from "bun:test";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { toHex } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { verifyExport } from "../../src/verifier/verify-export.ts";
import type { ExportStand } from "./export-stand.ts";

/** Records that the last whole step covers. */
export const WHOLE = 41;
export const POINTERS = new Set(["latest", "in.note", "state.note"]);

export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(5);
}

export async function verdictOn({ venue }: ExportStand, from: string) {
  const { fast: verifier } = await openVerifiers();
  return verifyExport({ from, venue, verifier, openEngine: judgeEngine("fast") });
}

/** Name to hash. */
export function objectsOf(dir: string): Map<string, string> {
  const shard = join(dir, "shard-1");
  const names = readdirSync(shard, { recursive: true, encoding: "utf8" });
  const files = names.filter((name) => statSync(join(shard, name)).isFile());
  return new Map(files.map((name) => [name, toHex(sha256(readFileSync(join(shard, name))))]));
}

/** All objects but pointers are there as `clob export` makes them, partial ones apart. */
export function expectSame(dir: string, whole: string): void {
  const here = objectsOf(dir);
  for (const [name, hash] of objectsOf(whole)) {
    if (!POINTERS.has(name) && !name.includes(".p/"))
      expect([name, here.get(name)]).toEqual([name, hash]);
  }
}
