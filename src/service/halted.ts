/**
 * Halted: the mark that keeps a shard stopped. Halt, never guess (DESIGN P9).
 *
 * The service that meets a record without successor state, or a log that contradicts itself,
 * writes the reason into the shard's log and ends; after a restart every service passes over marked
 * shards and serves the others. Rules that this build does not know are no halt of the shard:
 * another build goes on.
 */
import { BrokenLog } from "../edges/broken-log.ts";
import { Halt } from "../engine/halt.ts";
import { UnknownRules } from "../engine/rules.ts";
import type { OpenShard } from "./open-shards.ts";

/** Marks the shard if the fault is one that halts it, then hands the fault on. */
export async function haltShard(
  shard: OpenShard,
  fault: unknown,
  onFault: (fault: unknown) => void,
): Promise<void> {
  const isHalt = fault instanceof Halt && !(fault instanceof UnknownRules);
  if (isHalt || fault instanceof BrokenLog) {
    await shard.log.halt(fault.message).catch(onFault);
  }
  onFault(fault);
}
