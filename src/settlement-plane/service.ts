/**
 * settlement-plane as a service: a settlement per shard and the HTTP side, from a Config and open
 * shards.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EngineOptions } from "../engine/engine.ts";
import { chooseLevels, engineOptions } from "../service/choose-levels.ts";
import type { Config } from "../edges/config.ts";
import { flagFor } from "../edges/config-flags.ts";
import { bellPlace, claimRole } from "../edges/directory-lock.ts";
import type { Doorbell } from "../edges/doorbell.ts";
import { readKeyFile, type Signer } from "../edges/keys.ts";
import type { Logger } from "../edges/logger.ts";
import type { ObjectStore } from "../edges/object-store.ts";
import { exportedStates, type OpenShard } from "../service/open-shards.ts";
import { EXIT_REFUSED, IN_PRODUCTION, listening, ServiceEnd } from "../service/start.ts";
import { VerifyPool } from "../edges/verify-pool.ts";
import { equalBytes } from "../base/bytes.ts";
import { assert } from "../base/assert.ts";
import type { Carrier } from "./carrier.ts";
import type { Deliver } from "./carry-desk.ts";
import { CARRY_KEY_NAME, CarryService, deliverOverHttp } from "./carry-service.ts";
import { ExportService } from "./export-service.ts";
import { createSettlementHttp } from "./http.ts";
import { ReadCounts } from "./http-metrics.ts";
import { Leadership } from "./leadership.ts";
import { MarketData } from "./market-data.ts";
import { Settlement } from "./settlement.ts";
import { nameOf } from "./settlement-name.ts";
import { runShard } from "./shard-run.ts";
import { streamHandlers } from "./stream.ts";

export interface SettlementServiceParts {
  readonly config: Config;
  readonly shards: readonly OpenShard[];
  /** Threads that verify, where the config leaves it to us. */
  readonly verifyThreads: number;
  readonly logger: Logger;
  readonly wallMs: () => number;
  /** How settlement's own frames reach ingress; absent: over HTTP. */
  readonly deliver?: Deliver;
  /** Where to export; absent: as the config says. */
  readonly objects?: ObjectStore;
  readonly onFault: (fault: unknown) => void;
}

export interface SettlementService {
  /** Null with one shard. */
  readonly carrier: Carrier | null;
  readonly settlements: ReadonlyMap<number, Settlement>;
  readonly leadership: Leadership;
  readonly httpPort: number;
  /** Commands of traders in the last full second, all shards. */
  ordersPerSecond(): number;
  /** Finishes the record in hand, saves a snapshot, closes. */
  stop(): Promise<void>;
}

/** Between snapshots, at most: what a restart after a crash settles again takes seconds. */
const SNAPSHOT_RECORDS_MAX = 50_000;
/** So often one that follows asks whether it is its turn. */
const POLLS_PER_LEASE = 10;
export const CHECKPOINT_KEY_NAME = "checkpoint.pem";

