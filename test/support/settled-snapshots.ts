/**
 * SettledSnapshots: snapshots behind commitments, as settlement takes them of a stand's records.
 */
import { viewOf } from "../../src/base/bytes.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Checkpointer } from "../../src/proofs/checkpointer.ts";
import { ReportChain } from "../../src/protocol/execution.ts";
import { decodeGenesis } from "../../src/protocol/genesis.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import type { BorderSnapshots } from "../../src/settlement-plane/border-snapshots.ts";

const OPTIONS = { levels: createLevels, roots: true };

/** Settles all records; at `restartAt` the engine is thrown away and restored from its bytes. */
export function settleInto(
  snapshots: BorderSnapshots,
  records: readonly Uint8Array[],
  restartAt = 0,
): void {
  const genesisFrame = records[0]!.slice(24);
  const genesis = decodeGenesis(genesisFrame);
  if (typeof genesis === "string") throw new Error(genesis);
  let engine = new Engine(genesisFrame, OPTIONS);
  let chain = new ReportChain();
  const reports = new ReportBatch();
  const record = new RecordView();
  const checkpointer = new Checkpointer({
    shard: genesis.shard,
    directoryOrigin: 1,
    intervalUs: genesis.checkpointIntervalUs,
    commandsMax: genesis.checkpointCommands,
  });
  const commit = (): void => {
    const before = checkpointer.committedPosition;
    checkpointer.commit(engine.roots(), chain.value);
    snapshots.take(before, engine, chain.value, checkpointer);
    snapshots.published(checkpointer.count - 1);
  };
  for (const [i, bytes] of records.entries()) {
    const view = viewOf(bytes);
    if (readRecord(view, 0, record) !== "") throw new Error("a record of the stand is broken");
    if (checkpointer.endsBefore(record.logTime)) commit();
    if (i === restartAt && i > 0) {
      const restored = Engine.restore(genesisFrame, engine.snapshot(chain.value), OPTIONS);
      if (typeof restored === "string") throw new Error(restored);
      engine = restored.engine;
      chain = new ReportChain(restored.chain);
    }
    engine.followChain(chain);
    reports.clear();
    engine.apply(view, record, reports);
    chain.step(reports.slice(0));
    checkpointer.follow(bytes, record.logTime, record.frameSize === 0 ? 0 : 1);
  }
}
