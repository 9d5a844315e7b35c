/**
 * ShardRun: all that goes on about one shard while its settlement runs: it settles, keeps its place
 * among the consumers of the log, and lets go of what none of them needs.
 */
import type { Config } from "../edges/config.ts";
import type { Logger } from "../edges/logger.ts";
import { haltShard } from "../service/halted.ts";
import { holdPlace } from "../service/hold-place.ts";
import { archiveOf, type OpenShard } from "../service/open-shards.ts";
import type { Leadership } from "./leadership.ts";
import { followTip, recall } from "./recall.ts";
import type { Settlement } from "./settlement.ts";
import type { ShardData } from "./shard-data.ts";
import { Trimmer } from "./trimmer.ts";

/** As often as there are checkpoints, or nearly. */
const TRIM_MS = 1000;

export interface ShardRunParts {
  readonly config: Config;
  readonly logger: Logger;
  readonly wallMs: () => number;
  readonly onFault: (fault: unknown) => void;
}

export interface ShardRun {
  readonly settlement: Settlement;
  readonly leadership: Leadership;
  readonly data: ShardData;
  readonly stop: AbortSignal;
}

/** Settles, keeps its place among the consumers, and lets go of what none needs. */
export function runShard(
  { config, logger, wallMs, onFault }: ShardRunParts,
  shard: OpenShard,
  run: ShardRun,
): Promise<void>[] {
  const { settlement, leadership, data, stop } = run;
  const settling = settle(shard, run).catch((fault) => haltShard(shard, fault, onFault));
  const { log } = shard;
  const { consumerSilentMsMax: silentMsMax, keepRecords, keepMs } = config.log;
  const position = (): number => (settlement.isReady ? settlement.engine.position : 0);
  const archive = archiveOf(config, shard);
  const trimmer = new Trimmer({
    log,
    archived: () => archive.covered(),
    // A halted shard keeps what it has: somebody will want to look at it.
    checkpointed: () => (settlement.isHalted ? 0 : (settlement.latest?.position ?? 0)),
    keepRecords,
    keepMs,
    memoryPercent: config.redis?.memoryTrimPercent ?? null,
    everyMs: TRIM_MS,
    wallMs,
    logger: logger.with({ shard: log.shard }),
    onTurn: (retention) => {
      data.retention = retention;
    },
    stop,
  });
  const name = (): string => (leadership.leads ? "settlement" : "settlement-standby");
  const readsExport = async (): Promise<boolean> => (await archive.covered()) > 0;
  const place = { log, name, position, silentMsMax, readsExport, stop };
  return [settling, holdPlace(place), trimmer.run()];
}

async function settle(
  { log, halted }: OpenShard,
  { settlement, data, stop }: ShardRun,
): Promise<void> {
  if (halted !== null) {
    data.matchedPosition = settlement.engine.position;
    await settlement.untilLifted();
    if (stop.aborted) return;
  }
  await settlement.untilPublished();
  await recall(log, data, settlement.engine.position, stop);
  await Promise.all([settlement.run(), followTip(log, data, stop)]);
}
