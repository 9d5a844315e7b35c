/** The conformance suite over TLS with a user of few rights; more ways: redis-ways.long.test.ts. */
import { afterAll, beforeAll, describe } from "bun:test";
import { redisAvailable } from "../support/redis-server.ts";
import { conformance } from "./conformance.ts";
import { type Servers, tlsServers } from "./redis-stands.ts";

const TLS: [string, () => Promise<Servers>] = [
  "redis over TLS with a user of few rights",
  tlsServers,
];
const WAYS = Bun.which("openssl") === null ? [] : [TLS];

describe.skipIf(!redisAvailable()).each(WAYS)("%s:", (name, start) => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await start();
  }, 20_000);
  afterAll(() => servers[Symbol.asyncDispose]());

  conformance(name, () => servers.stand());
});
