/** The conformance suite with a replica that is waited for, and on a cluster of three. */
import { afterAll, beforeAll, describe } from "bun:test";
import { redisAvailable } from "../support/redis-server.ts";
import { conformance } from "./conformance.ts";
import { clusterServers, replicatedServers, type Servers } from "./redis-stands.ts";

const WAYS: readonly [string, () => Promise<Servers>][] = [
  ["redis with a replica that is waited for", replicatedServers],
  ["redis cluster of three", clusterServers],
];

describe.skipIf(!redisAvailable()).each(WAYS)("%s:", (name, start) => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await start();
  }, 20_000);
  afterAll(() => servers[Symbol.asyncDispose]());

  conformance(name, () => servers.stand());
});
