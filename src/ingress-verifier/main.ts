/**
 * ingress-verifier: checks what traders signed and appends it to the log; brings the reports back.
 *
 * One process, one thread. This file only connects parts.
 */
import { Clock } from "../edges/clock.ts";
import { Logger, streamSink } from "../edges/logger.ts";
import { checkHealth, HEALTH_HELP, HEALTH_SWITCH } from "../service/health.ts";
import { announceShards, openShards } from "../service/open-shards.ts";
import { endWith, startService } from "../service/start.ts";
import { untilStopped } from "../service/run.ts";
import { openVerifiers } from "../edges/verify.ts";
import { startIngressService } from "./service.ts";

const spec = {
  name: "ingress-verifier",
  role: "ingress",
  about: `ingress-verifier: order entry over TCP, signatures checked, appended to the log.

${HEALTH_HELP}`,
  switches: [HEALTH_SWITCH],
  allowsPositionals: false,
} as const;

await endWith(spec.name, async () => {
  const started = startService(spec, process.argv.slice(2));
  if (started === null) return;
  const { config, switches } = started;
  if (switches.has(HEALTH_SWITCH)) return checkHealth(config.ingress.httpAddress);
  const logger = new Logger({
    sink: streamSink("stdout"),
    severityMin: config.venue.severityMin,
    fields: { service: spec.name },
  });
  const ids = config.shards.map((shard) => shard.id);
  const shards = await openShards(config, ids, logger);
  announceShards(logger, shards);
  if (switches.has("check")) return;
  const { fast } = await openVerifiers();
  const clock = new Clock();
  await untilStopped(logger, shards, async (onFault) => {
    const now = (): number => clock.monotonicMs();
    return startIngressService({ config, shards, verifier: fast, logger, now, onFault });
  });
});
