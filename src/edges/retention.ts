/**
 * Retention: up to where a log may be trimmed (DESIGN 4, Trim), for the logs that have no script to
 * decide it; TRIM in redis-retention-scripts.ts is the same rule in Lua.
 *
 *   archived --+
 *   checkpointed --+--> the lowest of all is the floor: entries that lie whole below it may go.
 *   durable, consumers that live --+   So each consumer keeps the entry that it has read last
 */
import type { Consumer, Restored } from "./log.ts";

/** What a consumer said last. */
export interface Said {
  readonly position: number;
  /** Microseconds since 1970. */
  readonly since: number;
  readonly silentUsMax: number;
}

export interface RetentionState {
  readonly archived: number;
  readonly checkpointed: number;
  readonly durable: number;
  readonly said: ReadonlyMap<string, Said>;
}

/** The position below which entries may go. */
export function floorOf(state: RetentionState, upTo: number, nowUs: number): number {
  let floor = Math.min(upTo, state.archived, state.checkpointed, state.durable);
  for (const said of state.said.values()) {
    if (!isSilent(said, nowUs)) floor = Math.min(floor, said.position);
  }
  return floor;
}

/** Who speaks from what is now the future is silent too: the clock was set back since. */
export function isSilent({ since, silentUsMax }: Said, nowUs: number): boolean {
  return Math.abs(nowUs - since) > silentUsMax;
}

export function consumersOf(said: ReadonlyMap<string, Said>, nowUs: number): Consumer[] {
  const names = [...said.keys()].sort();
  return names.map((name) => {
    const { position, since } = said.get(name)!;
    return { name, position, silentMs: Math.max(0, Math.floor((nowUs - since) / 1000)) };
  });
}

/** "position since silent_us_max" in digits. */
export function readSaid(text: string): Said | null {
  const found = /^(\d{1,16}) (\d{1,16}) (\d{1,16})$/.exec(text);
  if (found === null) return null;
  const [position = 0, since = 0, silentUsMax = 0] = found.slice(1).map(Number);
  return { position, since, silentUsMax };
}

export function saidText({ position, since, silentUsMax }: Said): string {
  return `${position} ${since} ${silentUsMax}`;
}

/** "position generation" in digits, or null. */
export function readRestored(text: string): Restored | null {
  const [, position, generation] = /^(\d{1,16}) (\d{1,16})$/.exec(text) ?? [];
  if (position === undefined) return null;
  return { position: Number(position), generation: Number(generation) };
}
