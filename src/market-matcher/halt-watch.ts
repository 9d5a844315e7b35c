/**
 * HaltWatch: a matcher before a shard that is halted. Nothing is executed or published, until the
 * halt is gone or the newest record is a Clear that names it.
 *
 * Whether the Clear lifts it is the engine's to say: it is executed like any record, behind all
 * that came before it.
 */
import { viewOf } from "../base/bytes.ts";
import type { InputReader, ShardLog } from "../edges/log.ts";
import type { Logger } from "../edges/logger.ts";
import { Halt } from "../engine/engine.ts";
import { UnknownRules } from "../engine/rules.ts";
import { type Clear, isClearOf, readClear } from "../protocol/clear.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../protocol/record.ts";

const POLL_MS = 200;

/** Why the shard is halted, if this Clear is of that halt. */
export async function haltOf(log: ShardLog, clear: Clear): Promise<string | undefined> {
  const mark = await log.halted();
  return mark !== null && isClearOf(clear, mark) ? mark : undefined;
}

/**
 * The position of a Clear of the halt, above `tried`, that is the newest record; 0 once there is no
 * halt any more, or when asked to stop.
 */
async function untilClear(log: ShardLog, tried: number, stop: AbortSignal): Promise<number> {
  const input = await log.openInputReader();
  try {
    let seen = tried;
    while (!stop.aborted) {
      // It may get another reason at any time: then a Clear of those before lifts nothing.
      const mark = await log.halted();
      log.standBy(mark);
      if (mark === null) return 0;
      const tip = await input.tip();
      if (tip > seen) {
        seen = tip;
        const clear = await newestClear(input, tip, stop);
        if (clear !== null && (await haltOf(log, clear)) !== undefined) return tip;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return 0;
  } finally {
    await input.close();
  }
}

export interface Halted {
  readonly log: ShardLog;
  readonly logger: Logger;
  readonly stop: AbortSignal;
  /** Whether the shard was halted when it was opened, and has been since. */
  readonly isStanding: () => boolean;
  /** The halt was lifted by another. */
  readonly lifted: () => void;
  readonly serve: () => Promise<void>;
}

/** Serves from when it may; what cannot be executed up to its Clear stays halted. */
export async function serveBehindHalt(halted: Halted): Promise<void> {
  const { log, logger, stop, isStanding } = halted;
  for (let tried = 0; isStanding(); ) {
    tried = await untilClear(log, tried, stop);
    if (stop.aborted) return;
    if (tried === 0) break;
    logger.info("a Clear is there", { position: tried });
    try {
      return await halted.serve();
    } catch (fault) {
      if (!(fault instanceof Halt) || !isStanding()) throw fault;
      const isOther = fault instanceof UnknownRules;
      const how = isOther ? "a build that knows the version may" : "this shard has ended";
      logger.error(`not lifted: ${how}`, { why: fault.message });
    }
  }
  if (isStanding()) halted.lifted();
  await halted.serve();
}

async function newestClear(
  input: InputReader,
  tip: number,
  stop: AbortSignal,
): Promise<Clear | null> {
  const batch = await input.read(tip - 1, 1, stop);
  if (batch === null) return null;
  const record = new RecordView();
  if (readRecord(viewOf(batch.bytes), 0, record) !== "") return null;
  return readClear(batch.bytes.subarray(RECORD_HEADER_SIZE, record.end));
}
