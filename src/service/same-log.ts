/**
 * SameLog: asked before a difference between `in` and `ex` halts a shard. After a failover two
 * servers may have been read, one of which has lost what the other one has: then nothing is wrong
 * with anybody's reports.
 *
 * The record is read once more over a new connection, which is compared with all that this process
 * knows, and gives only what is durable there.
 */
import type { ShardLog } from "../edges/log.ts";

/** Throws LostSuffix if what was read is not of one log. */
export async function refuseMixedLog(
  log: ShardLog,
  position: number,
  stop: AbortSignal,
): Promise<void> {
  const again = await log.openExecutionReader();
  try {
    await again.read(position - 1, 1, stop);
  } finally {
    await again.close();
  }
}
