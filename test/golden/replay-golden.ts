/**
 * ReplayGolden: what an engine makes of golden records, and what settlement and an export do.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../../src/base/bytes.ts";
import { Sha256 } from "../../src/base/hash.ts";
import { openVerifiers } from "../../src/edges/verify.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { readRecord, RecordView, RECORD_HEADER_SIZE } from "../../src/protocol/record.ts";
import { REPORT_SIZE, ReportBatch } from "../../src/protocol/report.ts";
import { judgeEngine } from "../../src/verifier/engines.ts";
import { type Verdict, verifyExport } from "../../src/verifier/verify-export.ts";
import { sealVenue } from "../support/sealed-venue.ts";
import { rootsText } from "./golden-log.ts";
import { CHECKPOINT_NAME, goldenSigner } from "./golden-shard.ts";

const { reference } = await openVerifiers();
const OPTIONS = { levels: createLevels, roots: true };

export interface Replayed {
  readonly chain: string;
  readonly reports: string;
  readonly roots: Record<string, string>;
}

/** `restartAt`: behind so many records the fast engine goes on from its own snapshot. */
export function replayGolden(
  records: readonly Uint8Array[],
  name: "fast" | "naive",
  restartAt = 0,
): Replayed {
  const genesisFrame = records[0]!.slice(RECORD_HEADER_SIZE);
  let engine = name === "fast" ? new Engine(genesisFrame, OPTIONS) : new NaiveEngine(genesisFrame);
  const chain = new ReportChain();
  engine.followChain(chain);
  const sum = new Sha256();
  const reports = new ReportBatch();
  const record = new RecordView();
  for (const [i, bytes] of records.entries()) {
    if (i === restartAt && i > 0 && engine instanceof Engine) {
      const restored = Engine.restore(genesisFrame, engine.snapshot(chain.value), OPTIONS);
      if (typeof restored === "string") throw new Error(restored);
      engine = restored.engine;
      engine.followChain(chain);
    }
    const wrong = readRecord(viewOf(bytes), 0, record);
    if (wrong !== "") throw new Error(wrong);
    reports.clear();
    engine.apply(viewOf(bytes), record, reports);
    chain.step(reports.slice(0));
    sum.update(reports.slice(0));
  }
  const end = new Uint8Array(32);
  sum.digest(end);
  return { chain: chain.value.toHex(), reports: end.toHex(), roots: rootsText(engine.roots()) };
}

export function snapshotBehind(records: readonly Uint8Array[]): { snapshot: Uint8Array } {
  const engine = new Engine(records[0]!.slice(RECORD_HEADER_SIZE), OPTIONS);
  const chain = new ReportChain();
  engine.followChain(chain);
  const record = new RecordView();
  for (const bytes of records) {
    const reports = new ReportBatch();
    readRecord(viewOf(bytes), 0, record);
    engine.apply(viewOf(bytes), record, reports);
    chain.step(reports.slice(0));
  }
  return { snapshot: engine.snapshot(chain.value) };
}

/** The kinds of reports that these records give. */
export function kindsOf(records: readonly Uint8Array[]): Set<number> {
  const kinds = new Set<number>();
  const engine = new NaiveEngine(records[0]!.slice(RECORD_HEADER_SIZE));
  const chain = new ReportChain();
  engine.followChain(chain);
  const record = new RecordView();
  for (const bytes of records) {
    const reports = new ReportBatch();
    readRecord(viewOf(bytes), 0, record);
    engine.apply(viewOf(bytes), record, reports);
    chain.step(reports.slice(0));
    for (let i = 0; i < reports.count; i++) kinds.add(reports.view.getUint8(i * REPORT_SIZE));
  }
  return kinds;
}

export interface Sealed {
  readonly notes: readonly { readonly input: string; readonly state: string }[];
  readonly verdicts: readonly Verdict[];
}

/** Settled, exported and verified by both engines, as a venue would have done it. */
export async function sealGolden(
  shards: readonly { readonly shard: number; readonly records: readonly Uint8Array[] }[],
  venue: Uint8Array,
): Promise<Sealed> {
  const root = mkdtempSync(join(tmpdir(), "clob-golden-"));
  try {
    const from = join(root, "export");
    const notes: Sealed["notes"][number][] = [];
    for (const { shard, records } of shards) {
      const out = shard === 0 ? root : from;
      await sealVenue(records, goldenSigner(CHECKPOINT_NAME), out);
      const read = (name: string): string =>
        readFileSync(join(out, `shard-${shard}`, name), "utf8");
      notes.push({ input: read("in.note"), state: read("state.note") });
      rmSync(join(out, "settlement"), { recursive: true });
    }
    const verdicts: Verdict[] = [];
    for (const name of ["fast", "naive"] as const) {
      const openEngine = judgeEngine(name);
      verdicts.push(await verifyExport({ from, venue, verifier: reference, openEngine }));
    }
    return { notes, verdicts };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}
