/**
 * end-to-end.bench: signed orders through a running venue, from the socket to the last report.
 *
 *   bun bench/end-to-end.bench.ts [smoke|full]
 *
 * A venue on a fresh directory (one process on the embedded log, three on Redis), and this process
 * as load generator on the same machine: all frames signed beforehand, one connection, every report
 * received and the stream's hash compared with that of the engine alone. Singles are two accounts'
 * frames of one order; batches are one account's frames of 64. Excluded: signing, making the flow,
 * hashing the answer; and settlement, which verifies every signature again with libsodium, may end
 * later: a run begins when it has caught up with the one before.
 *
 * The paced lines send at a fixed rate and measure from the moment when an order should have left.
 * Beside them stand what one core verifies and what one sync of this disk takes, for the ratios.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signerFromSeed } from "../src/edges/keys.ts";
import { realDisk } from "../src/edges/segment-disk.ts";
import { openVerifiers } from "../src/edges/verify.ts";
import { hashThrough } from "../src/load/engine-run.ts";
import { makeFlow } from "../src/load/make-flow.ts";
import { percentilesOf } from "../src/load/percentiles.ts";
import { replay, untilSettled } from "../src/load/replay.ts";
import type { LoadedWorkload } from "../src/load/workload-file.ts";
import { readWorkload, writeWorkload } from "../src/load/workload.ts";
import { RedisServer, redisAvailable } from "../test/support/redis-server.ts";
import { VenueProcess } from "../test/support/venue-process.ts";
import { ENGINES } from "./conformance.ts";

interface Plan {
  /** New orders of the flow; messages are twice as many. */
  readonly singles: number;
  readonly batched: number;
  /** Orders per second of the paced lines, and for how long. */
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly syncs: number;
  readonly verifies: number;
}

const PLANS: Readonly<Record<Size, Plan>> = {
  smoke: { singles: 200, batched: 1000, rates: [1000], seconds: 0.2, syncs: 10, verifies: 100 },
  full: {
    singles: 60_000,
    batched: 500_000,
    rates: [2000, 10_000],
    seconds: 5,
    syncs: 500,
    verifies: 40_000,
  },
};
type Size = "smoke" | "full";

const BATCH = 64;
const WINDOW = 2048;
const WINDOW_BATCHED = 16_384;
const RECONNECT_MS = 5000;

interface Flow extends LoadedWorkload {
  readonly hash: string;
}

export async function run(size: Size): Promise<void> {
  const plan = PLANS[size];
  const verified = await verifyRate(plan.verifies);
  print("verify, one core (ingress's verifier)", `${(verified / 1000).toFixed(1)} k/s`);
  print("one fdatasync of 300 B", await syncTime(plan.syncs));
  const flows = {
    singles: flowOf("normal", plan.singles),
    batched: flowOf("normal", plan.batched),
    // A flow has two messages for each new order.
    paced: plan.rates.map((rate) => flowOf("normal", (rate * plan.seconds) / 2)),
  };
  const settings = { "embedded, D2": {}, "embedded, D0": { flags: ["--log-durability", "D0"] } };
  for (const [name, setting] of Object.entries(settings)) {
    await using venue = await VenueProcess.start(setting);
    await measureVenue(venue, { name, plan, flows, verified });
  }
  if (!redisAvailable()) {
    print("redis", "no redis-server here, its lines are left out");
    return;
  }
  for (const sync of ["everysec", "always"]) {
    await using redis = await RedisServer.start({ appendonly: "yes", appendfsync: sync });
    await using venue = await VenueProcess.start({ redis: redis.port, services: "three" });
    await measureVenue(venue, { name: `redis, fsync ${sync}`, plan, flows, verified });
  }
}

interface Measuring {
  readonly name: string;
  readonly plan: Plan;
  readonly flows: {
    readonly singles: Flow;
    readonly batched: Flow;
    /** By rate. */
    readonly paced: readonly Flow[];
  };
  /** Signatures per second of one core. */
  readonly verified: number;
}

