/**
 * Open log: the log of one shard that the configuration asks for, at the level that it asks for.
 *
 *   log.kind     embedded -> segment files in log.data_dir; redis -> streams at redis.address
 *   durability   auto takes what the log gives; a level above that is refused, never lowered.
 *                D3 rests on replicas that were seen and on persistence that was seen, or on the
 *                operator's word for the second
 */
import { readFileSync } from "node:fs";
import type { Config, Durability, LogConfig, RedisConfig } from "./config.ts";
import { LogFault, type ShardLog } from "./log.ts";
import type { RedisAccess } from "./redis-connection.ts";
import { openRedisLog } from "./redis-log.ts";
import type { RedisFacts } from "./redis-probe.ts";
import { openSegmentLog } from "./segment-log.ts";

export interface OpenLogOptions {
  /** Told why something waits for Redis. */
  readonly notice?: (why: string) => void;
}

/** Makes nothing: see ShardLog.create. Throws LogFault where the configured level is not given. */
export async function openLog(
  config: Config,
  shard: number,
  options: OpenLogOptions = {},
): Promise<ShardLog> {
  const { segmentBytesMax, clockDifferenceMsMax, dataDir: dir, durability } = config.log;
  const { replicas } = config.log;
  // A number of replicas asks for D3 by itself, and nothing less waits for them.
  const waits = replicas > 0 && (durability === "auto" || durability === "D3");
  if (replicas > 0 && (!waits || config.log.kind === "embedded")) {
    throw new LogFault(`log.replicas is ${replicas}, and only Redis at D3 waits for replicas`);
  }
  if (config.log.kind === "embedded") {
    refuseAbove("D2", durability, "the embedded log gives D2");
    return openSegmentLog({ dir, shard, segmentBytesMax, clockDifferenceMsMax });
  }
  if (config.redis === null) throw new LogFault("log.kind is redis, and redis.address is not set");
  const log = await openRedisLog({
    ...options,
    shard,
    clockDifferenceMsMax,
    slot: config.ingress.slot,
    matcherLeaseMs: config.matcher.leaseMs,
    settlementLeaseMs: config.settlement.leaseMs,
    replicas: waits ? replicas : 0,
    declared: config.log.primaryNeverRestartsEmpty ? NEVER_EMPTY : "",
    access: accessOf(config.redis),
    unreachableMsMax: config.redis.unreachableMsMax,
  });
  try {
    refuseFacts(log.facts, config.log);
  } catch (error) {
    await log.close();
    throw error;
  }
  return log;
}

const NEVER_EMPTY = "log.primary_never_restarts_empty";

function refuseFacts(facts: RedisFacts, log: LogConfig): void {
  const { level, sync, replicas } = facts;
  if (log.replicas === 0) {
    refuseAbove(level, log.durability, `this Redis gives ${level} (${sync})`);
    return;
  }
  if (replicas < log.replicas) {
    const asked = `D3 asks for ${log.replicas} replicas that have caught up`;
    throw new LogFault(`${asked}, and this Redis has ${replicas}`);
  }
  if (level === "D0" && !log.primaryNeverRestartsEmpty) {
    const why = `this Redis keeps nothing (${sync}): restarted empty, it wipes its replicas`;
    const way = `${NEVER_EMPTY} says that yours never does`;
    throw new LogFault(`log.durability asks for D3, and ${why}; ${way}`);
  }
}

/** Throws if more is asked for than is given. */
function refuseAbove(given: Durability, wanted: Durability, why: string): void {
  if (wanted === "auto" || wanted <= given) return;
  throw new LogFault(`log.durability asks for ${wanted}, and ${why}`);
}

function accessOf(redis: RedisConfig): RedisAccess {
  const { hosts, tls, username, password, connectTimeoutMs, commandTimeoutMs, caFile } = redis;
  const ca = caFile === null ? null : readFileSync(caFile, "utf8");
  return { hosts, tls, ca, username, password, connectTimeoutMs, commandTimeoutMs };
}
