/** A real Redis without memory: said at once where it can be, waited for aloud where it must be. */
import { describe, expect, test } from "bun:test";
import { LogFull } from "../../src/edges/log.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { executionOf, frameOf, genesisRecord, readAll, SHARD } from "./records.ts";
import { ask, closeLogs, open } from "./redis-stand.ts";

const MIB = 1 << 20;
const LIMITED = { maxmemory: "32mb", "maxmemory-policy": "noeviction" };

/** Takes memory until Redis refuses. */
async function fill(port: number): Promise<void> {
  for (const size of [MIB, 1 << 14]) {
    for (let i = 0; ; i++) {
      const key = `ballast:${size}:${i}`;
      const error = await ask(port, "SETRANGE", key, `${size}`, "x").catch(String);
      if (String(error).includes("OOM")) break;
    }
  }
}

async function empty(port: number): Promise<void> {
  for (const size of [MIB, 1 << 14]) {
    const names = (await ask(port, "KEYS", `ballast:${size}:*`)) as Buffer[];
    if (names.length > 0) await ask(port, "DEL", ...names.map(String));
  }
}

describe.skipIf(!redisAvailable())("a Redis without memory", () => {
  test("refuses an append to in at once; the same writer goes on when there is room", async () => {
    await using server = await RedisServer.start(LIMITED);
    const log = await open(server.port, { unreachableMsMax: 60_000 });
    await log.create(genesisRecord());
    const writer = await log.openInputWriter();
    await writer.append([frameOf(2)]);
    expect(await log.fullness()).toBeWithin(0.01, 0.5);
    await fill(server.port);
    expect(await log.fullness()).toBeGreaterThan(0.99);
    const since = performance.now();
    for (let i = 0; i < 3; i++) {
      await expect(writer.append([frameOf(9)])).rejects.toBeInstanceOf(LogFull);
    }
    // Waiting for memory would have taken the whole minute.
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(await ask(server.port, "XLEN", `in:{${SHARD}}`)).toBe(2);
    await empty(server.port);
    expect(await writer.append([frameOf(3)])).toMatchObject({ first: 3, last: 3 });
    const seen = await readAll(await log.openInputReader(), 1, 3);
    expect(seen.map(({ number }) => number)).toEqual([2, 3]);
    await closeLogs();
  });

  test("an append whose first try may have been executed is not called full", async () => {
    await using server = await RedisServer.start(LIMITED);
    const proxy = new TcpProxy(server.port);
    const log = await open(proxy.port, { unreachableMsMax: 60_000 });
    await log.create(genesisRecord());
    const writer = await log.openInputWriter();
    await writer.append([frameOf(2)]);
    await fill(server.port);
    let tries = 0;
    const third = Promise.withResolvers<void>();
    proxy.fate = (request) => {
      if (!request.includes("EVALSHA")) return "pass";
      if (++tries === 3) third.resolve();
      return tries === 1 ? "cut_request" : "pass";
    };
    const appending = writer.append([frameOf(3)]);
    await third.promise;
    await empty(server.port);
    expect(await appending).toMatchObject({ first: 3, last: 3 });
    await closeLogs();
    proxy.stop();
  });

  test("a matcher's append waits for memory, and says so", async () => {
    await using server = await RedisServer.start(LIMITED);
    const notices: string[] = [];
    const notice = (why: string): void => void notices.push(why);
    const log = await open(server.port, { unreachableMsMax: 60_000, notice });
    await log.create(genesisRecord());
    const writer = await log.openExecutionWriter();
    await fill(server.port);
    const appending = writer.append(executionOf(writer.epoch, 1, 1));
    while (notices.length === 0) await Bun.sleep(10);
    expect(notices[0]).toContain("append to ex of shard 7: OOM");
    await empty(server.port);
    await appending;
    expect(writer.tip()).toBe(1);
    expect(notices).toHaveLength(1);
    await closeLogs();
  });
});
