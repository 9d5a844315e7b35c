/** D3 on a real primary with a real replica: nothing is shown that one node alone holds. */
import { describe, expect, test } from "bun:test";
import type { ExecutionReader, ShardLog } from "../../src/edges/log.ts";
import { decodeExecution } from "../../src/protocol/execution.ts";
import { RedisServer, redisAvailable } from "../support/redis-server.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { fillInput, genesisRecord, READ_MAX, recordOf, SHARD, settled } from "./records.ts";
import { ask, closeLogs, open, replicaOf } from "./redis-stand.ts";

const NEVER = new AbortController().signal;
const D3 = { replicas: 1, unreachableMsMax: 60_000 };

interface Pair extends AsyncDisposable {
  readonly primary: RedisServer;
  readonly replica: RedisServer;
}

async function pair(): Promise<Pair> {
  const primary = await RedisServer.start();
  const replica = await replicaOf(primary);
  await (await open(primary.port)).create(genesisRecord());
  await fillInput(await open(primary.port), 9);
  const dispose = async (): Promise<void> => {
    replica.resume();
    await closeLogs();
    await Promise.all([primary.stop(), replica.stop()]);
  };
  return { primary, replica, [Symbol.asyncDispose]: dispose };
}

/** Last positions of what a read gives. */
async function lasts(reader: ExecutionReader, after: number): Promise<number[]> {
  const records = await reader.read(after, READ_MAX, NEVER);
  return (records ?? []).map((bytes) => executionLast(bytes));
}

function executionLast(bytes: Uint8Array): number {
  const execution = decodeExecution(bytes);
  if (typeof execution === "string") throw new Error(execution);
  return execution.last;
}

async function field(port: number, name: string): Promise<string> {
  return String(await ask(port, "HGET", `ctl:{${SHARD}}`, name));
}