export async function startSettlementService(
  parts: SettlementServiceParts,
): Promise<SettlementService> {
  const { config, shards, logger, wallMs, onFault } = parts;
  const [locks, judge] = [await lockShards(parts), await openPool(parts)];
  const stopping = new AbortController();
  const settlements = new Map<number, Settlement>();
  const runs: Promise<void>[] = [];
  const levels = chooseLevels(config.matcher.engine, logger);
  const checkpointSigner = checkpointKey(parts);
  const marketData = new MarketData(config.limits, wallMs);
  const onTurn = (): void => carrying?.carrier.notify();
  const leadership = openLeadership(parts, settlements, marketData, onTurn);
  const mayPublish = (): boolean => leadership.leads;
  const host = { settlements, leadership, stop: stopping.signal };
  const { exporting, carrying } = openWays(parts, host);
  for (const shard of shards) {
    const id = shard.genesis.shard;
    const settlement = new Settlement({
      ...shard,
      ...placeOf(shard.dir, config),
      ...statesOf(shard, parts, engineOptions(levels, true)),
      judge,
      checkpointSigner,
      mayPublish,
      ...exporting?.settlementParts(),
      logger: logger.with({ shard: id }),
      onReports: (_engine, reports) => {
        marketData.onReports(id, reports);
        carrying?.onReports(id, reports);
      },
      onBatch: (engine) => {
        marketData.onBatch();
        carrying?.onCompared(id, engine.position);
      },
      stop: stopping.signal,
    });
    settlements.set(id, settlement);
    runs.push(exporting?.run(shard, settlement).catch(onFault) ?? Promise.resolve());
    const data = marketData.addShard(id, settlement);
    runs.push(...runShard(parts, shard, { settlement, leadership, data, stop: stopping.signal }));
  }
  if (carrying !== null) runs.push(carrying.carrier.run().catch(onFault));
  runs.push(leadership.run(stopping.signal).catch(onFault));
  const reading = serveReaders(parts, { settlements, leadership, carrying }, marketData);
  logger.info("listening", { http: `${config.settlement.httpAddress.host}:${reading.port}` });
  return {
    carrier: carrying?.carrier ?? null,
    settlements,
    leadership,
    httpPort: reading.port,
    ordersPerSecond: () => marketData.ordersPerSecond(),
    stop: async () => {
      stopping.abort();
      await Promise.all(runs);
      await leadership.close();
      await Promise.all([judge.close(), reading.stop()]);
      for (const part of [exporting, ...locks]) part?.close();
    },
  };
}

/** Where one shard's settlement keeps what it derives, and how much of it. */
function placeOf(shardDir: string, { limits, matcher }: Config) {
  const dir = join(shardDir, "settlement");
  const snapshotRecords = Math.min(SNAPSHOT_RECORDS_MAX, matcher.snapshotCommands);
  return { dir, who: nameOf(dir), snapshotRecords, aheadBytesMax: limits.settleAheadBytesMax };
}

function statesOf(shard: OpenShard, parts: SettlementServiceParts, options: EngineOptions) {
  const { config, logger } = parts;
  return { options, exportedStates: exportedStates(config, shard, { options, logger }) };
}

/** One turn for all shards: what goes between them has one carrier. */
function openLeadership(
  { config, shards, logger }: SettlementServiceParts,
  settlements: ReadonlyMap<number, Settlement>,
  marketData: MarketData,
  onChange: () => void,
): Leadership {
  const [lowest] = shards;
  assert(lowest !== undefined, "a settlement has a shard");
  /** By shard: how far its matcher was, one look ago. */
  const before = new Map<number, number>();
  const isNear = (): boolean => {
    if (!lowest.log.hasStandbys) return true;
    let near = true;
    for (const [id, { engine, isReady }] of settlements) {
      const matched = marketData.shardData(id)?.matchedPosition ?? 0;
      near &&= isReady && matched > 0 && engine.position >= (before.get(id) ?? matched);
      before.set(id, matched);
    }
    return near;
  };
  const pollMs = config.settlement.leaseMs / POLLS_PER_LEASE;
  return new Leadership({ log: lowest.log, pollMs, isNear, onChange, logger });
}

/** The key that every genesis names. */
function checkpointKey({ config, shards }: SettlementServiceParts): Signer {
  const file = join(config.venue.keysDir, CHECKPOINT_KEY_NAME);
  const signer = readKeyFile(file);
  const isNamed = shards.every(({ genesis }) =>
    equalBytes(genesis.checkpointKey, signer.publicKey),
  );
  if (isNamed) return signer;
  throw new ServiceEnd(EXIT_REFUSED, `${file} is not the checkpoint key that genesis names`);
}

interface Host {
  readonly settlements: ReadonlyMap<number, Settlement>;
  readonly leadership: Leadership;
  readonly stop: AbortSignal;
}

