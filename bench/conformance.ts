/**
 * Conformance: a flow through the very Engine.apply that market-matcher links, without network.
 *
 *   bun run bench conformance FILE... [--engine c|ts|naive]
 *
 * Prints hash, whether it is the reference's, messages per second (median of some passes, each
 * through a fresh engine) and the build. Without --engine all three run. Exit code 1 on the first
 * difference: from the reference, or of one engine from another.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadFirst, nativeLevelsReason, openNativeLevels } from "../src/edges/native-levels.ts";
import { BUILD, VERSION } from "../src/edges/version.ts";
import { Engine } from "../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../src/engine/levels.ts";
import { hashThrough, type OpenEngine, timeThrough } from "../src/load/engine-run.ts";
import { loadWorkload, referenceHash } from "../src/load/workload-file.ts";
import type { Workload } from "../src/load/workload.ts";
import { NaiveEngine } from "../src/naive/naive-engine.ts";

export const ENGINES: Readonly<Record<string, OpenEngine>> = {
  c: (genesisFrame) => new Engine(genesisFrame, { levels: nativeLevels, roots: false }),
  ts: (genesisFrame) => new Engine(genesisFrame, { levels: createLevels, roots: false }),
  naive: (genesisFrame) => new NaiveEngine(genesisFrame),
};

const PASSES = 5;
const PASSES_NAIVE = 1;
/** Below this a pass is over before a clock can say how long it took. */
const MESSAGES_TIMED_MIN = 1000;

function nativeLevels(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error(nativeLevelsReason());
  return levels;
}

export function conformance(args: readonly string[]): number {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { engine: { type: "string" } },
    allowPositionals: true,
  });
  const names = values.engine === undefined ? Object.keys(ENGINES) : [values.engine];
  const unknown = names.find((name) => ENGINES[name] === undefined);
  if (positionals.length === 0 || unknown !== undefined) {
    console.error("usage: bun run bench conformance FILE... [--engine c|ts|naive]");
    return 2;
  }
  console.log(`clob ${VERSION} (${BUILD}), price levels in C: ${nativeBuild()}`);
  const isSame = positionals.map((path) => runFile(path, names));
  return isSame.every(Boolean) ? 0 : 1;
}

/** The id of the C library, or why there is none. */
export function nativeBuild(): string {
  const named = process.env["CLOB_NATIVE_LIB"] ?? "";
  const built = join(import.meta.dir, "..", "native", "build", "libprice_levels.so");
  const { library, reason } = loadFirst([named === "" ? built : named]);
  return library === null ? reason : library.build;
}

/** True if every engine gave the same answer, and the right one where it is known. */
function runFile(path: string, names: readonly string[]): boolean {
  const loaded = loadWorkload(path);
  if (typeof loaded === "string") {
    console.error(loaded);
    return false;
  }
  const { workload } = loaded;
  const reference = referenceHash(path);
  console.log(`${path}: ${workload.count} messages, reference ${reference ?? "unknown"}`);
  const hashes = names.map((name) => runEngine(name, workload, reference));
  const found = hashes.filter((hash) => hash !== null);
  const right = reference ?? found[0];
  // An engine that is not here is missed only by who asked for it.
  return found.length > 0 && found.every((hash) => hash === right);
}

function runEngine(name: string, workload: Workload, reference: string | null): string | null {
  if (name === "c" && nativeLevelsReason() !== "") {
    console.log(`  c      not here: ${nativeLevelsReason()}`);
    return null;
  }
  const open = ENGINES[name]!;
  const hash = hashThrough(workload, open);
  const verdict = reference === null ? "" : hash === reference ? "matches" : "DIFFERS";
  console.log(`  ${name.padEnd(6)} ${hash} ${verdict} ${speedOf(name, workload, open)}`);
  return hash;
}

function speedOf(name: string, workload: Workload, open: OpenEngine): string {
  if (workload.count < MESSAGES_TIMED_MIN) return "";
  const passes = name === "naive" ? PASSES_NAIVE : PASSES;
  const seconds = Array.from(
    { length: passes },
    () => timeThrough(workload, open, () => performance.now()).seconds,
  ).sort((a, b) => a - b);
  const rate = workload.count / seconds[passes >> 1]! / 1e6;
  return `${rate.toFixed(2)} M messages/s`;
}
