/**
 * market-matcher as a service: a matcher per shard and the HTTP side, from a Config and open
 * shards.
 */
import { join } from "node:path";
import { chooseLevels, engineOptions } from "../service/choose-levels.ts";
import type { Config } from "../edges/config.ts";
import { flagFor } from "../edges/config-flags.ts";
import type { Logger } from "../edges/logger.ts";
import { exportedStates, exportReader, type OpenShard } from "../service/open-shards.ts";
import { holdPlace } from "../service/hold-place.ts";
import { haltShard } from "../service/halted.ts";
import { IN_PRODUCTION, listening } from "../service/start.ts";
import { wholeRequest } from "../service/whole-request.ts";
import { createMatcherHttp } from "./http.ts";
import { Matcher } from "./matcher.ts";

export interface MatcherServiceParts {
  readonly config: Config;
  readonly shards: readonly OpenShard[];
  readonly logger: Logger;
  readonly onFault: (fault: unknown) => void;
}

export interface MatcherService {
  readonly matchers: ReadonlyMap<number, Matcher>;
  readonly httpPort: number;
  /** Finishes the batch in hand, saves a snapshot, closes. */
  stop(): Promise<void>;
}

const BATCH_BYTES_MAX = 1 << 18;
/** So often a standby asks whether it is its turn. */
const POLLS_PER_LEASE = 10;

export function startMatcherService(parts: MatcherServiceParts): MatcherService {
  const { config, shards, logger, onFault } = parts;
  const stopping = new AbortController();
  const matchers = new Map<number, Matcher>();
  const runs: Promise<void>[] = [];
  const levels = chooseLevels(config.matcher.engine, logger);
  for (const shard of shards) {
    const options = engineOptions(levels, false);
    const matcher = new Matcher({
      ...shard,
      options,
      exportedStates: exportedStates(config, shard, { options, logger }),
      snapshotDir: join(shard.dir, "snapshots"),
      snapshotRecords: config.matcher.snapshotCommands,
      batchBytesMax: BATCH_BYTES_MAX,
      standbyPollMs: config.matcher.leaseMs / POLLS_PER_LEASE,
      logger: logger.with({ shard: shard.genesis.shard }),
      stop: stopping.signal,
    });
    matchers.set(shard.genesis.shard, matcher);
    runs.push(matcher.run().catch((fault: unknown) => haltShard(shard, fault, onFault)));
    const name = (): string => (matcher.leads ? "matcher" : "matcher-standby");
    const place = { log: shard.log, name, position: () => matcher.counts.position };
    const silentMsMax = config.log.consumerSilentMsMax;
    const readsExport = exportReader(config, shard);
    runs.push(holdPlace({ ...place, readsExport, silentMsMax, stop: stopping.signal }));
  }
  const app = createMatcherHttp({ matchers });
  const { host, port } = config.matcher.httpAddress;
  const flag = flagFor("", "matcher.http_address");
  const server = listening(`${host}:${port}`, flag, () =>
    Bun.serve({
      hostname: host,
      port,
      ...IN_PRODUCTION,
      idleTimeout: 30,
      fetch: (request) => app.fetch(wholeRequest(request)),
    }),
  );
  logger.info("listening", { http: `${host}:${server.port}` });
  return {
    matchers,
    httpPort: server.port ?? 0,
    stop: async () => {
      stopping.abort();
      await Promise.all(runs);
      await server.stop(false);
    },
  };
}
