/**
 * HopsLog: what each hop through Redis costs, one call in flight, on a primary with one replica.
 *
 *   ping, plain XADD           for comparison
 *   append by script           to `in`: checks, log time, XADD, control hash
 *   wake-up                    from that append until a reader that blocks has the records
 *   compare-and-append         to `ex`, of the reports of so many orders
 *   the same with WAIT         and until the durable position is published, at D3
 *   bell                       from there until a reader that holds back has the reports
 *
 * Beside the time of a call stands the server's own, from INFO commandstats: that is not disturbed
 * by whoever else has the cores.
 */
import type { ExecutionWriter, ShardLog } from "../src/edges/log.ts";
import { RedisConnection } from "../src/edges/redis-connection.ts";
import { encodeFrames } from "../src/edges/redis-entries.ts";
import { openRedisLog } from "../src/edges/redis-log.ts";
import { NEW_ORDER_SIZE } from "../src/protocol/command-layout.ts";
import { FRAME_HEADER_SIZE, SIGNATURE_SIZE } from "../src/protocol/frame.ts";
import { frameOf, genesisRecord, recordOf, SHARD } from "../test/log/records.ts";
import { accessTo, flush, replicaOf } from "../test/log/redis-stand.ts";
import { RedisServer } from "../test/support/redis-server.ts";
import { printHop, timesOf } from "./hops-print.ts";

const sizeOf = (orders: number): number =>
  FRAME_HEADER_SIZE + orders * NEW_ORDER_SIZE + SIGNATURE_SIZE;
/** A signed frame of one order, and of 64. */
const FRAMES = [1, 64].map((orders) => ({ orders, size: sizeOf(orders) }));
/** An order that rests has one report; of those that trade both sides have one. */
const REPORTS_PER_ORDER = 1.5;
const READ_MAX = 1 << 20;
const NEVER = new AbortController().signal;

export interface HopRounds {
  readonly rounds: number;
  readonly calls: number;
}

export async function benchLogHops(plan: HopRounds): Promise<void> {
  await using primary = await RedisServer.start({ appendonly: "yes", appendfsync: "everysec" });
  await using _ = await replicaOf(primary, { appendonly: "yes", appendfsync: "everysec" });
  const access = accessTo(primary.port);
  const connection = await RedisConnection.open(access, access.hosts[0]!, "bench");
  const server = new ServerTime(connection);
  const ping = await rounds(plan, () => timesOf(plan.calls, () => connection.command(["PING"])));
  printHop("redis: ping", ping);
  for (const { orders, size } of FRAMES) {
    await flush(primary.port);
    const pack = encodeFrames([frameOf(1, size)]);
    let id = 0;
    await server.reset();
    const plain = await rounds(plan, () =>
      timesOf(plan.calls, () => connection.command(["XADD", "plain", `0-${++id}`, "d", pack])),
    );
    printHop(`redis: plain XADD, frame of ${orders}`, plain, await server.perCall("xadd"));
    const shared = { access, shard: SHARD, unreachableMsMax: 5000, clockDifferenceMsMax: 5000 };
    for (const replicas of [0, 1]) {
      const log = await openRedisLog({ ...shared, replicas, matcherLeaseMs: 0, slotLeaseMs: 0 });
      if (replicas === 0) await log.create(genesisRecord());
      await benchShard(log, { plan, server, orders, size, replicas });
      await log.close();
    }
  }
  connection.close();
}

interface Setting {
  readonly plan: HopRounds;
  readonly server: ServerTime;
  readonly orders: number;
  readonly size: number;
  readonly replicas: number;
}

async function benchShard(log: ShardLog, setting: Setting): Promise<void> {
  const { plan, server, orders, size, replicas } = setting;
  const writer = await log.openInputWriter();
  const input = await log.openInputReader();
  const frame = frameOf(1, size);
  if (replicas === 0) {
    await server.reset();
    const append = await rounds(plan, () => timesOf(plan.calls, () => writer.append([frame])));
    const own = await server.perCall("evalsha");
    printHop(`redis: append by script, frame of ${orders}`, append, own);
    const wake = await rounds(plan, () =>
      timesOf(plan.calls, async () => {
        const read = input.read(writer.tip(), READ_MAX, NEVER);
        const appended = writer.append([frame]);
        await read;
        return appended;
      }),
    );
    printHop(`redis: append until a blocked reader has it, frame of ${orders}`, wake);
  }
  const execution = await log.openExecutionWriter();
  const behind = writer.tip() - execution.tip();
  if (behind > 0) await execution.append(recordOf(execution, execution.tip() + 1, writer.tip(), 1));
  await benchExecutions(log, execution, { ...setting, append: () => writer.append([frame]) });
  await writer.close();
  await execution.close();
}

/** Each append to `ex` needs a record of `in` that it covers; that one is made outside the clock. */
async function benchExecutions(
  log: ShardLog,
  execution: ExecutionWriter,
  setting: Setting & { readonly append: () => Promise<{ readonly last: number }> },
): Promise<void> {
  const { plan, server, orders, replicas, append } = setting;
  const reports = Math.ceil(orders * REPORTS_PER_ORDER);
  const how = replicas === 0 ? "" : ", WAIT for one replica, published";
  const compared: Float64Array[] = [];
  await server.reset();
  for (let round = 0; round < plan.rounds; round++) {
    const times = new Float64Array(plan.calls);
    for (let i = 0; i < plan.calls; i++) {
      const { last } = await append();
      const record = recordOf(execution, last, last, reports);
      const from = performance.now();
      await execution.append(record);
      times[i] = (performance.now() - from) * 1000;
    }
    compared.push(times);
  }
  printHop(`redis: compare-and-append of ${reports} reports${how}`, compared);
  const output = await log.openExecutionReader();
  const seen: Float64Array[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    const times = new Float64Array(plan.calls);
    for (let i = 0; i < plan.calls; i++) {
      const { last } = await append();
      const record = recordOf(execution, last, last, reports);
      const read = output.read(last - 1, READ_MAX, NEVER);
      const from = performance.now();
      const appended = execution.append(record);
      await read;
      times[i] = (performance.now() - from) * 1000;
      await appended;
    }
    seen.push(times);
  }
  const what = replicas === 0 ? "a blocked reader has it" : "a reader that holds back has it";
  printHop(`redis: the same until ${what}, ${reports} reports`, seen);
  await output.close();
}

async function rounds(plan: HopRounds, run: () => Promise<Float64Array>): Promise<Float64Array[]> {
  const all: Float64Array[] = [];
  for (let round = 0; round < plan.rounds; round++) all.push(await run());
  return all;
}

/** Microseconds that the server itself spends on a call of a command. */
class ServerTime {
  private readonly connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.connection = connection;
  }

  async reset(): Promise<void> {
    await this.connection.command(["CONFIG", "RESETSTAT"]);
  }

  async perCall(command: string): Promise<number> {
    const text = String(await this.connection.command(["INFO", "commandstats"]));
    const found = new RegExp(`cmdstat_${command}:.*usec_per_call=([0-9.]+)`).exec(text);
    return Number(found?.[1]);
  }
}
