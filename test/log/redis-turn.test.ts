/** Whose turn it is: leases that are renewed, run out, are given back, or whose owner is dead. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { Fenced, InUse, type ShardLog } from "../../src/edges/log.ts";
import { redisAvailable, RedisServer } from "../support/redis-server.ts";
import { executionOf, fillInput, genesisRecord, recordOf, SHARD } from "./records.ts";
import { ask, closeLogs, flush, open, replicaOf } from "./redis-stand.ts";

const LEASE_MS = 200;
const LONG_MS = 60_000;
const CTL = `ctl:{${SHARD}}`;

let redis: RedisServer;

async function leadField(port = redis.port): Promise<string> {
  return String(await ask(port, "HGET", CTL, "lead:epoch"));
}

/** A process that has the turn and does nothing but live. */
async function leader(leaseMs: number): Promise<Bun.Subprocess<"ignore", "pipe", "inherit">> {
  const script = join(import.meta.dir, "hold-turn.ts");
  const args = [process.execPath, script, String(redis.port), String(leaseMs)];
  const child = Bun.spawn(args, { stdin: "ignore", stdout: "pipe" });
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  expect(new TextDecoder().decode(value)).toBe("taken\n");
  return child;
}

async function untilNobody(log: ShardLog): Promise<void> {
  while ((await log.writerOfExecutions()) !== null) await Bun.sleep(5);
}

describe.skipIf(!redisAvailable())("the turn to write ex", () => {
  beforeAll(async () => {
    redis = await RedisServer.start();
  });
  beforeEach(async () => {
    const log = await open(redis.port);
    await log.create(genesisRecord());
    await fillInput(log, 9);
  });
  afterEach(async () => {
    await closeLogs();
    await flush(redis.port);
  });
  afterAll(() => redis.stop());

  test("is kept by renewing it, for many leases", async () => {
    const log = await open(redis.port, { matcherLeaseMs: LEASE_MS });
    const writer = await log.openExecutionWriter();
    const other = await open(redis.port, { matcherLeaseMs: LEASE_MS });
    const seen = new Set<string>();
    while (seen.size < 8) {
      seen.add(await leadField());
      expect(await other.writerOfExecutions()).toBe(`pid ${process.pid} on ${hostOfOwner(seen)}`);
      await expect(other.openExecutionWriter()).rejects.toThrow(InUse);
    }
    await writer.append(recordOf(writer, 1, 1));
  });

  test("passes on when its owner is silent for longer than the lease", async () => {
    await using child = await leader(LEASE_MS);
    const other = await open(redis.port, { matcherLeaseMs: LEASE_MS });
    child.kill("SIGSTOP");
    await untilNobody(other);
    const writer = await other.openExecutionWriter();
    expect(writer.epoch).toBe(2);
    child.kill("SIGCONT");
    const since = await leadField();
    // It wakes up, is told, and renews no more: ours is renewed, and stays ours.
    while ((await leadField()) === since) await Bun.sleep(5);
    await writer.append(recordOf(writer, 1, 1));
    expect(String(await ask(redis.port, "HGET", CTL, "epoch"))).toBe("2");
    child.kill("SIGKILL");
  });

  test("an old owner that appends is fenced by the number, whatever the lease says", async () => {
    const old = await (await open(redis.port)).openExecutionWriter();
    const newer = await (await open(redis.port, { matcherLeaseMs: 0 })).openExecutionWriter();
    await ask(redis.port, "HDEL", CTL, "lead:epoch");
    await expect(old.append(executionOf(old.epoch, 1, 1))).rejects.toThrow(Fenced);
    await newer.append(recordOf(newer, 1, 1));
  });

  test("of a process of this machine that is gone is free at once", async () => {
    const child = await leader(LONG_MS);
    const other = await open(redis.port, { matcherLeaseMs: LONG_MS });
    expect(await other.writerOfExecutions()).toContain(`pid ${child.pid} on `);
    child.kill("SIGKILL");
    await child.exited;
    expect(await other.writerOfExecutions()).toBeNull();
    expect((await other.openExecutionWriter()).epoch).toBe(2);
  });

  test("a pid of another namespace proves nothing", async () => {
    const dead = `${(await leadOwner()).split(":")[0]}:999999999:1`;
    const other = await open(redis.port, { matcherLeaseMs: LONG_MS });
    const now = Date.now() * 1000;
    await ask(redis.port, "HSET", CTL, "lead:epoch", `${now} ${dead}:1`);
    expect(await other.writerOfExecutions()).toContain("pid 999999999");
    await expect(other.openExecutionWriter()).rejects.toThrow(InUse);
  });

  test("taken in what is now the future, it is over: the clock was set back", async () => {
    const later = (Date.now() + 3_600_000) * 1000;
    await ask(redis.port, "HSET", CTL, "lead:epoch", `${later} elsewhere:1:1`);
    const log = await open(redis.port);
    expect(await log.writerOfExecutions()).toBeNull();
    expect((await log.openExecutionWriter()).epoch).toBe(1);
  });

  test("is renewed while an append waits for a replica that does not come", async () => {
    const replica = await replicaOf(redis);
    try {
      // What is asked is that it is renewed, again and again: on a busy machine it may run out.
      const d3 = { matcherLeaseMs: 5 * LEASE_MS, replicas: 1, unreachableMsMax: 10_000 };
      const writer = await (await open(redis.port, d3)).openExecutionWriter();
      replica.pause();
      const appending = writer.append(recordOf(writer, 1, 1));
      const seen = new Set<string>();
      while (seen.size < 6) {
        seen.add(await leadField());
        await Bun.sleep(1);
      }
      expect(new Set([...seen].map((field) => field.split(" ")[1])).size).toBe(1);
      replica.resume();
      await appending;
    } finally {
      await replica.stop();
    }
  });
});

/** The owner's name as a writer of this process writes it. */
async function leadOwner(): Promise<string> {
  const writer = await (await open(redis.port)).openExecutionWriter();
  const [, owner = ""] = (await leadField()).split(" ");
  await writer.close();
  return owner;
}

function hostOfOwner(seen: ReadonlySet<string>): string {
  return [...seen].at(-1)!.split(" ")[1]!.split(":")[0]!;
}
