/**
 * settlement-plane: re-executes what was published, signs checkpoints, answers queries.
 *
 * One thread that executes, and some that verify signatures. This file only connects parts.
 */
import { availableParallelism } from "node:os";
import { Clock } from "../edges/clock.ts";
import { Logger, streamSink } from "../edges/logger.ts";
import { checkHealth, HEALTH_HELP, HEALTH_SWITCH } from "../service/health.ts";
import { announceShards, openShards } from "../service/open-shards.ts";
import { untilStopped } from "../service/run.ts";
import { EXIT_USAGE, endWith, ServiceEnd, startService } from "../service/start.ts";
import { startSettlementService } from "./service.ts";

const spec = {
  name: "settlement-plane",
  role: "settlement",
  about: `settlement-plane [SHARD ...]: re-executes shards, signs checkpoints, serves HTTP.

  SHARD              shard ids; none: all shards
${HEALTH_HELP}`,
  switches: [HEALTH_SWITCH],
  allowsPositionals: true,
} as const;

await endWith(spec.name, async () => {
  const started = startService(spec, process.argv.slice(2));
  if (started === null) return;
  const { config, positionals, switches } = started;
  if (switches.has(HEALTH_SWITCH)) return checkHealth(config.settlement.httpAddress);
  const logger = new Logger({
    sink: streamSink("stdout"),
    severityMin: config.venue.severityMin,
    fields: { service: spec.name },
  });
  const all = config.shards.map((shard) => shard.id);
  const ids = positionals.length === 0 ? all : positionals.map(Number);
  const unknown = ids.findIndex((id) => !all.includes(id));
  if (unknown >= 0) {
    const legal = all.join(", ");
    throw new ServiceEnd(EXIT_USAGE, `no shard "${positionals[unknown]}"; shards: ${legal}`);
  }
  const shards = await openShards(config, ids, logger);
  announceShards(logger, shards);
  if (switches.has("check")) return;
  const clock = new Clock();
  await untilStopped(logger, shards, async (onFault) => {
    const wallMs = (): number => Math.floor(clock.micros() / 1000);
    // A core is left to the event loop.
    const verifyThreads = Math.max(1, availableParallelism() - 1);
    return startSettlementService({ config, shards, verifyThreads, logger, wallMs, onFault });
  });
});
