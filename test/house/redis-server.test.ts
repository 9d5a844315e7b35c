/** The real redis-server that other suites start: it keeps what it must, dies, pauses, returns. */
import { describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";

/** One command in, the raw reply out; enough to see that a server is alive. */
function ask(where: number | string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      typeof where === "number" ? connect(where, "127.0.0.1") : connect({ path: where });
    socket.once("data", (bytes) => {
      resolve(bytes.toString());
      socket.destroy();
    });
    socket.once("error", reject);
    socket.write(`${command}\r\n`);
  });
}

describe.skipIf(!redisAvailable())("a redis-server of the test's own", () => {
  test("answers on its port and its socket", async () => {
    await using redis = await RedisServer.start();
    expect(await ask(redis.port, "PING")).toBe("+PONG\r\n");
    expect(await ask(redis.socket, "PING")).toBe("+PONG\r\n");
  });

  test("forgets at a kill without a log file, and keeps what was synced with one", async () => {
    await using forgetful = await RedisServer.start();
    await using synced = await RedisServer.start({ appendonly: "yes", appendfsync: "always" });
    const after: string[] = [];
    for (const redis of [forgetful, synced]) {
      expect(await ask(redis.port, "SET k 1")).toBe("+OK\r\n");
      await redis.kill();
      await redis.restart();
      after.push(await ask(redis.port, "GET k"));
    }
    expect(after).toEqual(["$-1\r\n", "$1\r\n1\r\n"]);
  });

  test("is silent while paused, however long another talks, and answers afterwards", async () => {
    await using redis = await RedisServer.start();
    await using another = await RedisServer.start();
    redis.pause();
    const answer = ask(redis.port, "PING");
    for (let i = 0; i < 50; i++) await ask(another.port, "PING");
    expect(Bun.peek.status(answer)).toBe("pending");
    redis.resume();
    expect(await answer).toBe("+PONG\r\n");
  });

  test("says why it did not start", async () => {
    const refused = RedisServer.start({ appendonly: "perhaps" });
    await expect(refused).rejects.toThrow("argument must be 'yes' or 'no'");
  });
});
