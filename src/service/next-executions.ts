/**
 * NextExecutions: reading `ex` where the log may have let go of its beginning.
 *
 * The reports of what is gone follow from `in`, and the next execution record's chain covers them:
 * it is a hash over all reports since genesis. So who has executed the gap and compares that one
 * has compared all of them.
 */
import { type ExecutionReader, Gone } from "../edges/log.ts";

/** Execution records behind `after`; or the last position that is to be executed without them. */
export async function nextExecutions(
  reader: ExecutionReader,
  after: number,
  bytesMax: number,
  stop: AbortSignal,
): Promise<readonly Uint8Array[] | number | null> {
  try {
    return await reader.read(after, bytesMax, stop);
  } catch (fault) {
    if (fault instanceof Gone && fault.first > after + 1) return fault.first - 1;
    throw fault;
  }
}
