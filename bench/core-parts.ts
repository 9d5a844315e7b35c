/**
 * CoreParts: the figures of the core that are not a race over a scenario: 21,000 markets against
 * one, what empty markets weigh, a snapshot of many orders, and recovery from a log.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { viewOf } from "../src/base/bytes.ts";
import { crc32 } from "../src/base/crc32.ts";
import type { ShardLog } from "../src/edges/log.ts";
import { openSegmentLog } from "../src/edges/segment-log.ts";
import { Engine } from "../src/engine/engine.ts";
import { type Message, readWorkload, type Workload, writeWorkload } from "../src/load/workload.ts";
import { replay, startOf } from "../src/market-matcher/recover.ts";
import { encodeExecution, ReportChain } from "../src/protocol/execution.ts";
import { RECORD_HEADER_SIZE, readRecord, RecordView } from "../src/protocol/record.ts";
import { NO_STATES } from "../src/service/kept-states.ts";
import { bestLevels, ONE_ACCOUNT, opened } from "./core-candidates.ts";
import { median, type Size, verdictOf } from "./core-table.ts";
import { applyPack, buildFlow, type Flow, PLAIN_FLOW, replayPack } from "./flow.ts";
import { loadScenario } from "./scenarios.ts";
import { coreTime } from "./thread-time.ts";

const MARKETS = 21_000;
const ROUNDS = { smoke: 1, full: 7 };
const SNAPSHOT_ORDERS = { smoke: 20_000, full: 1_000_000 };
const OPTIONS = { levels: bestLevels, roots: false };
const MIB = 2 ** 20;
const SHARE_GOAL = 60;
const MIB_GOAL = 100;
const SECOND = 1000;
const REPLAY_GOAL = 3;
const FRAMES_PER_PACK = 512;
const READ_BYTES = 1 << 18;
const NEVER = new AbortController().signal;

/** Milliseconds of this thread's own time. */
function timed(body: () => void): number {
  const begin = coreTime();
  body();
  return (coreTime() - begin) / 1e6;
}

export async function benchMarkets(size: Size): Promise<void> {
  const workload = await loadScenario("normal", size);
  const flows = [1, MARKETS].map((markets) => buildFlow(workload, { ...ONE_ACCOUNT, markets }));
  const rates: number[][] = [[], []];
  for (let round = 0; round <= ROUNDS[size]; round++) {
    for (const [i, flow] of flows.entries()) {
      const engine = opened(flow, bestLevels, false);
      const ms = timed(() => replayPack(engine, flow.records));
      if (round > 0) rates[i]!.push(workload.count / ms / 1000);
    }
  }
  const [one = 0, many = 0] = rates.map(median);
  const share = Math.round((100 * many) / one);
  console.log(
    `core, ${MARKETS} markets at random: ${many.toFixed(2)} M/s, ${share} % of one market's ` +
      `${one.toFixed(2)}; goal ${SHARE_GOAL} %: ${verdictOf(share >= SHARE_GOAL, size)}`,
  );
}

/** `ask` starts a process of its own for each figure, which answers with `memoryOf`. */
export async function benchMemory(
  size: Size,
  ask: (size: Size, name: string) => Promise<string>,
): Promise<void> {
  const one: number = JSON.parse(await ask(size, "memory 1"));
  const many: number = JSON.parse(await ask(size, `memory ${MARKETS}`));
  const more = (many - one) / MIB;
  console.log(
    `core, resident with ${MARKETS} empty markets: ${(many / MIB).toFixed(0)} MiB, with one ` +
      `${(one / MIB).toFixed(0)}; ${more.toFixed(1)} more, goal ${MIB_GOAL}: ` +
      verdictOf(more <= MIB_GOAL, size),
  );
}

/** Resident bytes of this process once it holds an engine with so many markets. */
export async function memoryOf(markets: number): Promise<number> {
  const flow = buildFlow(await loadScenario("normal", "smoke"), { ...ONE_ACCOUNT, markets });
  const engine = opened(flow, bestLevels, false);
  Bun.gc(true);
  const { rss } = process.memoryUsage();
  if (engine.position === 0) throw new Error("the engine is held until here");
  return rss;
}

/** Resting orders over 2,000 prices and two accounts. */
function restingOrders(count: number): Workload {
  const messages: Message[] = Array.from({ length: count }, (_, i) => ({
    type: 0,
    side: i & 1,
    ioc: false,
    quantity: 1 + (i % 100),
    orderId: BigInt(i + 1),
    price: (i & 1) === 0 ? 1 + (i % 1000) : 2000 + (i % 1000),
  }));
  const workload = readWorkload(writeWorkload(messages));
  if (typeof workload === "string") throw new Error(workload);
  return workload;
}

