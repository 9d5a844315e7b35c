/**
 * ingress-verifier as a service: ingress and its HTTP side, from a Config and open shards.
 */
import type { Config } from "../edges/config.ts";
import { flagFor } from "../edges/config-flags.ts";
import type { Logger } from "../edges/logger.ts";
import type { OpenShard } from "../service/open-shards.ts";
import { listening } from "../service/start.ts";
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
    shards,
    verifier,
    hostname: tcp.host,
    port: tcp.port,
    reusePort: ingress.reusePort,
    entryLimits: limits,
    doorLimits: {
      appendQueueBytesMax: limits.appendQueueBytesMax,
      packBytesMax: log.packBytesMax,
      unmatchedRecordsMax: limits.unmatchedRecordsMax,
      reportsKept: limits.reportsKept,
      resumeRecordsMax: limits.resumeRecordsMax,
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
  const app = createIngressHttp({ ingress: running, limits, stop: stopping.signal });
  const { host, port } = ingress.httpAddress;
  const flag = flagFor("", "ingress.http_address");
  const server = listening(`${host}:${port}`, flag, () =>
    Bun.serve({
      hostname: host,
      port,
      fetch: app.fetch,
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
      await running.drain();
      await server.stop(false);
    },
  };
}
