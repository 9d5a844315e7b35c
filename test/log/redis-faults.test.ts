/** What the Redis log does when connection, server or log go wrong: a real server, a real proxy. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Prng } from "../../src/base/prng.ts";
import { Fenced, InUse, LostSuffix, Unreachable } from "../../src/edges/log.ts";
import { RedisConnection, RedisGone } from "../../src/edges/redis-connection.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { type ProxyFate, TcpProxy } from "../support/tcp-proxy.ts";
import {
  executionOf,
  fillInput,
  frameOf,
  genesisRecord,
  READ_MAX,
  readAll,
  readExecutions,
  SHARD,
} from "./records.ts";
import { logEnd } from "./conformance-restore.ts";
import { accessTo, ask, closeLogs, flush, hostOf, open, TAKES_OVER } from "./redis-stand.ts";

const NEVER = new AbortController().signal;
describe.skipIf(!redisAvailable())("the Redis log", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(async () => {
    await closeLogs();
    await server.stop();
  });
  beforeEach(async () => {
    await closeLogs();
    await flush(server.port);
    await (await open(server.port)).create(genesisRecord());
  });

  testCuts(() => server);
  testOthers(() => server);
  testLoss(() => server);
});

function testCuts(server: () => RedisServer): void {
  test("our client library does nothing by itself after a cut", async () => {
    const proxy = new TcpProxy(server().port);
    const connection = await RedisConnection.open(accessTo(proxy.port), hostOf(proxy.port), "test");
    proxy.fate = () => "cut_reply";
    const command = connection.command(["XADD", "seen", "*", "a", "b"]);
    await expect(command).rejects.toBeInstanceOf(RedisGone);
    proxy.fate = () => "pass";
    await expect(connection.command(["PING"])).rejects.toBeInstanceOf(RedisGone);
    expect(connection.isOpen()).toBe(false);
    expect(await ask(server().port, "XLEN", "seen")).toBe(1);
    expect(proxy.accepted).toBe(1);
    proxy.stop();
  });

  const fates: ProxyFate[] = ["cut_request", "cut_reply", "swallow_reply"];
  test.each(fates)("%s at random: every pack is there once, in order", async (fate) => {
    const proxy = new TcpProxy(server().port);
    const log = await open(proxy.port);
    const input = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    const random = new Prng(5);
    const percent = fate === "swallow_reply" ? 4 : 20;
    proxy.fate = () => (random.chance(percent) ? fate : "pass");
    for (let i = 0; i < 60; i++) {
      const { first, last } = await input.append([frameOf(2 * i + 2), frameOf(2 * i + 3)]);
      expect([first, last]).toEqual([2 * i + 2, 2 * i + 3]);
      await execution.append(executionOf(execution.epoch, execution.tip() + 1, last));
    }
    expect(proxy.accepted).toBeGreaterThan(4);
    const direct = await open(server().port);
    const seen = await readAll(await direct.openInputReader(), 1, 121);
    expect(seen.map(({ number }) => number)).toEqual(seen.map((_, i) => i + 2));
    expect(seen).toHaveLength(120);
    expect(await readExecutions(await direct.openExecutionReader(), 0, 121)).toHaveLength(60);
    proxy.stop();
  });

  test.each(fates)("a reader behind %s sees every record once", async (fate) => {
    const writer = await (await open(server().port)).openInputWriter();
    const proxy = new TcpProxy(server().port);
    const reader = await (await open(proxy.port)).openInputReader();
    const random = new Prng(6);
    proxy.fate = () => (random.chance(fate === "swallow_reply" ? 2 : 10) ? fate : "pass");
    const reading = readAll(reader, 1, 61, 300);
    for (let i = 2; i <= 61; i++) await writer.append([frameOf(i)]);
    expect((await reading).map(({ number }) => number)).toEqual(
      Array.from({ length: 60 }, (_, i) => i + 2),
    );
    proxy.stop();
  });

  test("an outcome that stays unknown too long ends the writer", async () => {
    const proxy = new TcpProxy(server().port);
    const log = await open(proxy.port, { unreachableMsMax: 100 });
    const writer = await log.openInputWriter();
    proxy.fate = () => "cut_reply";
    await expect(writer.append([frameOf(1)])).rejects.toBeInstanceOf(Unreachable);
    proxy.fate = () => "pass";
    await expect(writer.append([frameOf(1)])).rejects.toBeInstanceOf(Unreachable);
    expect((await log.openInputWriter()).tip()).toBe(2);
    proxy.stop();
  });

  test("a Redis that hangs for a while is waited for", async () => {
    const log = await open(server().port);
    const writer = await log.openInputWriter();
    const reading = readAll(await log.openInputReader(), 1, 3);
    await writer.append([frameOf(2)]);
    server().pause();
    const appending = writer.append([frameOf(3)]);
    setTimeout(() => server().resume(), 400); // Longer than a command may take here.
    expect(await appending).toMatchObject({ first: 3, last: 3 });
    expect((await reading).map(({ number }) => number)).toEqual([2, 3]);
  });
}

function testOthers(server: () => RedisServer): void {
  test("a slot whose writer lives is refused with its pid; a silent one is free", async () => {
    const lease = { slotLeaseMs: 300 };
    const old = await (await open(server().port, lease)).openInputWriter();
    await old.append([frameOf(2)]);
    const other = await open(server().port, lease);
    const refused = other.openInputWriter();
    await expect(refused).rejects.toBeInstanceOf(InUse);
    await expect(refused).rejects.toThrow(
      new RegExp(`slot "1" is written to by pid ${process.pid} on .*another ingress.slot`),
    );
    expect(await old.append([frameOf(3)])).toMatchObject({ first: 3 });
    await ask(server().port, "HSET", `ctl:{${SHARD}}`, "live:1", "1000 elsewhere:1:1");
    const writer = await other.openInputWriter();
    await expect(old.append([frameOf(9)])).rejects.toBeInstanceOf(Fenced);
    expect(await writer.append([frameOf(4)])).toMatchObject({ first: 4 });
    await expect(old.append([frameOf(9)])).rejects.toBeInstanceOf(Fenced);
  });

  test("the slot of a process that was killed here is free at once", async () => {
    const program = join(import.meta.dir, "hold-slot.ts");
    const child = Bun.spawn([process.execPath, program, String(server().port)], {
      stdout: "pipe",
      stderr: "inherit",
    });
    await child.stdout.getReader().read();
    const log = await open(server().port, { slotLeaseMs: 60_000 });
    child.kill("SIGKILL");
    await child.exited;
    const since = performance.now();
    const writer = await log.openInputWriter();
    expect(performance.now() - since).toBeLessThan(20_000);
    expect(await writer.append([frameOf(2)])).toMatchObject({ first: 2 });
  });

  test("two slots write side by side", async () => {
    const one = await (await open(server().port, { slot: "a" })).openInputWriter();
    const two = await (await open(server().port, { slot: "b" })).openInputWriter();
    const runs = [one, two].map(async (writer) => {
      for (let i = 0; i < 20; i++) await writer.append([frameOf(1), frameOf(2)]);
    });
    await Promise.all(runs);
    const log = await open(server().port);
    const seen = await readAll(await log.openInputReader(), 1, 81);
    expect(seen.map(({ number }) => number)).toEqual(seen.map((_, i) => 1 + (i % 2)));
  });

  test("of two matchers the newer one appends, the older is fenced", async () => {
    await fillInput(await open(server().port), 3);
    const old = await (await open(server().port)).openExecutionWriter();
    await old.append(executionOf(old.epoch, 1, 2));
    const newer = await (await open(server().port, TAKES_OVER)).openExecutionWriter();
    expect(newer.epoch).toBe(old.epoch + 1);
    await expect(old.append(executionOf(old.epoch, 3, 3))).rejects.toBeInstanceOf(Fenced);
    await newer.append(executionOf(newer.epoch, 3, 3));
    expect(await ask(server().port, "XLEN", `ex:{${SHARD}}`)).toBe(2);
  });

  test("the older of two matchers learns of it while there is nothing to write", async () => {
    const log = await open(server().port);
    const old = await log.openExecutionWriter();
    const reader = await log.openInputReader();
    const waiting = reader.read(1, READ_MAX, NEVER);
    const newer = await (await open(server().port, TAKES_OVER)).openExecutionWriter();
    expect(newer.epoch).toBe(old.epoch + 1);
    await expect(waiting).rejects.toBeInstanceOf(Fenced);
  });

  test("a server that forgot the scripts is told them again", async () => {
    const log = await open(server().port);
    const writer = await log.openInputWriter();
    await writer.append([frameOf(1)]);
    await ask(server().port, "SCRIPT", "FLUSH");
    expect(await writer.append([frameOf(2)])).toMatchObject({ first: 3 });
  });

  test("log time does not go back, and CLOCK refuses a distant clock", async () => {
    const log = await open(server().port);
    const writer = await log.openInputWriter();
    const future = Date.now() * 1000 + 3_600_000_000;
    await ask(server().port, "HSET", `ctl:{${SHARD}}`, "log_time", `${future}`);
    expect((await writer.append([frameOf(1)])).logTime).toBe(future);
    const strict = await open(server().port, { clockDifferenceMsMax: -1, slot: "b" });
    const refused = await strict.openInputWriter();
    await expect(refused.append([frameOf(2)])).rejects.toThrow("CLOCK");
  });
}

function testLoss(server: () => RedisServer): void {
  test("FLUSHALL is LOST for everybody who knew the log", async () => {
    const log = await open(server().port);
    const input = await log.openInputWriter();
    const execution = await log.openExecutionWriter();
    const reader = await log.openInputReader();
    const waiting = reader.read(1, READ_MAX, NEVER).catch((error: unknown) => error);
    await flush(server().port);
    await expect(input.append([frameOf(1)])).rejects.toThrow("LOST");
    await expect(execution.append(executionOf(1, 1, 1))).rejects.toThrow("LOST");
    await expect(reader.tip()).rejects.toThrow("LOST");
    await expect(log.genesis()).rejects.toThrow("LOST");
    expect(String(await waiting)).toContain("LOST");
    expect(await ask(server().port, "DBSIZE")).toBe(0);
  });

  test("who slept over a restore ends, and halts nobody else", async () => {
    await flush(server().port);
    const log = await open(server().port);
    await log.restore(logEnd());
    const sleeper = await open(server().port);
    const loss = new LostSuffix("as another part has found", true);
    const end: unknown = await sleeper
      .recoverLoss(loss, logEnd().position + 9)
      .catch((error: unknown) => error);
    // No turn that was lost: a matcher would take the next one, for ever.
    expect(end).not.toBeInstanceOf(Fenced);
    expect(String(end)).toContain("was restored");
    expect(await log.halted()).toBeNull();
    // Who knows this generation, and more than is there, has lost it since: that halts.
    const lost = new LostSuffix("a failover");
    await expect(log.recoverLoss(lost, logEnd().position + 9)).rejects.toBeInstanceOf(Fenced);
    expect(await log.halted()).toContain("more was lost");
  });

  test("another genesis in the place of ours is refused", async () => {
    const log = await open(server().port);
    const input = await log.openInputWriter();
    const reader = await log.openInputReader();
    await flush(server().port);
    await (await open(server().port)).create(genesisRecord(2));
    await expect(input.append([frameOf(1)])).rejects.toThrow("another genesis");
    await expect(reader.read(0, READ_MAX, NEVER)).rejects.toThrow("another genesis");
    await expect(log.openExecutionWriter()).rejects.toThrow("another genesis");
  });

  test("records that are gone, or changed behind a reader, are named", async () => {
    const proxy = new TcpProxy(server().port);
    const log = await open(proxy.port);
    const writer = await log.openInputWriter();
    for (let i = 2; i <= 5; i++) await writer.append([frameOf(i)]);
    const reader = await log.openInputReader();
    await readAll(reader, 1, 5);
    await ask(server().port, "XDEL", `in:{${SHARD}}`, "0-3");
    await expect(readAll(reader, 1, 5)).rejects.toThrow("positions 3 to 3 are missing");
    const other = await log.openInputReader();
    await readAll(other, 3, 5);
    await ask(server().port, "XDEL", `in:{${SHARD}}`, "0-5");
    await expect(other.read(3, READ_MAX, NEVER)).rejects.toThrow("entry 0-5 of in:{7}");
    proxy.stop();
  });
}
