/** The Redis servers of our own tests: they must be found ready on a busy machine, too. */
import { describe, expect, test } from "bun:test";
import { redisAvailable, RedisServer } from "./redis-server.ts";

/** Longer than a replica takes to follow, and to say all that it says about it. */
const BUSY_MS = 1500;

describe.skipIf(!redisAvailable())("a redis-server of a test", () => {
  test("is ready though it has said much more by the time that we look", async () => {
    await using primary = await RedisServer.start({ "repl-diskless-sync-delay": "0" });
    const options = { appendonly: "yes", loglevel: "debug" };
    const starting = RedisServer.start({ ...options, replicaof: `127.0.0.1 ${primary.port}` });
    Bun.sleepSync(BUSY_MS);
    await using replica = await starting;
    expect(replica.isAlive).toBe(true);
  });
});
