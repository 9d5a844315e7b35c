/**
 * The venue in one process: `npm start`. Makes a log where there is none, serves, shows how it
 * goes.
 *
 * With the demo's config it also opens demo accounts and lets two makers trade, so that a new user
 * sees a book move within the first minute.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Clock } from "../edges/clock.ts";
import type { Config } from "../edges/config.ts";
import { fileSink, Logger } from "../edges/logger.ts";
import { openShard, type OpenShard } from "../service/open-shards.ts";
import { openLog } from "../edges/open-log.ts";
import { endWith, sentenceOf, startService } from "../service/start.ts";
import { whenAskedToStop } from "../edges/signals.ts";
import { openVerifiers } from "../edges/verify.ts";
import { banner, goodbye } from "./banner.ts";
import { openDemoAccounts } from "./demo-accounts.ts";
import { DemoFlow } from "./demo-flow.ts";
import { removeVenueData } from "./fresh.ts";
import { initVenue } from "./init.ts";
import { StatusLine } from "./status-line.ts";
import { Venue } from "./venue.ts";

const spec = {
  name: "clob-venue",
  role: undefined,
  about: `npm start: a whole venue in one process, with demo markets and a little demo flow.

  --data DIR         where everything lies, default ./data
  --fresh            remove what a venue left in DIR and begin anew
  --no-demo          no demo accounts and no demo flow`,
  switches: ["fresh", "no-demo"],
  allowsPositionals: false,
} as const;

await endWith("clob", async () => {
  const started = startService(spec, process.argv.slice(2));
  if (started === null) return;
  const { config, switches } = started;
  if (switches.has("fresh")) removeVenueData(config.log.dataDir);
  if (switches.has("check")) return;
  await runVenue(config, !switches.has("no-demo"));
});

async function runVenue(config: Config, withDemo: boolean): Promise<void> {
  using asked = whenAskedToStop();
  const ended = Promise.withResolvers<unknown>();
  asked.signal.addEventListener("abort", () => ended.resolve(null));
  const shards = await openOrInit(config);
  const logger = openLogger(config);
  for (const { log } of shards) logger.info("log", { shard: log.shard, log: log.describe });
  const clock = new Clock();
  const venue = await Venue.start({
    config,
    shards,
    verifiers: await openVerifiers(),
    logger,
    clock,
    onFault: (fault) => {
      logger.error("fault", { why: sentenceOf(fault) });
      ended.resolve(fault);
    },
  });
  process.stdout.write(banner(config, venue, shards));
  const flow = withDemo ? await startDemo(config, venue) : null;
  const line = new StatusLine(venue, clock);
  const fault = await ended.promise;
  line.close();
  process.stdout.write("stopping ...\n");
  await flow?.stop();
  await venue.stop();
  logger.close();
  if (fault !== null) throw fault;
  process.stdout.write(goodbye(config));
}

async function openOrInit(config: Config): Promise<OpenShard[]> {
  const shards: OpenShard[] = [];
  for (const { id } of config.shards) {
    const log = await openLog(config, id);
    if ((await log.genesis()) === null) await initVenue(config, log);
    shards.push(await openShard(config, log));
  }
  return shards;
}

function openLogger(config: Config): Logger {
  const path = join(config.log.dataDir, "log.jsonl");
  const sink = fileSink(path, config.limits.logFileBytesMax);
  return new Logger({ sink, severityMin: "info" });
}

async function startDemo(config: Config, venue: Venue): Promise<DemoFlow | null> {
  const [door] = venue.ingress.ingress.doors.values();
  if (door === undefined || !existsSync(config.venue.keysDir)) return null;
  const accounts = await openDemoAccounts(config, door);
  return DemoFlow.start({ config, accounts, port: venue.ingress.tcpPort });
}
