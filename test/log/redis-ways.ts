/** The conformance suite over ways in which Redis is run, each with servers of its own. */
import { afterAll, beforeAll, describe } from "bun:test";
import { redisAvailable } from "../support/redis-server.ts";
import { conformance } from "./conformance.ts";
import type { Servers } from "./redis-stands.ts";

export type Way = readonly [name: string, start: () => Promise<Servers>];

export function conformanceOver(ways: readonly Way[]): void {
  describe.skipIf(!redisAvailable()).each(ways)("%s:", (name, start) => {
    let servers: Servers;
    beforeAll(async () => {
      servers = await start();
    }, 20_000);
    afterAll(() => servers[Symbol.asyncDispose]());

    conformance(name, () => servers.stand());
  });
}
