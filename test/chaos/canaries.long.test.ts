/** Every canary of chaos is found: a fault of ours in a copy of the tree fails a round. */
import { describe, expect, test } from "bun:test";
import { redisAvailable } from "../support/redis-server.ts";
import { CANARIES, findsCanary } from "./canaries.ts";

describe.skipIf(!redisAvailable())("a planted fault is found within 12 rounds:", () => {
  test.each(CANARIES.map((canary) => [canary.name, canary] as const))("%s", async (_, canary) => {
    expect(await findsCanary(canary, { rounds: "12", seed: "1" })).toBe(true);
  });
});
