/**
 * hops.bench: what each hop of an order costs, how large packs get by load, bytes through Redis.
 *
 *   bun bench/hops.bench.ts [smoke|full]
 *
 * Hops over a real Redis (bench/hops-log.ts), `apply` (here, of the thread's own time), the way of
 * one order cut into its hops (bench/hops-way.ts), loads on a venue of three processes
 * (bench/hops-load.ts). Medians of the rounds' medians, with the lowest and highest of them.
 */
import { loadavg } from "node:os";
import { redisAvailable } from "../test/support/redis-server.ts";
import { replayPack } from "./flow.ts";
import { bestLevels, opened } from "./core-candidates.ts";
import { buildFlow, PLAIN_FLOW } from "./flow.ts";
import { benchLoads, type LoadPlan } from "./hops-load.ts";
import { benchLogHops, type HopRounds } from "./hops-log.ts";
import { median } from "./hops-print.ts";
import { benchWay } from "./hops-way.ts";
import { loadScenario } from "./scenarios.ts";
import { coreTime } from "./thread-time.ts";

type Size = "smoke" | "full";

const ROUNDS: Readonly<Record<Size, HopRounds>> = {
  smoke: { rounds: 2, calls: 5 },
  full: { rounds: 7, calls: 500 },
};
const LOADS: Readonly<Record<Size, LoadPlan>> = {
  smoke: { seconds: 0.2, loads: [{ batch: 64, rate: 1000 }] },
  full: {
    seconds: 5,
    loads: [
      { batch: 1, rate: 1000 },
      { batch: 1, rate: 10_000 },
      { batch: 1, rate: 0, orders: 60_000 },
      { batch: 64, rate: 1000 },
      { batch: 64, rate: 10_000 },
      { batch: 64, rate: 50_000 },
      { batch: 64, rate: 0, orders: 600_000 },
    ],
  },
};
const APPLY_ROUNDS = { smoke: 1, full: 7 };

export async function run(size: Size): Promise<void> {
  sayLoad();
  await benchApply(size);
  if (!redisAvailable()) {
    console.log("redis: no redis-server here, its lines are left out");
    return;
  }
  await benchLogHops(ROUNDS[size]);
  sayLoad();
  await benchWay(ROUNDS[size]);
  sayLoad();
  await benchLoads(LOADS[size]);
  sayLoad();
}

/** One core's own time for an order, in frames of one and of 64; ledger and reports included. */
async function benchApply(size: Size): Promise<void> {
  const workload = await loadScenario("normal", size);
  for (const batchMax of [1, 64]) {
    const flow = buildFlow(workload, { ...PLAIN_FLOW, accounts: 1, batchMax });
    const times: number[] = [];
    for (let round = 0; round < APPLY_ROUNDS[size]; round++) {
      const engine = opened(flow, bestLevels, false);
      const from = coreTime();
      replayPack(engine, flow.records);
      times.push((coreTime() - from) / flow.messageCount / 1000);
    }
    const name = `apply, frames of ${batchMax}, own time of the thread`;
    console.log(`${name.padEnd(74)} ${median(times).toFixed(2)} us an order`);
  }
}

function sayLoad(): void {
  console.log(
    `load average ${loadavg()
      .map((one) => one.toFixed(1))
      .join(", ")}`,
  );
}

if (import.meta.main) {
  await run(process.argv[2] === "smoke" ? "smoke" : "full");
  process.exit(0);
}