describe.skipIf(!redisAvailable())("D3", () => {
  test("a record is shown once the replica has it, and not before", async () => {
    await using both = await pair();
    const { port } = both.primary;
    const writer = await (await open(port, D3)).openExecutionWriter();
    const reader = await (await open(port)).openExecutionReader();
    await writer.append(recordOf(writer, 1, 2));
    expect(await lasts(reader, 0)).toEqual([2]);
    expect(writer.durableWith(7)).toBe(2);
    both.replica.pause();
    const appending = writer.append(recordOf(writer, 3, 5));
    const reading = lasts(reader, 2);
    while ((await field(port, "ex_tip")) !== "5") await Bun.sleep(5);
    // It lies there, for longer than a WAIT lasts, and nobody is told.
    await Bun.sleep(1500);
    expect(await Promise.race([reading, appending, settled()])).toBe("settled");
    expect([await field(port, "durable"), await reader.tip()]).toEqual(["2", 2]);
    both.replica.resume();
    await appending;
    expect(await reading).toEqual([5]);
    expect([await field(port, "durable"), await reader.tip()]).toEqual(["5", 5]);
    expect(await ask(both.replica.port, "XLEN", `ex:{${SHARD}}`)).toBe(2);
  });

  test("what was lost of the durable position is said again, at once or later", async () => {
    await using both = await pair();
    const { port } = both.primary;
    const bell = `dur:{${SHARD}}`;
    const log = await open(port, D3);
    const writer = await log.openExecutionWriter();
    await writer.append(recordOf(writer, 1, 2));
    const stop = new AbortController();
    // Nothing comes: it looks at the log once a second.
    const reading = (await log.openInputReader()).read(9, READ_MAX, stop.signal);
    const lose = async (): Promise<void> => {
      await ask(port, "DEL", bell);
      await ask(port, "HSET", `ctl:{${SHARD}}`, "durable", "0");
    };
    await lose();
    await ask(port, "SET", bell, "nobody can append to this");
    while ((await field(port, "durable")) !== "2") await Bun.sleep(10);
    await lose();
    while ((await ask(port, "XLEN", bell)) !== 1) await Bun.sleep(10);
    expect(await field(port, "durable")).toBe("2");
    stop.abort();
    await reading;
  });

  test("a commitment may be signed once the replica knows the word, said again too", async () => {
    await using both = await pair();
    const { port } = both.primary;
    const said = { number: 3, hash: "ab", who: "one" };
    for (const name of ["first try", "the same, over another connection"]) {
      both.replica.pause();
      const saying = (await open(port, D3)).sayCommitment(said);
      while ((await field(port, "said:3")) === "null") await Bun.sleep(5);
      // For longer than a WAIT lasts.
      expect([name, await Promise.race([saying, Bun.sleep(1500)])]).toEqual([name, undefined]);
      both.replica.resume();
      expect(await saying).toBe("first");
      expect(await ask(both.replica.port, "HEXISTS", `ctl:{${SHARD}}`, "said:3")).toBe(1);
    }
  });

  test("the next record says how far the one before was durable", async () => {
    await using both = await pair();
    const { port } = both.primary;
    const writer = await (await open(port, D3)).openExecutionWriter();
    for (const [first, last] of [
      [1, 2],
      [3, 5],
      [6, 6],
    ] as const) {
      await writer.append(recordOf(writer, first, last));
    }
    const late = await (await open(port)).openExecutionReader();
    expect(await lasts(late, 0)).toEqual([2, 5, 6]);
    const entries = (await ask(port, "XRANGE", `ex:{${SHARD}}`, "-", "+")) as [
      Buffer,
      [Buffer, Buffer],
    ][];
    const durables = entries.map(([, [, record]]) => Number(record.readBigUInt64LE(32)));
    expect(durables).toEqual([0, 2, 5]);
  });

  test("what a matcher left undecided the next one makes durable first", async () => {
    await using both = await pair();
    const { port } = both.primary;
    const dead: ShardLog = await open(port, D3);
    const old = await dead.openExecutionWriter();
    both.replica.pause();
    const appending = old.append(recordOf(old, 1, 4)).catch((error: unknown) => error);
    while ((await field(port, "ex_tip")) !== "4") await Bun.sleep(5);
    await dead.close();
    await appending;
    const reading = lasts(await (await open(port)).openExecutionReader(), 0);
    const opening = (await open(port, D3)).openExecutionWriter();
    expect(await Promise.race([reading, opening, settled()])).toBe("settled");
    both.replica.resume();
    expect((await opening).tip()).toBe(4);
    expect(await reading).toEqual([4]);
  });

  test("a lost reply of an append or of a WAIT claims nothing", async () => {
    await using both = await pair();
    const proxy = new TcpProxy(both.primary.port);
    const writer = await (await open(proxy.port, D3)).openExecutionWriter();
    const reader = await (await open(both.primary.port)).openExecutionReader();
    for (const command of ["EVALSHA", "WAIT"]) {
      const first = writer.tip() + 1;
      let cuts = 0;
      const again = Promise.withResolvers<void>();
      both.replica.pause();
      proxy.fate = (request) => {
        if (!request.includes(command)) return "pass";
        if (++cuts === 2) again.resolve();
        return cuts === 1 ? "cut_reply" : "pass";
      };
      const appending = writer.append(recordOf(writer, first, first));
      const reading = lasts(reader, first - 1);
      await again.promise;
      expect(await Promise.race([reading, appending, settled()])).toBe("settled");
      both.replica.resume();
      await appending;
      expect(await reading).toEqual([first]);
    }
    proxy.stop();
  });

  test("a replica that is gone for good ends the matcher after its patience", async () => {
    await using both = await pair();
    const notices: string[] = [];
    const notice = (why: string): void => void notices.push(why);
    const options = { ...D3, unreachableMsMax: 1500, notice };
    const writer = await (await open(both.primary.port, options)).openExecutionWriter();
    await both.replica.kill();
    const refused = writer.append(recordOf(writer, 1, 1));
    await expect(refused).rejects.toThrow("REPLICAS 0 of 1 hold it (for 1500 ms)");
    expect(notices[0]).toContain("REPLICAS 0 of 1");
    expect(await field(both.primary.port, "durable")).toBe("0");
  });
});
