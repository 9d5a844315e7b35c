/**
 * SettlementService: settlement as a process of a run: one settlement per shard and, with several
 * shards, the carrier between them, as src/settlement-plane/service.ts puts them together.
 */
import type { Logger } from "../../src/edges/logger.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { haltShard } from "../../src/service/halted.ts";
import type { OpenShard } from "../../src/service/open-shards.ts";
import { CarryService } from "../../src/settlement-plane/carry-service.ts";
import { Leadership } from "../../src/settlement-plane/leadership.ts";
import { Settlement } from "../../src/settlement-plane/settlement.ts";
import { deliver } from "./delivery.ts";
import { type Begin, DATA, isHalted, loggerOf, openShardOf } from "./services.ts";
import { CARRY_SIGNER, CHECKPOINT_SIGNER } from "./setup.ts";
import { judgeOf, signerOf } from "./signers.ts";
import type { Venue } from "./venue.ts";
import type { Process } from "./world.ts";

/** On the disk of settlement's host. */
export function settlementDir(shard: number): string {
  return shard === 1 ? `${DATA}/settlement` : `${DATA}/settlement-${shard}`;
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
  const host = { venue, process, logger, signal, leadership };
  const carrying = shards.length < 2 ? null : carryingOf({ ...host, shards, own });
  const runs: Promise<void>[] = [];
  for (const shard of shards) {
    const id = shard.genesis.shard;
    const service = settlementOf(shard, { ...host, carrying });
    own.set(id, service);
    venue.settlements.set(`${process.role} ${id}`, service);
    if (isHalted(shard, logger)) continue;
    const work = async (): Promise<void> => {
      await service.untilPublished();
      await service.run();
    };
    runs.push(work().catch((fault: unknown) => haltShard(shard, fault, onFault)));
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

interface Host {
  readonly venue: Venue;
  readonly process: Process;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly leadership: Leadership;
}

function settlementOf(
  shard: OpenShard,
  {
    venue,
    process,
    logger,
    signal,
    leadership,
    carrying,
  }: Host & { carrying: CarryService | null },
): Settlement {
  const { setup } = venue;
  const id = shard.genesis.shard;
  return new Settlement({
    ...shard,
    options: { levels: createLevels, roots: true, seed: setup.seed ^ 1 },
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
  own,
}: Host & { shards: OpenShard[]; own: ReadonlyMap<number, Settlement> }): CarryService {
  return new CarryService({
    shards,
    engineOf: (shard) => own.get(shard)!.engine,
    signer: signerOf(CARRY_SIGNER),
    keyFile: "the carry key",
    leadership,
    deliver: (shard, frame) => deliver(venue, process, { shard, frame }),
    logger,
    files: venue.diskOf("settlement").filesOf(process, venue.weather),
    stop: signal,
  });
}
