/**
 * Halted: the mark that keeps a shard stopped. Halt, never guess (DESIGN P9).
 *
 * The service that meets a record without successor state writes reason and position into the
 * shard's log and ends; after a restart every service passes over marked shards and serves the
 * others. Rules that this build does not know are no halt of the shard: another build goes on.
 */
import { Halt } from "../engine/halt.ts";
import { UnknownRules } from "../engine/rules.ts";
import type { OpenShard } from "./open-shards.ts";

/** Marks the shard if the fault is a Halt, then hands the fault on. */
export async function haltShard(
  shard: OpenShard,
  fault: unknown,
  onFault: (fault: unknown) => void,
): Promise<void> {
  if (fault instanceof Halt && !(fault instanceof UnknownRules)) {
    await shard.log.halt(fault.message).catch(onFault);
  }
  onFault(fault);
}
