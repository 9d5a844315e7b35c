/**
 * Open log: the log of one shard that the configuration asks for, at the level that it asks for.
 *
 *   log.kind     embedded -> segment files in log.data_dir; redis -> streams at redis.address
 *   durability   auto takes what the log gives; a level above that is refused, never lowered
 */
import { readFileSync } from "node:fs";
import type { Config, Durability, RedisConfig } from "./config.ts";
import { LogFault, type ShardLog } from "./log.ts";
import type { RedisAccess } from "./redis-connection.ts";
import { openRedisLog } from "./redis-log.ts";
import { openSegmentLog } from "./segment-log.ts";

export interface OpenLogOptions {
  /** Name of this ingress among several of one shard (Redis only); "1" unless told otherwise. */
  readonly slot?: string;
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
  if (config.log.kind === "embedded") {
    refuseAbove("D2", durability, "the embedded log gives D2");
    return openSegmentLog({ dir, shard, segmentBytesMax, clockDifferenceMsMax });
  }
  if (config.redis === null) throw new LogFault("log.kind is redis, and redis.address is not set");
  const log = await openRedisLog({
    ...options,
    shard,
    clockDifferenceMsMax,
    access: accessOf(config.redis),
    unreachableMsMax: config.redis.unreachableMsMax,
  });
  try {
    const { level, sync } = log.facts;
    refuseAbove(level, durability, `this Redis gives ${level} (${sync})`);
  } catch (error) {
    await log.close();
    throw error;
  }
  return log;
}

/** Throws if more is asked for than is given. */
function refuseAbove(given: Durability, wanted: Durability, why: string): void {
  if (wanted === "D3") throw new LogFault("log.durability D3 is not supported yet");
  if (wanted === "auto" || wanted <= given) return;
  throw new LogFault(`log.durability asks for ${wanted}, and ${why}`);
}

function accessOf(redis: RedisConfig): RedisAccess {
  const [first, second] = redis.hosts;
  if (first === undefined) throw new LogFault("redis.address names no host");
  if (second !== undefined) {
    throw new LogFault("redis.address names several nodes, and Cluster is not supported yet");
  }
  const { tls, username, password, connectTimeoutMs, commandTimeoutMs, caFile } = redis;
  const ca = caFile === null ? null : readFileSync(caFile, "utf8");
  return { ...first, tls, ca, username, password, connectTimeoutMs, commandTimeoutMs };
}