/** The export, and the carrier, which goes no further than that. */
function openWays(parts: SettlementServiceParts, host: Host) {
  const { leadership, stop } = host;
  const exporting = ExportService.open({
    ...parts,
    mayPublish: () => leadership.leads,
    awaited: (shard) => carrying?.awaited(shard) ?? 0,
    onArchived: () => carrying?.carrier.notify(),
    stop,
  });
  const carrying = openCarrying(parts, { ...host, isExported: exporting !== null });
  return { exporting, carrying };
}

function openCarrying(
  { config, shards, logger, deliver }: SettlementServiceParts,
  { settlements, leadership, isExported, stop }: Host & { readonly isExported: boolean },
): CarryService | null {
  if (shards.length < 2) return null;
  const keyFile = join(config.venue.keysDir, CARRY_KEY_NAME);
  const waits = isExported && config.settlement.carry === "archived";
  const { publishDelayMs: delay_ms } = config.settlement;
  if (waits && delay_ms > 0) logger.warning("carried after the publish delay", { delay_ms });
  const archived = (shard: number): number => settlements.get(shard)?.exported?.archived ?? 0;
  return new CarryService({
    shards,
    engineOf: (shard) => {
      const settlement = settlements.get(shard);
      assert(settlement !== undefined, "every shard of the carrier has a settlement");
      return settlement.engine;
    },
    signer: readKeyFile(keyFile),
    keyFile,
    ...(waits ? { archived } : {}),
    leadership,
    deliver: deliver ?? deliverOverHttp(config.settlement.ingressAddress, stop),
    logger,
    stop,
  });
}

/** A thread that ends unasked ends the service: without a verdict there is no next record. */
async function openPool({
  config,
  verifyThreads,
  onFault,
}: SettlementServiceParts): Promise<VerifyPool> {
  const threads = config.settlement.verifyThreads || verifyThreads;
  const fault = ({ message }: Error): ServiceEnd => new ServiceEnd(EXIT_REFUSED, message);
  return VerifyPool.open(threads, (ended) => onFault(fault(ended))).catch((ended: unknown) => {
    throw ended instanceof Error ? fault(ended) : ended;
  });
}

/** Commitments and snapshots have one writer; throws InUse, before anything is touched. */
async function lockShards({ config, shards }: SettlementServiceParts): Promise<Doorbell[]> {
  const locks: Doorbell[] = [];
  for (const { dir } of shards) {
    mkdirSync(dir, { recursive: true });
    locks.push(await claimRole(bellPlace(dir, "settle"), config.log.dataDir));
  }
  return locks;
}

/** HTTP, the stream and the dashboard, on one port. */
function serveReaders(
  parts: SettlementServiceParts,
  {
    settlements,
    leadership,
    carrying,
  }: {
    readonly settlements: ReadonlyMap<number, Settlement>;
    readonly leadership: Leadership;
    readonly carrying: CarryService | null;
  },
  marketData: MarketData,
): { port: number; stop: () => Promise<void> } {
  const { config, wallMs } = parts;
  const { limits } = config;
  const counts = new ReadCounts();
  const rowsMax = limits.httpRowsMax;
  const side = {
    settlements,
    leadership,
    ...(carrying === null ? {} : { carrier: carrying.carrier }),
    marketData,
    rowsMax,
    venueName: config.venue.name,
    wallMs,
  };
  const app = createSettlementHttp({ side, counts, limits });
  const stream = streamHandlers({ app, marketData, counts, limits });
  const { host, port } = config.settlement.httpAddress;
  const flag = flagFor("", "settlement.http_address");
  const server = listening(`${host}:${port}`, flag, () =>
    Bun.serve({
      hostname: host,
      port,
      ...IN_PRODUCTION,
      idleTimeout: 30,
      fetch: stream.fetch,
      websocket: stream.websocket,
    }),
  );
  return {
    port: server.port ?? 0,
    stop: async () => {
      marketData.close();
      stream.closeReaders();
      await server.stop(true);
    },
  };
}