export function benchSnapshot(size: Size): void {
  const count = SNAPSHOT_ORDERS[size];
  const flow = buildFlow(restingOrders(count), { ...PLAIN_FLOW, ordersMax: count });
  const engine = opened(flow, bestLevels, false);
  replayPack(engine, flow.records);
  const chain = new Uint8Array(32);
  const writes: number[] = [];
  const reads: number[] = [];
  let bytes = new Uint8Array(0);
  for (let round = 0; round < ROUNDS[size]; round++) {
    writes.push(timed(() => (bytes = engine.snapshot(chain))));
    reads.push(
      timed(() => {
        const found = Engine.restore(flow.genesisFrame, bytes, OPTIONS);
        if (typeof found === "string") throw new Error(found);
      }),
    );
  }
  const [write, read] = [median(writes), median(reads)];
  console.log(
    `core, snapshot of ${count} orders: ${(bytes.length / MIB).toFixed(1)} MiB, written in ` +
      `${write.toFixed(0)} ms, restored in ${read.toFixed(0)} ms, goal ${SECOND} each: ` +
      verdictOf(write < SECOND && read < SECOND, size),
  );
}

/** What a restart does without a snapshot: reads the log, applies it, steps and compares chains. */
export async function benchReplay(size: Size): Promise<void> {
  const workload = await loadScenario("normal", size);
  const flow = buildFlow(workload, ONE_ACCOUNT);
  const dir = mkdtempSync(join(tmpdir(), "clob-bench-"));
  const log = openSegmentLog({
    dir: join(dir, "log"),
    shard: 1,
    segmentBytesMax: 67_108_864,
    clockDifferenceMsMax: 5000,
  });
  const tip = await fillLog(log, flow);
  const applied: number[] = [];
  const recovered: number[] = [];
  for (let round = 0; round <= ROUNDS[size]; round++) {
    const engine = opened(flow, bestLevels, false);
    const ms = timed(() => replayPack(engine, flow.records));
    const begin = Bun.nanoseconds();
    const from = {
      refuseMixedLog: () => Promise.resolve(),
      onHalt: async (_engine: unknown, fault: unknown) => {
        throw fault;
      },
      genesisFrame: flow.genesisFrame,
      options: OPTIONS,
      states: NO_STATES,
      input: await log.openInputReader(),
      executions: await log.openExecutionReader(),
      onSkippedSnapshot: () => {},
    };
    const found = await startOf(from, tip);
    await replay(from, found, { tip, stop: NEVER });
    const all = (Bun.nanoseconds() - begin) / 1e6;
    if (found.engine.position !== tip) throw new Error("recovery ended before the tip");
    if (round === 0) continue;
    applied.push(workload.count / ms / 1000);
    recovered.push(workload.count / all / 1000);
  }
  await log.close();
  rmSync(dir, { recursive: true });
  const [rate, whole] = [median(applied), median(recovered)];
  console.log(
    `core, replay: ${rate.toFixed(2)} M commands/s, goal ${REPLAY_GOAL}: ` +
      `${verdictOf(rate >= REPLAY_GOAL, size)}; recovery from the embedded log, with reading it, ` +
      `the report chain and its comparison with ex: ${whole.toFixed(2)}`,
  );
}

/** The flow's records in `in`, and in `ex` what a matcher would have published of them. */
async function fillLog(log: ShardLog, flow: Flow): Promise<number> {
  await log.create(flow.setup.slice(0, firstEnd(flow.setup)));
  const frames = [...framesOf(flow.setup).slice(1), ...framesOf(flow.records)];
  const writer = await log.openInputWriter();
  for (let at = 0; at < frames.length; at += FRAMES_PER_PACK) {
    await writer.append(frames.slice(at, at + FRAMES_PER_PACK));
  }
  const output = await log.openExecutionWriter();
  const input = await log.openInputReader();
  const engine = new Engine(flow.genesisFrame, OPTIONS);
  const chain = new ReportChain();
  const header = { shard: 1, rulesVersion: 1, directoryOrigin: 1, epoch: output.epoch };
  while (engine.position < writer.tip()) {
    const first = engine.position + 1;
    const batch = await input.read(engine.position, READ_BYTES, NEVER);
    const chainBefore = chain.value.slice();
    const reports: Uint8Array[] = [];
    applyPack(engine, batch!.bytes, (_index, written) => {
      chain.step(written);
      reports.push(written.slice());
    });
    const last = engine.position;
    const numbers = {
      ...header,
      first,
      last,
      durable: last,
      lastCrc: crc32(lastRecord(batch!.bytes)),
      chainBefore,
      chain: chain.value,
    };
    await output.append(encodeExecution(numbers, Buffer.concat(reports)));
  }
  return engine.position;
}

function lastRecord(pack: Uint8Array): Uint8Array {
  const size = RECORD_HEADER_SIZE + framesOf(pack).at(-1)!.length;
  return pack.subarray(pack.length - size);
}

/** Where the first record of a pack ends. */
function firstEnd(pack: Uint8Array): number {
  const record = new RecordView();
  readRecord(viewOf(pack), 0, record);
  return record.end;
}

function framesOf(pack: Uint8Array): Uint8Array[] {
  const view = viewOf(pack);
  const record = new RecordView();
  const frames: Uint8Array[] = [];
  for (let at = 0; at < pack.length; at = record.end) {
    readRecord(view, at, record);
    frames.push(pack.subarray(at + RECORD_HEADER_SIZE, record.end));
  }
  return frames;
}
