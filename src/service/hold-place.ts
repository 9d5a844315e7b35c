/**
 * HoldPlace: a consumer of the log says again and again that it lives and how far it has come, so
 * that nothing is trimmed that it still needs.
 *
 * It says nothing before it has come anywhere: while it recovers it reads what is gone from the
 * export. One that could not do that, for it does not reach the export, needs the log whole, and
 * says so: while it lives nothing goes. One call that fails is no fault of its own; whoever reads
 * the log will meet the cause.
 */
import type { ShardLog } from "../edges/log.ts";

export interface Place {
  readonly log: ShardLog;
  /** As what it reads now: a standby that leads is another consumer. */
  readonly name: () => string;
  /** What it still needs begins behind this; 0 while it does not know. */
  readonly position: () => number;
  readonly silentMsMax: number;
  /** Whether this process could read in the export what the log lets go of. */
  readonly readsExport: () => Promise<boolean>;
  readonly stop: AbortSignal;
}

/** Often enough that some calls may fail. */
const CALLS_PER_LEASE = 5;
const CALL_MS_MAX = 2000;
/** How long it is believed that the export can be read. */
const BELIEVED_MS = 60_000;
/** Of who needs the log whole. */
const ALL = 1;

/** Runs until stopped; what it said last holds until it was silent for too long. */
export async function holdPlace(place: Place): Promise<void> {
  const { log, name, position, silentMsMax, stop } = place;
  let believedUntil = 0;
  const everyMs = Math.min(CALL_MS_MAX, silentMsMax / CALLS_PER_LEASE);
  for (let before = name(); !stop.aborted; ) {
    const at = position();
    const now = name();
    if (before !== now) await log.consume(before, at, 0).catch(() => undefined);
    before = now;
    if (performance.now() >= believedUntil) {
      const reads = await place.readsExport().catch(() => false);
      believedUntil = reads ? performance.now() + BELIEVED_MS : 0;
    }
    const needed = believedUntil === 0 ? ALL : at;
    if (at > 0) await log.consume(now, needed, silentMsMax).catch(() => undefined);
    await pause(everyMs, stop);
  }
}

/** Resolves after the time, or when asked to stop. */
export async function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      stop.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    stop.addEventListener("abort", done);
  });
}
