/**
 * RestoredLinks: whether a shard that is made anew still fits the others of its venue.
 *
 *   a -> b   entries that a has written >= entries that b has applied, credits and directory alike
 *
 * Where the one that was lost had sent more than its export shows, the other has it already: funds
 * would be in both, and the next entries, which get the same numbers, would never arrive.
 */
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { LogFault } from "../edges/log.ts";
import { openLog } from "../edges/open-log.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import type { Engine } from "../engine/engine.ts";
import { createLevels } from "../engine/levels.ts";
import { engineOptions } from "../service/choose-levels.ts";
import { NO_STATES, statesInFiles } from "../service/kept-states.ts";
import { openShard } from "../service/open-shards.ts";
import { Past } from "../service/past.ts";

type Linked = Pick<Engine, "state" | "position">;

/** "", or what one of the two has applied that the other has not written. */
export function dividedBy(one: Linked, other: Linked): string {
  return lostBetween(one, other) || lostBetween(other, one);
}

function lostBetween({ state: from, position }: Linked, { state: to }: Linked): string {
  const sentence = (what: string, applied: number, written: number): string =>
    `shard ${to.shard} has applied ${applied} ${what} of shard ${from.shard}, which at record ` +
    `${position} has written ${written}`;
  const [written, applied] = [from.links.out[to.shard] ?? 0, to.links.in[from.shard] ?? 0];
  if (applied > written) return sentence("credits", applied, written);
  const isLed = from.leadsDirectory && to.directory > from.directory;
  return isLed ? sentence("directory entries", to.directory, from.directory) : "";
}

/** Throws LogFault if a log of another shard holds what `restored` has never sent, or so. */
export async function refuseDivided(config: Config, restored: Linked): Promise<void> {
  for (const { id } of config.shards) {
    const other = id === restored.state.shard ? null : await newestOf(config, id);
    const why = other === null ? "" : dividedBy(restored, other);
    if (why === "") continue;
    const how = "nothing was made: together they would count funds or accounts twice";
    throw new LogFault(`${why}; ${how}. Keep all logs and exports; see OPERATE, Redis has lost`);
  }
}

/** The shard as its log has it; null while that is lost too. */
async function newestOf(config: Config, id: number): Promise<Engine | null> {
  const opened = await openLog(config, id);
  try {
    if ((await opened.genesis()) === null) return null;
    const { log, genesisFrame, dir } = await openShard(config, opened);
    const files = new SnapshotFiles(join(dir, "snapshots"), "matcher", Infinity);
    const input = await log.openRestReader();
    const tip = await input.tip();
    await input.close();
    const options = engineOptions({ name: "ts", open: createLevels }, false);
    const states = { ...NO_STATES, own: statesInFiles(files, genesisFrame, options) };
    const past = await Past.open({ log, genesisFrame, options, states }, tip);
    await past.upTo(tip, () => undefined, new AbortController().signal);
    return past.engine;
  } finally {
    await opened.close();
  }
}
