/**
 * RunService: from "started" to "stopped" or to the first fault, the same for every service.
 *
 * SIGTERM and SIGINT drain and end well; a fault of a log, a lost turn or a halt ends the process
 * after the rest was closed, and its supervisor starts it anew.
 */
import type { Logger } from "../edges/logger.ts";
import type { OpenShard } from "./open-shards.ts";
import { sentenceOf } from "./start.ts";
import { whenAskedToStop } from "../edges/signals.ts";

export interface Running {
  stop(): Promise<void>;
}

/** Resolves after a clean stop; rejects with the fault that ended it. */
export async function untilStopped(
  logger: Logger,
  shards: readonly OpenShard[],
  start: (onFault: (fault: unknown) => void) => Promise<Running>,
): Promise<void> {
  using asked = whenAskedToStop();
  const ended = Promise.withResolvers<unknown>();
  asked.signal.addEventListener("abort", () => ended.resolve(null));
  const running = await start((fault) => {
    logger.error("fault", { why: sentenceOf(fault) });
    ended.resolve(fault);
  });
  logger.info("ready", { shards: shards.map((shard) => shard.genesis.shard) });
  const fault = await ended.promise;
  logger.info("stopping", { why: fault === null ? "asked to" : "fault" });
  await running.stop();
  for (const { log } of shards) await log.close();
  logger.info("stopped");
  logger.close();
  if (fault !== null) throw fault;
}
