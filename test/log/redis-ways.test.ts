/** The conformance suite again, on each way in which Redis is run. */
import { afterAll, beforeAll, describe } from "bun:test";
import { redisAvailable } from "../support/redis-server.ts";
import { conformance } from "./conformance.ts";
import { clusterServers, replicatedServers, type Servers, tlsServers } from "./redis-stands.ts";

const TLS: [string, () => Promise<Servers>] = [
  "redis over TLS with a user of few rights",
  tlsServers,
];
const WAYS: readonly [string, () => Promise<Servers>][] = [
  ...(Bun.which("openssl") === null ? [] : [TLS]),
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
