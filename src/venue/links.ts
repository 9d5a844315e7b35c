/**
 * Links: shards of a venue in one process learn of each other, so that funds can go between them.
 *
 * A fleet is told by `clob admin apply`; here nobody needs to.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { readKeyFile } from "../edges/keys.ts";
import { OPERATOR_KEY } from "./init.ts";
import { OperatorDesk } from "./operator-desk.ts";
import type { Venue } from "./venue.ts";

/** Resolves with the number of links that were opened; without the operator's key with none. */
export async function openLinks(config: Config, venue: Venue): Promise<number> {
  const path = join(config.venue.keysDir, OPERATOR_KEY);
  if (!existsSync(path)) return 0;
  const { doors } = venue.ingress.ingress;
  let opened = 0;
  for (const [shard, door] of doors) {
    if (door.isHalted) continue;
    const links = venue.settlement.settlements.get(shard)?.engine.state.links;
    const missing = [...doors.keys()].filter((id) => id !== shard && links?.has(id) !== true);
    if (missing.length === 0) continue;
    const desk = new OperatorDesk(door, readKeyFile(path));
    for (const other of missing) if (await desk.openShard(other)) opened++;
  }
  return opened;
}