async function measureVenue(venue: VenueProcess, measuring: Measuring): Promise<void> {
  const { name, plan, flows, verified } = measuring;
  const common = { venue: venue.address, operator: venue.operator, journalDir: null };
  const closed = { ...common, rate: 0, keepBook: false, reconnectMsMax: RECONNECT_MS };
  const singles = await replay(flows.singles, { ...closed, batch: 1, accounts: 2, window: WINDOW });
  const share = Math.round((100 * singles.messages_per_second) / verified);
  print(`${name}: singles`, `${speed(singles)}, ${share} % of one verifying core`);
  same(flows.singles, singles.report_sha256);
  const from = performance.now();
  await untilSettled(venue.address.settlement);
  const behind = ((performance.now() - from) / 1000).toFixed(1);
  print(`${name}: settlement, singles`, `had caught up ${behind} s after the last report`);

  const batches = { ...closed, batch: BATCH, accounts: 1, window: WINDOW_BATCHED } as const;
  const batched = await replay(flows.batched, batches);
  print(`${name}: batches of ${BATCH}`, speed(batched));
  same(flows.batched, batched.report_sha256);
  await untilSettled(venue.address.settlement);

  for (const [i, rate] of plan.rates.entries()) {
    const flow = flows.paced[i]!;
    const paced = await replay(flow, { ...closed, batch: 1, accounts: 2, window: WINDOW, rate });
    const latency = paced.latency_ms;
    const words = `p50 ${latency?.p50} ms, p99 ${latency?.p99} ms, max ${latency?.max} ms`;
    print(`${name}: order to report at ${rate}/s`, words);
    same(flow, paced.report_sha256);
    await untilSettled(venue.address.settlement);
  }
}

function speed(result: { messages_per_second: number; seconds: number; messages: number }): string {
  const { messages_per_second: rate, seconds, messages } = result;
  return `${(rate / 1000).toFixed(1)} k orders/s (${messages} in ${seconds} s)`;
}

function same(flow: Flow, hash: string): void {
  if (hash !== flow.hash) throw new Error(`the report stream is ${hash}, not ${flow.hash}`);
}

function flowOf(shape: string, orders: number): Flow {
  const messages = makeFlow(shape, 1, orders);
  if (messages === null) throw new Error(`there is no shape ${shape}`);
  const workload = readWorkload(writeWorkload(messages));
  if (typeof workload === "string") throw new Error(workload);
  return { workload, fileHash: "", hash: hashThrough(workload, ENGINES["ts"]!) };
}

async function verifyRate(calls: number): Promise<number> {
  const { fast } = await openVerifiers();
  const signer = signerFromSeed(new Uint8Array(32).fill(1));
  const message = new Uint8Array(104).fill(2);
  const signature = signer.sign(message);
  const from = performance.now();
  for (let i = 0; i < calls; i++) {
    if (!fast.verify(message, signature, signer.publicKey)) throw new Error("a good signature");
  }
  return (calls * 1000) / (performance.now() - from);
}

async function syncTime(calls: number): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "clob-bench-"));
  const file = openSync(join(dir, "sync"), "w");
  const bytes = new Uint8Array(300);
  const times = new Float64Array(calls);
  for (let i = 0; i < calls; i++) {
    const from = performance.now();
    writeSync(file, bytes, 0, bytes.length, i * bytes.length);
    await realDisk.sync(file);
    times[i] = performance.now() - from;
  }
  closeSync(file);
  rmSync(dir, { recursive: true });
  const found = percentilesOf(times);
  return `p50 ${found?.p50} ms, p99 ${found?.p99} ms`;
}

function print(name: string, words: string): void {
  console.log(`${name.padEnd(46)} ${words}`);
}

// So that an end by signal takes the venue along.
for (const signal of ["SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
if (import.meta.main) await run(process.argv[2] === "full" ? "full" : "smoke");
