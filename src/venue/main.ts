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
import { announceShards, openShard, type OpenShard } from "../service/open-shards.ts";
import { untilStopped } from "../service/run.ts";
import { openLog } from "../edges/open-log.ts";
import { EXIT_USAGE, endWith, ServiceEnd, startService } from "../service/start.ts";
import { openVerifiers } from "../edges/verify.ts";
import { banner, goodbye } from "./banner.ts";
import { openDemoAccounts } from "./demo-accounts.ts";
import { DemoFlow } from "./demo-flow.ts";
import { removeVenueData } from "./fresh.ts";
import { initVenue } from "./init.ts";
import { openLinks } from "./links.ts";
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
  if (switches.has("fresh")) await beginAnew(config);
  if (switches.has("check")) return;
  await runVenue(config, !switches.has("no-demo"));
});

async function runVenue(config: Config, withDemo: boolean): Promise<void> {
  const shards = await openOrInit(config);
  const logger = openLogger(config);
  announceShards(logger, shards);
  const verifiers = await openVerifiers();
  const clock = new Clock();
  await untilStopped(logger, shards, async (onFault) => {
    const venue = await Venue.start({ config, shards, verifiers, logger, clock, onFault });
    await openLinks(config, venue);
    process.stdout.write(banner(config, venue, shards));
    const line = new StatusLine(venue, clock);
    let flow: DemoFlow | null = null;
    const starting = withDemo ? startDemo(config, venue) : Promise.resolve(null);
    starting.then((started) => (flow = started)).catch(onFault);
    return {
      stop: async () => {
        line.close();
        process.stdout.write("stopping ...\n");
        await flow?.stop();
        await venue.stop();
      },
    };
  });
  process.stdout.write(goodbye(config));
}

async function beginAnew(config: Config): Promise<void> {
  if (config.log.kind !== "embedded") {
    throw new ServiceEnd(EXIT_USAGE, "--fresh removes files, and this venue's log is in Redis");
  }
  await removeVenueData(config.log.dataDir);
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
  return new Logger({ sink, severityMin: config.venue.severityMin });
}

async function startDemo(config: Config, venue: Venue): Promise<DemoFlow | null> {
  const [door] = venue.ingress.ingress.doors.values();
  const isServed = door !== undefined && !door.isHalted;
  if (!isServed || !existsSync(config.venue.keysDir)) return null;
  const accounts = await openDemoAccounts(config, door);
  return DemoFlow.start({ config, accounts, port: venue.ingress.tcpPort });
}
