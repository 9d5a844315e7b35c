/**
 * Standby: keeps up with what another matcher publishes, and takes the turn when nobody lives who
 * has it.
 *
 *   follow   ex grows -> its records of in are applied and compared
 *   ask      every so often: does anybody lead? no -> next epoch, which fences whoever did
 *
 * A standby that differs from whoever leads halts nothing: settlement is the judge of that. It says
 * where, and ends. With nobody to differ from, it is the log that differs, and the shard halts.
 */
import { type ExecutionWriter, InUse, LogFault, type ShardLog } from "../edges/log.ts";
import type { Logger } from "../edges/logger.ts";
import { Halt } from "../engine/engine.ts";
import { pause } from "../service/hold-place.ts";
import { type Recovered, type RecoverParts, replay } from "./recover.ts";

export interface StandbyParts {
  readonly log: ShardLog;
  readonly logger: Logger;
  /** How often it asks whether it is its turn. */
  readonly pollMs: number;
  readonly from: RecoverParts;
  readonly state: Recovered;
  /** An execution record was applied and compared. */
  readonly onCompared: (records: number, reports: number) => void;
  /** It is near the tip, and another leads. */
  readonly onNear: () => void;
  readonly stop: AbortSignal;
}

/** The writer of ex once it is our turn; null when asked to stop before. */
export async function standBy(parts: StandbyParts): Promise<ExecutionWriter | null> {
  const { log } = parts;
  try {
    return await untilTurn(parts);
  } catch (fault) {
    if (!(fault instanceof Halt)) throw fault;
    const leader = await log.writerOfExecutions();
    if (leader === null) throw fault;
    const why = `this standby differs from ${leader}, which leads`;
    throw new LogFault(`record ${fault.position}: ${fault.reason}; ${why}`);
  }
}

async function untilTurn(parts: StandbyParts): Promise<ExecutionWriter | null> {
  const { from, state, onCompared, stop } = parts;
  const over = new AbortController();
  const end = (): void => over.abort();
  stop.addEventListener("abort", end);
  if (stop.aborted) end();
  const endless = { tip: Number.POSITIVE_INFINITY, stop: over.signal, onCompared };
  const following = replay(from, state, endless).finally(end);
  const asking = askForTurn(parts, over.signal).finally(end);
  const [asked, followed] = await Promise.allSettled([asking, following]);
  stop.removeEventListener("abort", end);
  if (followed.status === "rejected") {
    // A turn that was taken meanwhile would be renewed for ever, and nobody would lead.
    if (asked.status === "fulfilled") await asked.value?.close();
    throw followed.reason;
  }
  if (asked.status === "rejected") throw asked.reason;
  return asked.value;
}

async function askForTurn(
  { log, logger, pollMs, from, state, onNear }: StandbyParts,
  over: AbortSignal,
): Promise<ExecutionWriter | null> {
  const { engine } = state;
  let isToldNear = false;
  // Asked each time: a failover may lose a durable position, which only who leads publishes again.
  for (let tip = await from.executions.tip(); !over.aborted; tip = await from.executions.tip()) {
    // As near as one look ago: a standby that is far behind leaves the turn to another.
    const isNear = engine.position >= tip;
    const leader = await log.writerOfExecutions();
    if (isNear && !isToldNear && leader !== null) {
      isToldNear = true;
      logger.info("standing by", { position: engine.position, leader });
      onNear();
    }
    const output = isNear && leader === null ? await tryTurn(log) : null;
    if (output !== null) return output;
    await pause(pollMs, over);
  }
  return null;
}

/** Null if another was faster. */
async function tryTurn(log: ShardLog): Promise<ExecutionWriter | null> {
  try {
    return await log.openExecutionWriter();
  } catch (error) {
    if (error instanceof InUse) return null;
    throw error;
  }
}
