/** The Redis log under the conformance suite, one real server for all of it. */
import { afterAll, beforeAll, describe } from "bun:test";
import { openRedisLog } from "../../src/edges/redis-log.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { conformance } from "./conformance.ts";
import { SHARD } from "./records.ts";
import { accessTo, flush } from "./redis-stand.ts";

describe.skipIf(!redisAvailable())("with a real Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  conformance("redis", async () => {
    await flush(server.port);
    const options = { access: accessTo(server.port), shard: SHARD, unreachableMsMax: 5000 };
    return {
      open: () => openRedisLog({ ...options, clockDifferenceMsMax: 5000 }),
      dispose: () => flush(server.port),
    };
  });
});
