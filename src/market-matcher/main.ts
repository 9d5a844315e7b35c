/**
 * market-matcher: turns the ordered stream of signed commands into the ordered stream of reports.
 *
 * One process, one thread, one writer of each shard's reports. This file only connects parts; for a
 * rule of the market open src/engine.
 */
import { Logger, streamSink } from "../edges/logger.ts";
import { checkHealth, HEALTH_HELP, HEALTH_SWITCH } from "../service/health.ts";
import { announceShards, openShards } from "../service/open-shards.ts";
import { untilStopped } from "../service/run.ts";
import { endWith, startService } from "../service/start.ts";
import { startMatcherService } from "./service.ts";
import { chosenShards, marketsOf } from "./shard-choice.ts";

const spec = {
  name: "market-matcher",
  role: "matcher",
  about: `market-matcher [MARKET ...]: matches the shards that hold exactly these markets.

  MARKET             market ids or ranges, such as 1 2 3 or 1-2100; none: all shards
  --shard N[,N-M]    the same said by shard ids
  --list-markets     print the market ids of these shards on one line, then end
${HEALTH_HELP}`,
  switches: [HEALTH_SWITCH, "list-markets"],
  options: ["shard"],
  allowsPositionals: true,
} as const;

await endWith(spec.name, async () => {
  const started = startService(spec, process.argv.slice(2));
  if (started === null) return;
  const { config, positionals, switches, options } = started;
  if (switches.has(HEALTH_SWITCH)) return checkHealth(config.matcher.httpAddress);
  const chosen = chosenShards(config, positionals, options.get("shard"));
  if (switches.has("list-markets")) {
    await Bun.write(Bun.stdout, `${marketsOf(config, chosen).join(" ")}\n`);
    return;
  }
  const logger = new Logger({
    sink: streamSink("stdout"),
    severityMin: config.venue.severityMin,
    fields: { service: spec.name },
  });
  const shards = await openShards(config, chosen, logger);
  announceShards(logger, shards);
  if (switches.has("check")) return;
  await untilStopped(logger, shards, async (onFault) =>
    startMatcherService({ config, shards, logger, onFault }),
  );
});
