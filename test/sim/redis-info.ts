/** RedisInfo: what INFO says of a simulated Redis, as far as our probe reads it. */
import type { Condition } from "./redis-commands.ts";
import type { SyncPolicy } from "./redis-file.ts";

const MEMORY = 1_000_000;

export function infoOf(condition: Condition, followers: number, policy: SyncPolicy): string {
  const { isReplica, memory } = condition;
  const slaves = Array.from(
    { length: followers },
    (_, i) => `slave${i}:ip=10.0.0.${i},port=1,state=online`,
  );
  return [
    "redis_version:7.0.15",
    `role:${isReplica ? "slave" : "master"}`,
    `maxmemory:${MEMORY}`,
    "maxmemory_policy:noeviction",
    `used_memory:${Math.round(memory * MEMORY)}`,
    "mem_not_counted_for_evict:0",
    `aof_enabled:${policy === "none" ? 0 : 1}`,
    ...slaves,
    "",
  ].join("\r\n");
}
