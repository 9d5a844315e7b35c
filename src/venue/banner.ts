/**
 * Banner: what the demo says when it is live, and what it says when it is gone.
 */
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { callForm } from "../edges/call-form.ts";
import type { OpenShard } from "../service/open-shards.ts";
import { syncTimeMs } from "../edges/sync-time.ts";
import { VERSION } from "../edges/version.ts";
import type { Venue } from "./venue.ts";

export function banner(config: Config, venue: Venue, shards: readonly OpenShard[]): string {
  const host = (address: { readonly host: string }, port: number): string =>
    `${address.host}:${port}`;
  const { ingress, settlement, matcher } = config;
  const dashboard = host(settlement.httpAddress, venue.settlement.httpPort);
  const venueId = shards[0]?.venue.toHex() ?? "";
  const { clob } = callForm(process.env);
  return `
CLOB ${VERSION}   venue ${venueId.slice(0, 16)}...
log          ${shards[0]?.log.describe ?? "no shard"}${syncText(config)}
orders       tcp://${host(ingress.tcpAddress, venue.ingress.tcpPort)} (SoupBinTCP)
frames       http://${host(ingress.httpAddress, venue.ingress.httpPort)}/v1/frames
dashboard    http://${dashboard}/
metrics      http://${host(matcher.httpAddress, venue.matcher.httpPort)}/metrics
keys         ${config.venue.keysDir} (yours: ${join(config.venue.keysDir, "demo-1.pem")})

Try, in another terminal:
  ${clob} order buy BTC-USD 0.5 --limit 60000
  ${clob} book BTC-USD --watch
  ${clob} export ./export && ${clob} verify ./export --venue ${venueId}

Ctrl-C stops.

`;
}

export function goodbye(config: Config): string {
  return `stopped. Everything lies in ${config.log.dataDir}; start again to go on from there.\n`;
}

/** What D2 costs here: the disk's own time for one sync. */
function syncText(config: Config): string {
  if (config.log.kind !== "embedded") return "";
  return `, sync ${syncTimeMs(config.log.dataDir).toFixed(2)} ms`;
}
