/**
 * settlement-plane as a service: a settlement per shard and the HTTP side, from a Config and open
 * shards.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chooseLevels, engineOptions } from "../service/choose-levels.ts";
import type { Config } from "../edges/config.ts";
import { flagFor } from "../edges/config-flags.ts";
import { bellPlace, claimRole } from "../edges/directory-lock.ts";
import type { Doorbell } from "../edges/doorbell.ts";
import { haltShard } from "../service/halted.ts";
import { readKeyFile } from "../edges/keys.ts";
import type { Logger } from "../edges/logger.ts";
import type { OpenShard } from "../service/open-shards.ts";
import { EXIT_REFUSED, listening, ServiceEnd } from "../service/start.ts";
import { VerifyPool } from "../edges/verify-pool.ts";
import { equalBytes } from "../base/bytes.ts";
import { createSettlementHttp } from "./http.ts";
import { ReadCounts } from "./http-metrics.ts";
import { MarketData } from "./market-data.ts";
import { followTip, recall } from "./recall.ts";
import { Settlement } from "./settlement.ts";
import { streamHandlers } from "./stream.ts";

export interface SettlementServiceParts {
  readonly config: Config;
  readonly shards: readonly OpenShard[];
  /** Threads that verify, where the config leaves it to us. */
  readonly verifyThreads: number;
  readonly logger: Logger;
  readonly wallMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

export interface SettlementService {
  readonly settlements: ReadonlyMap<number, Settlement>;
  readonly httpPort: number;
  /** Commands of traders in the last full second, all shards. */
  ordersPerSecond(): number;
  /** Finishes the record in hand, saves a snapshot, closes. */
  stop(): Promise<void>;
}

/** Records between snapshots, at most: what a restart after a crash verifies again takes seconds. */
const SNAPSHOT_RECORDS_MAX = 50_000;
export const CHECKPOINT_KEY_NAME = "checkpoint.pem";

export async function startSettlementService(
  parts: SettlementServiceParts,
): Promise<SettlementService> {
  const { config, shards, logger, wallMs, onFault } = parts;
  const locks = await lockShards(parts);
  const judge = await openPool(parts);
  const stopping = new AbortController();
  const settlements = new Map<number, Settlement>();
  const runs: Promise<void>[] = [];
  const levels = chooseLevels(config.matcher.engine, logger);
  const checkpointSigner = readKeyFile(join(config.venue.keysDir, CHECKPOINT_KEY_NAME));
  const marketData = new MarketData(config.limits, wallMs);
  for (const shard of shards) {
    if (!equalBytes(shard.genesis.checkpointKey, checkpointSigner.publicKey)) {
      const file = join(config.venue.keysDir, CHECKPOINT_KEY_NAME);
      throw new ServiceEnd(EXIT_REFUSED, `${file} is not the checkpoint key that genesis names`);
    }
    const id = shard.genesis.shard;
    const settlement = new Settlement({
      ...shard,
      options: engineOptions(levels, true),
      judge,
      aheadBytesMax: config.limits.settleAheadBytesMax,
      checkpointSigner,
      dir: join(shard.dir, "settlement"),
      snapshotRecords: Math.min(SNAPSHOT_RECORDS_MAX, config.matcher.snapshotCommands),
      logger: logger.with({ shard: id }),
      onReports: (_engine, reports) => marketData.onReports(id, reports),
      onBatch: () => marketData.onBatch(),
      stop: stopping.signal,
    });
    settlements.set(id, settlement);
    const data = marketData.addShard(id, settlement);
    if (shard.halted !== null) {
      data.matchedPosition = settlement.engine.position;
      settlement.standStill();
      continue;
    }
    const run = async (): Promise<void> => {
      await settlement.untilPublished();
      await recall(shard.log, data, settlement.engine.position, stopping.signal);
      await Promise.all([settlement.run(), followTip(shard.log, data, stopping.signal)]);
    };
    runs.push(run().catch((fault: unknown) => haltShard(shard, fault, onFault)));
  }
  const reading = serveReaders(parts, settlements, marketData);
  logger.info("listening", { http: `${config.settlement.httpAddress.host}:${reading.port}` });
  return {
    settlements,
    httpPort: reading.port,
    ordersPerSecond: () => marketData.ordersPerSecond(),
    stop: async () => {
      stopping.abort();
      await Promise.all(runs);
      await judge.close();
      await reading.stop();
      for (const lock of locks) lock.close();
    },
  };
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
  settlements: ReadonlyMap<number, Settlement>,
  marketData: MarketData,
): { port: number; stop: () => Promise<void> } {
  const { config, wallMs } = parts;
  const { limits } = config;
  const counts = new ReadCounts();
  const rowsMax = limits.httpRowsMax;
  const side = { settlements, marketData, rowsMax, venueName: config.venue.name, wallMs };
  const app = createSettlementHttp({ side, counts, limits });
  const stream = streamHandlers({ app, marketData, counts, limits });
  const { host, port } = config.settlement.httpAddress;
  const flag = flagFor("", "settlement.http_address");
  const server = listening(`${host}:${port}`, flag, () =>
    Bun.serve({
      hostname: host,
      port,
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
