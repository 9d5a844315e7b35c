/**
 * CoreParts: the figures of the core that are not a race over a scenario: 21,000 markets against
 * one, what empty markets weigh, a snapshot of many orders, and how long one apply takes.
 */
import { viewOf } from "../src/base/bytes.ts";
import { Engine } from "../src/engine/engine.ts";
import { createLevels } from "../src/engine/levels.ts";
import { type Message, readWorkload, type Workload, writeWorkload } from "../src/load/workload.ts";
import { readRecord, RecordView } from "../src/protocol/record.ts";
import { ReportBatch } from "../src/protocol/report.ts";
import { buildFlow, type Flow, type FlowOptions, PLAIN_FLOW, replayPack } from "./flow.ts";
import { loadScenario } from "./scenarios.ts";

type Size = "smoke" | "full";

const MARKETS = 21_000;
const ROUNDS = { smoke: 1, full: 5 };
const SNAPSHOT_ORDERS = { smoke: 20_000, full: 1_000_000 };
const OPTIONS = { levels: createLevels, roots: false };
const MIB = 2 ** 20;

function opened(flow: Flow): Engine {
  const engine = new Engine(flow.genesisFrame, OPTIONS);
  replayPack(engine, flow.setup);
  return engine;
}

/** Milliseconds. */
function timed(body: () => void): number {
  const begin = Bun.nanoseconds();
  body();
  return (Bun.nanoseconds() - begin) / 1e6;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

export async function benchMarkets(size: Size): Promise<void> {
  const workload = await loadScenario("normal", size);
  const options: FlowOptions = { ...PLAIN_FLOW, accounts: 1 };
  const flows = [1, MARKETS].map((markets) => buildFlow(workload, { ...options, markets }));
  const rates: number[][] = [[], []];
  const weights: number[][] = [[], []];
  for (let round = 0; round < ROUNDS[size]; round++) {
    for (const [i, flow] of flows.entries()) {
      Bun.gc(true);
      const before = process.memoryUsage.rss();
      const engine = opened(flow);
      weights[i]!.push((process.memoryUsage.rss() - before) / MIB);
      const ms = timed(() => replayPack(engine, flow.records));
      rates[i]!.push(workload.count / ms / 1000);
    }
  }
  const [one = 0, many = 0] = rates.map(median);
  const share = Math.round((100 * many) / one);
  console.log(
    `core, ${MARKETS} markets at random: ${many.toFixed(2)} M/s, ${share} % of one market's ` +
      `${one.toFixed(2)}; empty they weigh ${median(weights[1]!).toFixed(0)} MiB, ` +
      `one weighs ${median(weights[0]!).toFixed(0)}`,
  );
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
  const engine = opened(flow);
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
  console.log(
    `core, snapshot of ${count} orders: ${(bytes.length / MIB).toFixed(1)} MiB, ` +
      `written in ${median(writes).toFixed(0)} ms, restored in ${median(reads).toFixed(0)} ms`,
  );
}

/** One command per frame: how long each apply takes, from the sorted times. */
export function benchApply(workload: Workload): void {
  const flow = buildFlow(workload, { ...PLAIN_FLOW, batchMax: 1 });
  replayPack(opened(flow), flow.records); // Warm.
  const engine = opened(flow);
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  const times = new Float64Array(flow.firsts.length);
  let index = 0;
  for (let at = 0; at < flow.records.length; at = record.end) {
    readRecord(view, at, record);
    reports.clear();
    const begin = Bun.nanoseconds();
    engine.apply(view, record, reports);
    times[index++] = Bun.nanoseconds() - begin;
  }
  times.sort();
  const at = (share: number): string => {
    const found = times[Math.min(times.length - 1, Math.floor(times.length * share))]!;
    return `${(found / 1000).toFixed(2)} us`;
  };
  console.log(
    `core, one apply of a frame with one command: p50 ${at(0.5)}, p99 ${at(0.99)}, ` +
      `p99.9 ${at(0.999)}, worst ${at(1)}`,
  );
}
