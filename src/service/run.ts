/**
 * RunService: from "started" to "stopped" or to the first fault, the same for every service.
 *
 *   start --(all parts live)--> ready --SIGTERM, SIGINT--> stop: drain, close, exit 0
 *                                     \--fault-----------> stop, then the fault ends the process
 *
 * A fault of a log, a lost turn or a halt ends the process after the rest was closed, or was given
 * a second for it, and its supervisor starts it anew. Whoever is asked to stop, or faults, while
 * it still starts ends at once: it has taken nothing in, and what it had begun is what a crash
 * leaves.
 */
import type { Logger } from "../edges/logger.ts";
import type { OpenShard } from "./open-shards.ts";
import { endEarlyExit, sentenceOf } from "./start.ts";
import { whenAskedToStop } from "../edges/signals.ts";

export interface Running {
  stop(): Promise<void>;
}

/** Longest that the parts which still live may take after a fault of another. */
const FAULT_STOP_MS = 1000;

/** Resolves after a clean stop; rejects with the fault that ended it. */
export async function untilStopped(
  logger: Logger,
  shards: readonly OpenShard[],
  start: (onFault: (fault: unknown) => void) => Promise<Running>,
): Promise<void> {
  using asked = whenAskedToStop();
  endEarlyExit();
  const ended = Promise.withResolvers<unknown>();
  asked.signal.addEventListener("abort", () => ended.resolve(null));
  const starting = start((fault) => {
    logger.error("fault", { why: sentenceOf(fault) });
    ended.resolve(fault);
  });
  const running = await Promise.race([starting, ended.promise.then(() => null)]);
  if (running !== null) logger.info("ready", { shards: shards.map(({ log }) => log.shard) });
  const fault = await ended.promise;
  logger.info("stopping", { why: fault === null ? "asked to" : "fault" });
  if (running !== null) {
    const closed = close(running, shards);
    // Who waits for a part that has faulted waits in vain.
    await (fault === null ? closed : Promise.race([closed, pause(FAULT_STOP_MS)]));
  }
  logger.info("stopped");
  logger.close();
  if (fault !== null) throw fault instanceof Error ? fault : new Error(sentenceOf(fault));
}

async function close(running: Running, shards: readonly OpenShard[]): Promise<void> {
  await running.stop();
  for (const { log } of shards) await log.close();
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
