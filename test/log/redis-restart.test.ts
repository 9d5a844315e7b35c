/** A Redis that is killed, comes back with less, or promises less; one server for each test. */
import { describe, expect, test } from "bun:test";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { LogFault } from "../../src/edges/log.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { executionOf, frameOf, genesisRecord, READ_MAX, readAll } from "./records.ts";
import { accessTo, closeLogs, open, untilAsked } from "./redis-stand.ts";

const NEVER = new AbortController().signal;
const NO_REWRITE = /aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0/;
const SYNCED = { appendonly: "yes", appendfsync: "always" };

describe.skipIf(!redisAvailable())("a Redis of its own", () => {
  testRestarts();
  testLevels();
});

function testRestarts(): void {
  test("kill -9 with appendfsync always: what was acknowledged is there, once", async () => {
    await using server = await RedisServer.start(SYNCED);
    const log = await open(server.port);
    await log.create(genesisRecord());
    const writer = await log.openInputWriter();
    const reading = readAll(await log.openInputReader(), 1, 61);
    for (let i = 0; i < 30; i++) {
      const appending = writer.append([frameOf(2 * i + 2), frameOf(2 * i + 3)]);
      if (i % 10 === 5) {
        await server.kill();
        await server.restart();
      }
      expect(await appending).toMatchObject({ first: 2 * i + 2 });
    }
    const seen = await reading;
    expect(seen.map(({ number }) => number)).toEqual(seen.map((_, i) => i + 2));
    await closeLogs();
  });

  test("half a transaction that a power loss left in the file does not come back", async () => {
    await using server = await RedisServer.start(SYNCED);
    const log = await open(server.port);
    await log.create(genesisRecord());
    const writer = await log.openInputWriter();
    await untilAsked(server.port, "INFO", NO_REWRITE);
    await writer.append([frameOf(2)]);
    await writer.append([frameOf(3)]);
    await closeLogs();
    await server.kill();
    // The newest append without its EXEC, nor the end of the command before that.
    const file = newestFile(server.dir);
    const size = readFileSync(file).lastIndexOf("*1\r\n$4\r\nEXEC") - 5;
    truncateSync(file, size);
    await server.restart();
    const other = await open(server.port);
    const next = await other.openInputWriter();
    expect(next.tip()).toBe(2);
    await next.append([frameOf(103)]);
    await next.append([frameOf(104)]);
    await untilAsked(server.port, "INFO", NO_REWRITE);
    await closeLogs();
    await server.kill();
    await server.restart();
    const last = await open(server.port);
    const seen = await readAll(await last.openInputReader(), 1, 4);
    expect(seen.map(({ number }) => number)).toEqual([2, 103, 104]);
    await closeLogs();
  });

  test("a Redis that comes back with less says LOST to all", async () => {
    await using server = await RedisServer.start(SYNCED);
    const log = await open(server.port);
    await log.create(genesisRecord());
    const input = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    const reader = await log.openInputReader();
    await input.append([frameOf(2)]);
    await execution.append(executionOf(1, 1, 1));
    const files = join(server.dir, "appendonlydir");
    cpSync(files, `${files}.old`, { recursive: true });
    await input.append([frameOf(3)]);
    await execution.append(executionOf(1, 2, 3));
    await readAll(reader, 1, 3);
    await server.kill();
    rmSync(files, { recursive: true });
    cpSync(`${files}.old`, files, { recursive: true });
    await server.restart();
    await expect(reader.read(3, READ_MAX, NEVER)).rejects.toThrow("LOST");
    await expect(input.append([frameOf(4)])).rejects.toThrow("LOST");
    await expect(execution.append(executionOf(1, 4, 4))).rejects.toThrow("LOST");
    await closeLogs();
  });
}

/** Of the append-only file, where the server appends now. */
function newestFile(dir: string): string {
  const files = join(dir, "appendonlydir");
  const numbers = readdirSync(files).map((name) => /\.(\d+)\.incr\.aof$/.exec(name)?.[1] ?? "0");
  return join(files, `appendonly.aof.${Math.max(...numbers.map(Number))}.incr.aof`);
}

function testLevels(): void {
  const LEVELS = [
    ["D0", { appendonly: "no" }],
    ["D1", { appendonly: "yes", appendfsync: "everysec" }],
    ["D2", SYNCED],
    ["D1", { ...SYNCED, "no-appendfsync-on-rewrite": "yes" }],
  ] as const;
  test.each(LEVELS)("%s is what this Redis gives: %p", async (level, options) => {
    await using server = await RedisServer.start(options);
    const log = await open(server.port);
    expect(log.describe).toStartWith(`redis 127.0.0.1:${server.port}, ${level} `);
    await closeLogs();
  });

  test("a password is needed and used", async () => {
    await using server = await RedisServer.start({ requirepass: "secret" });
    await expect(open(server.port)).rejects.toThrow("NOAUTH");
    const access = { ...accessTo(server.port), password: "secret" };
    expect(await (await open(server.port, { access })).genesis()).toBeNull();
    const wrong = { ...accessTo(server.port), password: "other" };
    const refused = open(server.port, { access: wrong });
    await expect(refused).rejects.toThrow("WRONGPASS");
    await expect(refused).rejects.toBeInstanceOf(LogFault);
    await closeLogs();
  });
}
