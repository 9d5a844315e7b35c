/**
 * ingress-verifier as a service: ingress and its HTTP side, from a Config and open shards.
 */
import { join } from "node:path";
import type { Config } from "../edges/config.ts";
import { flagFor } from "../edges/config-flags.ts";
import type { Logger } from "../edges/logger.ts";
import { SnapshotFiles } from "../edges/snapshot-files.ts";
import { createLevels } from "../engine/levels.ts";
import { engineOptions } from "../service/choose-levels.ts";
import { statesInFiles } from "../service/kept-states.ts";
import type { PastParts } from "../service/past.ts";
import { exportedStates, exportReader, type OpenShard } from "../service/open-shards.ts";
import { holdPlace } from "../service/hold-place.ts";
import { IN_PRODUCTION, listening } from "../service/start.ts";
import { wholeRequest } from "../service/whole-request.ts";
import type { SignatureVerifier } from "../edges/verify.ts";
import { createIngressHttp } from "./http.ts";
import { Ingress } from "./ingress.ts";

export interface IngressServiceParts {
  readonly config: Config;
  readonly shards: readonly OpenShard[];
  readonly verifier: SignatureVerifier;
  readonly logger: Logger;
  readonly now: () => number;
  readonly onFault: (fault: unknown) => void;
}

export interface IngressService {
  readonly ingress: Ingress;
  readonly tcpPort: number;
  readonly httpPort: number;
  /** Drains and closes. */
  stop(): Promise<void>;
}

/** Of a log that does not live in memory. */
const NO_MARKS = { memoryRefuseOrdersPercent: 100, memoryCancelsOnlyPercent: 100 };

export async function startIngressService(parts: IngressServiceParts): Promise<IngressService> {
  const { config, shards, verifier, logger, now, onFault } = parts;
  const { limits, ingress, settlement, log } = config;
  const stopping = new AbortController();
  const tcp = ingress.tcpAddress;
  const running = await Ingress.start({
    shards: shards.map((shard) => ({ ...shard, past: pastOf(config, shard, logger) })),
    verifier,
    hostname: tcp.host,
    port: tcp.port,
    reusePort: ingress.reusePort,
    entryLimits: limits,
    sessionAge: { ...ingress, drainTimeoutMs: limits.drainTimeoutMs },
    doorLimits: {
      appendQueueBytesMax: limits.appendQueueBytesMax,
      packBytesMax: log.packBytesMax,
      unmatchedRecordsMax: limits.unmatchedRecordsMax,
      reportsKept: limits.reportsKept,
      resumeRecordsMax: limits.resumeRecordsMax,
      resumesMax: limits.resumesMax,
    },
    memoryMarks: config.redis ?? NO_MARKS,
    tickMs: log.tickMs,
    drainTimeoutMs: limits.drainTimeoutMs,
    dashboard: `http://${settlement.httpAddress.host}:${settlement.httpAddress.port}/`,
    logger,
    now,
    stop: stopping.signal,
    onFault,
  });
  const places = holdPlaces(parts, running, stopping.signal);
  const app = createIngressHttp({ ingress: running, limits, stop: stopping.signal });
  const { host, port } = ingress.httpAddress;
  const server = listening(`${host}:${port}`, flagFor("", "ingress.http_address"), () =>
    Bun.serve({
      hostname: host,
      port,
      ...IN_PRODUCTION,
      fetch: (request) => app.fetch(wholeRequest(request)),
      // Above our own limit, whose refusal names the code.
      maxRequestBodySize: limits.httpBodyBytesMax * 2,
      idleTimeout: 30,
    }),
  );
  logger.info("listening", {
    tcp: `${tcp.host}:${running.entry.port}`,
    http: `${host}:${server.port}`,
  });
  return {
    ingress: running,
    tcpPort: running.entry.port,
    httpPort: server.port ?? 0,
    stop: async () => {
      stopping.abort();
      await Promise.all(places);
      await running.drain();
      await server.stop(false);
    },
  };
}

/** From snapshots of a matcher on the same machine, where there is one, or of the export. */
function pastOf(config: Config, shard: OpenShard, logger: Logger): PastParts {
  const { log, genesisFrame, dir } = shard;
  const files = new SnapshotFiles(join(dir, "snapshots"), "matcher", Number.POSITIVE_INFINITY);
  files.follow(shard.ends ?? []);
  const options = engineOptions({ name: "ts", open: createLevels }, false);
  return {
    log,
    genesisFrame,
    options,
    states: {
      own: statesInFiles(files, genesisFrame, options),
      store: exportedStates(config, shard, { options, logger }),
      worth: config.matcher.snapshotCommands,
    },
    onBegin: (from, position) => logger.info("executing again", { from, from_snapshot: position }),
    onSkipped: (from, why) => logger.warning("snapshot skipped", { path: from, why }),
  };
}

/** Says how far each shard's reports are read; one per ingress slot. */
function holdPlaces(
  { config, shards }: IngressServiceParts,
  running: Ingress,
  stop: AbortSignal,
): Promise<void>[] {
  return shards.map((shard) =>
    holdPlace({
      log: shard.log,
      name: () => `ingress-${config.ingress.slot}`,
      position: () => running.doors.get(shard.genesis.shard)?.followed ?? 0,
      silentMsMax: config.log.consumerSilentMsMax,
      readsExport: exportReader(config, shard),
      stop,
    }),
  );
}
