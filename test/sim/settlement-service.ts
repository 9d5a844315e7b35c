/**
 * SettlementService: settlement as a process of a run: one settlement per shard and, with several
 * shards, the carrier between them, as src/settlement-plane/service.ts puts them together.
 */
import { INPUT_NOTE } from "../../src/edges/export-store.ts";
import type { Logger } from "../../src/edges/logger.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { haltShard } from "../../src/service/halted.ts";
import type { OpenShard } from "../../src/service/open-shards.ts";
import { BorderSnapshots } from "../../src/settlement-plane/border-snapshots.ts";
import { CarryService } from "../../src/settlement-plane/carry-service.ts";
import { Leadership } from "../../src/settlement-plane/leadership.ts";
import { noteSize } from "../../src/settlement-plane/commitment-file.ts";
import { followTip } from "../../src/settlement-plane/recall.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { deliver } from "./delivery.ts";
import { Exporting } from "./exporting.ts";
import { type Begin, loggerOf, openShardOf, shardDir } from "./services.ts";
import { CARRY_SIGNER, CHECKPOINT_SIGNER } from "./setup.ts";
import { judgeOf, signerOf } from "./signers.ts";
import type { Venue } from "./venue.ts";
import type { Process } from "./world.ts";

/** On the disk of settlement's host. */
export function settlementDir(shard: number): string {
  return `${shardDir(shard)}/settlement`;
}

/** Highest position of a shard that one of the settlements has signed for, as far as that lasts. */
export function signedPosition(venue: Venue, shard: number): number {
  const path = `${settlementDir(shard)}/in.note`;
  const disks = ["settlement", "settlement2"].map((role) => venue.diskOf(role));
  const notes = disks.map(({ stored }) => stored.get(path)?.bytes);
  notes.push(venue.store?.objects.get(`shard-${shard}/${INPUT_NOTE}`));
  return Math.max(...notes.map((note) => (note === undefined ? 0 : noteSize(note))));
}

export const settlement: Begin = async (venue, process, onFault) => {
  const logger = loggerOf(venue, process);
  const shards: OpenShard[] = [];
  for (const shard of venue.shards) {
    shards.push(await openShardOf(venue, process, logger, { shard, slot: "" }));
  }
  const stopping = new AbortController();
  const { signal } = stopping;
  const own = new Map<number, Settlement>();
  const leadership = new Leadership({
    log: shards[0]!.log,
    pollMs: venue.setup.matcherLeaseMs / 10,
    isNear: () => [...own.values()].every(({ isReady }) => isReady),
    onChange: () => carrying?.carrier.notify(),
    logger,
  });
  const exporting = Exporting.open(venue, process, logger);
  const host = { venue, process, logger, signal, leadership, exporting };
  const carrying = shards.length < 2 ? null : carryingOf({ ...host, shards, own });
  const runs: Promise<void>[] = [];
  for (const shard of shards) {
    const id = shard.genesis.shard;
    const service = settlementOf(shard, { ...host, carrying });
    own.set(id, service);
    venue.settlements.set(`${process.role} ${id}`, service);
    const work = settle(venue, shard, service, signal);
    runs.push(work.catch((fault: unknown) => haltShard(shard, fault, onFault)));
    runs.push(...exportOf(shard, service, { ...host, carrying }).map((run) => run.catch(onFault)));
  }
  if (carrying !== null) runs.push(carrying.carrier.run().catch(onFault));
  runs.push(leadership.run(signal).catch(onFault));
  return async () => {
    stopping.abort();
    await Promise.all(runs);
    await leadership.close();
    for (const { log } of shards) await log.close();
  };
};

/** As src/settlement-plane/shard-run.ts. */
async function settle(
  { setup }: Venue,
  { log, halted }: OpenShard,
  service: Settlement,
  stop: AbortSignal,
): Promise<void> {
  if (halted !== null) {
    await service.untilLifted();
    if (stop.aborted) return;
  }
  await service.untilPublished();
  // It asks for the halted mark twice a second: left out where nobody sets one.
  const following = setup.hasFence ? followTip(log, { matchedPosition: 0 }, stop) : null;
  await Promise.all([service.run(), following]);
}

interface Host {
  readonly venue: Venue;
  readonly process: Process;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly leadership: Leadership;
  /** Null where nothing is exported. */
  readonly exporting: Exporting | null;
}

type Carrying = { readonly carrying: CarryService | null };

/** Exports one shard, keeps its place among the consumers of its log, and trims that. */
function exportOf(
  shard: OpenShard,
  service: Settlement,
  { exporting, leadership, signal, carrying }: Host & Carrying,
): Promise<void>[] {
  if (exporting === null) return [];
  const id = shard.genesis.shard;
  const exporter = exporting.exporter(shard, service, {
    mayPublish: () => leadership.leads,
    awaited: () => carrying?.awaited(id) ?? 0,
    onArchived: () => carrying?.carrier.notify(),
    stop: signal,
  });
  const name = (): string => (leadership.leads ? "settlement" : "settlement-standby");
  const position = (): number => (service.isReady ? service.engine.position : 0);
  const place = exporting.holdPlace(shard, { name, position }, signal);
  return [exporter.run(), place, exporting.trimmer(shard, service, signal).run()];
}

function settlementOf(
  shard: OpenShard,
  { venue, process, logger, signal, leadership, exporting, carrying }: Host & Carrying,
): Settlement {
  const { setup } = venue;
  const id = shard.genesis.shard;
  const options = { levels: createLevels, roots: true, seed: setup.seed ^ 1 };
  const archived =
    exporting === null
      ? {}
      : {
          exportedStates: exporting.states(shard, options),
          borderSnapshots: new BorderSnapshots(setup.retention.snapshotRecords),
        };
  return new Settlement({
    ...shard,
    ...archived,
    options,
    judge: judgeOf(venue.verifier),
    aheadBytesMax: 65_536,
    checkpointSigner: signerOf(CHECKPOINT_SIGNER),
    dir: settlementDir(id),
    files: venue.diskOf(process.role).filesOf(process, venue.weather),
    snapshotRecords: setup.snapshotRecords,
    who: process.role,
    mayPublish: () => leadership.leads,
    logger,
    onReports: (_engine, reports) => carrying?.onReports(id, reports),
    onBatch: (engine) => carrying?.onCompared(id, engine.position),
    stop: signal,
  });
}

function carryingOf({
  venue,
  process,
  logger,
  shards,
  signal,
  leadership,
  exporting,
  own,
}: Host & { shards: OpenShard[]; own: ReadonlyMap<number, Settlement> }): CarryService {
  const archived = (shard: number): number => own.get(shard)?.exported?.archived ?? 0;
  return new CarryService({
    shards,
    ...(exporting === null ? {} : { archived }),
    engineOf: (shard) => own.get(shard)!.engine,
    signer: signerOf(CARRY_SIGNER),
    keyFile: "the carry key",
    leadership,
    deliver: (shard, frame) => deliver(venue, process, { shard, frame }),
    logger,
    files: venue.diskOf(process.role).filesOf(process, venue.weather),
    stop: signal,
  });
}
