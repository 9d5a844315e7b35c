/**
 * log.bench: what an append costs in both logs, beside one sync of the disk and one plain XADD.
 *
 *   bun bench/log.bench.ts [smoke|full]
 *
 * Frames of 128 bytes. One append is in flight at a time, as in ingress; packs make the throughput.
 * The "way" lines are the log's part of order to report: append to `in`, a reader gets it, append
 * to `ex`, a reader gets that. Latencies are of single calls, in microseconds: median and 99th of
 * 100.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ShardLog } from "../src/edges/log.ts";
import { type RedisAccess, RedisConnection } from "../src/edges/redis-connection.ts";
import { encodeFrames } from "../src/edges/redis-entries.ts";
import { openRedisLog } from "../src/edges/redis-log.ts";
import { realDisk } from "../src/edges/segment-disk.ts";
import { openSegmentLog } from "../src/edges/segment-log.ts";
import { executionOf, frameOf, genesisRecord, SHARD } from "../test/log/records.ts";
import { accessTo } from "../test/log/redis-stand.ts";
import { RedisServer, redisAvailable } from "../test/support/redis-server.ts";

const FRAME_SIZE = 128;
const PACKS = [1, 64, 1024, 6000] as const;
const CALLS = { smoke: 20, full: 2000 };
/** Bytes that a line appends at most. */
const BYTES_MAX = { smoke: 4_000_000, full: 200_000_000 };
const READ_MAX = 1_048_576;
const NEVER = new AbortController().signal;
type Size = keyof typeof CALLS;

export async function run(size: Size): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), "clob-bench-"));
  await measureSync(dir, size);
  const options = { dir, shard: SHARD, segmentBytesMax: 67_108_864, clockDifferenceMsMax: 5000 };
  await measureLog("embedded", openSegmentLog(options), size);
  rmSync(dir, { recursive: true });
  if (!redisAvailable()) {
    console.log("redis: no redis-server here, its lines are left out");
    return;
  }
  for (const sync of ["no", "everysec", "always"]) {
    const aof = sync === "no" ? { appendonly: "no" } : { appendonly: "yes", appendfsync: sync };
    await using server = await RedisServer.start(aof);
    await measureRedis(accessTo(server.port), `redis, fsync ${sync}`, size);
  }
}

/** One sync alone: of a file that grows, and of one that was zeros before. */
async function measureSync(dir: string, size: Size): Promise<void> {
  for (const isGrowing of [true, false]) {
    const fd = openSync(join(dir, "sync"), "w");
    const bytes = frameOf(1, 300);
    const calls = CALLS[size];
    if (!isGrowing) {
      writeSync(fd, new Uint8Array(calls * bytes.length));
      await realDisk.sync(fd);
    }
    const times = await measure(calls, async (i) => {
      writeSync(fd, bytes, 0, bytes.length, i * bytes.length);
      await realDisk.sync(fd);
    });
    closeSync(fd);
    report(`one fdatasync of 300 B, ${isGrowing ? "file grows" : "over zeros"}`, times);
  }
}

async function measureRedis(access: RedisAccess, name: string, size: Size): Promise<void> {
  const connection = await RedisConnection.open(access, access.hosts[0]!, "bench");
  for (const count of PACKS) {
    const pack = encodeFrames(frames(count));
    const calls = callsOf(count, size);
    const times = await measure(calls, (i) =>
      connection.command(["XADD", `plain${count}`, `0-${i + 1}`, "d", pack]),
    );
    report(`${name}: plain XADD of ${count}`, times, count);
    await connection.command(["DEL", `plain${count}`]);
  }
  connection.close();
  const options = { access, shard: SHARD, unreachableMsMax: 5000, clockDifferenceMsMax: 5000 };
  await measureLog(name, await openRedisLog(options), size);
}

async function measureLog(name: string, log: ShardLog, size: Size): Promise<void> {
  await log.create(genesisRecord());
  const writer = await log.openInputWriter();
  for (const count of PACKS) {
    const pack = frames(count);
    const times = await measure(callsOf(count, size), () => writer.append(pack));
    report(`${name}: append of ${count}`, times, count);
  }
  await measureReading(name, log, writer.tip());
  await measureWay(name, log, writer, size);
  await log.close();
}

/** Catching up from the first record. */
async function measureReading(name: string, log: ShardLog, tip: number): Promise<void> {
  const reader = await log.openInputReader();
  const from = performance.now();
  let bytes = 0;
  for (let at = 0; at < tip; ) {
    const batch = await reader.read(at, READ_MAX, NEVER);
    at += batch!.count;
    bytes += batch!.bytes.length;
  }
  const seconds = (performance.now() - from) / 1000;
  const rate = (tip / seconds / 1e6).toFixed(2);
  console.log(`${name}: reading ${rate} M records/s, ${(bytes / seconds / 1e6).toFixed(0)} MB/s`);
}

/** From the append of an order to its report at the reader of `ex`, with no engine between. */
async function measureWay(
  name: string,
  log: ShardLog,
  writer: Awaited<ReturnType<ShardLog["openInputWriter"]>>,
  size: Size,
): Promise<void> {
  const input = await log.openInputReader();
  const output = await log.openExecutionReader();
  const execution = await log.openExecutionWriter();
  await execution.append(executionOf(execution.epoch, 1, writer.tip(), 1));
  const order = frames(1);
  const times = await measure(CALLS[size], async () => {
    const at = writer.tip();
    const reported = output.read(at, READ_MAX, NEVER);
    const matched = input.read(at, READ_MAX, NEVER);
    const appended = writer.append(order);
    await matched;
    await execution.append(executionOf(execution.epoch, at + 1, at + 1));
    await reported;
    await appended;
  });
  report(`${name}: way of one order, readers in this process`, times);
}

function frames(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => frameOf(i + 1, FRAME_SIZE));
}

function callsOf(count: number, size: Size): number {
  return Math.max(5, Math.min(CALLS[size], Math.floor(BYTES_MAX[size] / (count * FRAME_SIZE))));
}

/** Microseconds of each call. */
async function measure(
  calls: number,
  call: (i: number) => Promise<unknown>,
): Promise<Float64Array> {
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const from = performance.now();
    await call(i);
    times[i] = (performance.now() - from) * 1000;
  }
  return times;
}

function report(name: string, times: Float64Array, records = 1): void {
  const total = times.reduce((sum, time) => sum + time, 0);
  const sorted = times.toSorted();
  const at = (part: number): string =>
    sorted[Math.floor((sorted.length - 1) * part)]!.toFixed(0).padStart(6);
  const packs = Math.round((times.length / total) * 1e6);
  const rate = `${packs} packs/s, ${((packs * records) / 1000).toFixed(1)} k records/s`;
  console.log(`${name.padEnd(58)} p50 ${at(0.5)} us  p99 ${at(0.99)} us  ${rate}`);
}

if (import.meta.main) await run(process.argv[2] === "smoke" ? "smoke" : "full");
