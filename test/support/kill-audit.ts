/**
 * KillAudit: whether a venue at rest is what its log says, judged by others than those who ran it.
 *
 *   export  -> verifyExport, pinned              every signature, every commitment recomputed
 *   log     -> naive engine                      = roots of the matcher's and settlement's newest
 *                                                  snapshots, with which they would start again
 *   files   -> no private key in any line or log
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { readConfig } from "../../src/edges/config-read.ts";
import { openLog } from "../../src/edges/open-log.ts";
import { SnapshotFiles } from "../../src/edges/snapshot-files.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { StateRoots } from "../../src/proofs/checkpointer.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { openShard, type OpenShard } from "../../src/service/open-shards.ts";
import { exportShard } from "../../src/settlement-plane/export.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import type { KillFleet } from "./kill-fleet.ts";

export interface Audit {
  readonly verdict: Verdict;
  /** Of `in`. */
  readonly tip: number;
  readonly matcher: Recovery;
  readonly settlement: Recovery;
}

/** A snapshot with which a service would start again. */
export interface Recovery {
  readonly position: number;
  /** All roots as it has them, in hex, and as the naive engine has them at that position. */
  readonly roots: string;
  readonly recomputed: string;
}

/** Of shard 1, once all processes have ended well; `data` is settlement's directory. */
export async function audit(
  fleet: KillFleet,
  data = fleet.data,
  matcherData = data,
): Promise<Audit> {
  const flags = { data };
  const read = readConfig({ env: fleet.env(), flags });
  if (!read.ok) throw new Error(JSON.stringify(read.errors));
  const log = await openLog(read.config, 1);
  try {
    const shard = await openShard(read.config, log);
    const out = join(fleet.dir, `export-${basename(data)}`);
    const settlementDir = join(shard.dir, "settlement");
    await exportShard({ log: shard.log, venue: shard.venue, settlementDir, out });
    const { reference } = await openVerifiers();
    const openEngine = judgeEngine("fast");
    const { venue } = shard;
    const verdict = await verifyExport({ from: out, venue, verifier: reference, openEngine });
    const matcher = restored(shard, matcherSnapshot(join(matcherData, basename(shard.dir))));
    const settlement = restored(shard, settlementSnapshot(shard));
    const { tip, roots } = await reexecuted(shard, [matcher.position, settlement.position]);
    const recovery = (engine: Engine): Recovery => ({
      position: engine.position,
      roots: rootsText(engine.roots()),
      recomputed: roots.get(engine.position) ?? "behind the tip",
    });
    return { verdict, tip, matcher: recovery(matcher), settlement: recovery(settlement) };
  } finally {
    await log.close();
  }
}

/** The whole log through the naive engine: its roots at these positions. */
async function reexecuted(
  shard: OpenShard,
  positions: readonly number[],
): Promise<{ tip: number; roots: ReadonlyMap<number, string> }> {
  const roots = new Map<number, string>();
  const engine = new NaiveEngine(shard.genesisFrame);
  const reader = await shard.log.openRestReader();
  const tip = await reader.tip();
  const record = new RecordView();
  const reports = new ReportBatch();
  while (engine.position < tip) {
    const batch = await reader.read(engine.position, 1 << 20, new AbortController().signal);
    const view = viewOf(batch?.bytes ?? new Uint8Array(0));
    for (let at = 0; at < view.byteLength; at = record.end) {
      const wrong = readRecord(view, at, record);
      if (wrong !== "") throw new Error(wrong);
      reports.clear();
      engine.apply(view, record, reports);
      if (positions.includes(engine.position)) {
        roots.set(engine.position, rootsText(engine.roots()));
      }
    }
  }
  await reader.close();
  return { tip, roots };
}

function matcherSnapshot(shardDir: string): Uint8Array {
  return newestOf(new SnapshotFiles(join(shardDir, "snapshots"), "matcher", 3));
}

/** The engine's part of [u32 size][engine][checkpointer][hash]. */
function settlementSnapshot(shard: OpenShard): Uint8Array {
  const dir = join(shard.dir, "settlement", "snapshots");
  const bytes = newestOf(new SnapshotFiles(dir, "settlement", 2));
  return bytes.subarray(4, 4 + viewOf(bytes).getUint32(0, true));
}

function newestOf(files: SnapshotFiles): Uint8Array {
  const [newest] = files.list();
  if (newest === undefined) throw new Error("a service that stopped well has left a snapshot");
  return files.read(newest);
}

function restored(shard: OpenShard, bytes: Uint8Array): Engine {
  const options = { levels: createLevels, roots: true };
  const found = Engine.restore(shard.genesisFrame, bytes, options);
  if (typeof found === "string") throw new Error(found);
  return found.engine;
}

function rootsText({ accounts, markets, books, totals, arrivals }: StateRoots): string {
  const hashes = [accounts, markets, books, totals].map((bytes) => bytes.toHex()).join(" ");
  return `${hashes} ${arrivals}`;
}

/** Files below the fleet's directory, key files apart, in which a private key stands. */
export function filesWithKeys(fleet: KillFleet): string[] {
  const all = readdirSync(fleet.dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const pems = all.filter((path) => path.endsWith(".pem"));
  const needles = pems.flatMap((path) => secretsOf(readFileSync(path, "utf8")));
  if (needles.length === 0) throw new Error("a run has keys");
  const found = (path: string): boolean => {
    const bytes = readFileSync(path);
    return needles.some((needle) => bytes.includes(needle));
  };
  return all.filter((path) => !path.endsWith(".pem") && found(path));
}

/** The seed of an Ed25519 key in PEM in every dress that it may wear in a file. */
function secretsOf(pem: string): Uint8Array[] {
  const base64 = pem.replace(/-----[A-Z ]+-----|\s/g, "");
  const seed = Buffer.from(base64, "base64").subarray(-32);
  const texts = [
    "PRIVATE KEY",
    base64,
    seed.toString("hex"),
    seed.toString("hex").toUpperCase(),
    seed.toString("base64").replace(/=+$/, ""),
    seed.toString("base64url"),
  ];
  return [seed, ...texts.map((text) => Buffer.from(text))];
}
