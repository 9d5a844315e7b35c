/**
 * CoreSteady: one `apply` at a time under a steady open load, for a minute.
 *
 * Commands are due at fixed times, each in a frame of its own, and the latency runs from the moment
 * that a command was due, so that a stall counts for all that waited behind it. Beside it the same
 * loop runs with nothing to apply: what it finds is the machine's, which others may share. The time
 * of its own thread leaves out what the machine took away, but not what the collector did there.
 *
 * A flow is played over and over: each pass gives its frames new nonces and its orders new ids, so
 * it is valid every time, and the book fills with what a pass leaves behind.
 */
import { viewOf, writeU64 } from "../src/base/bytes.ts";
import { COMMAND_CLIENT_ID } from "../src/protocol/command-layout.ts";
import { FRAME_HEADER_SIZE, FRAME_NONCE_AT } from "../src/protocol/frame.ts";
import { RECORD_HEADER_SIZE, readRecord, RecordView } from "../src/protocol/record.ts";
import { ReportBatch } from "../src/protocol/report.ts";
import { bestLevels, ONE_ACCOUNT, opened } from "./core-candidates.ts";
import { type Size, verdictOf } from "./core-table.ts";
import { buildFlow } from "./flow.ts";
import { loadScenario } from "./scenarios.ts";
import { openThreadTime } from "./thread-time.ts";

const SECONDS = { smoke: 0.2, full: 60 };
const PER_SECOND = 100_000;
const STEP_NS = 1e9 / PER_SECOND;
/** Applied before the clock starts, as fast as they come. */
const WARM = { smoke: 2000, full: 400_000 };
const P999_GOAL_US = 20;
const PAUSE_GOAL_MS = 5;

/** Microseconds. */
interface Times {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
}

interface Steady {
  /** From due to done. */
  readonly latency: Times;
  /** What the thread itself spent on each; null where there is no clock for it. */
  readonly own: Times | null;
  /** How often the machine took the core away. */
  readonly switches: number;
  readonly orders: number;
}

export async function benchSteady(
  size: Size,
  ask: (size: Size, name: string) => Promise<string>,
): Promise<void> {
  const found: Steady = JSON.parse(await ask(size, "steady apply"));
  const alone: Steady = JSON.parse(await ask(size, "steady nothing"));
  const head = `core, one apply, ${PER_SECOND / 1000} k/s for ${SECONDS[size]} s`;
  const taken = `core taken away ${found.switches} times`;
  console.log(`${head}: ${words(found.latency)}; ${taken}, ${found.orders} orders rest at the end`);
  console.log(`${head}, nothing to apply: ${words(alone.latency)}`);
  console.log(`core, one apply, from due to done: ${verdicts(found.latency, size)}`);
  if (found.own === null) return;
  console.log(`${head}, time of its own thread: ${words(found.own)}`);
  console.log(`core, one apply, its own time: ${verdicts(found.own, size)}`);
}

function words({ p50, p99, p999, longest }: Times): string {
  const us = [p50, p99, p999].map((time) => time.toFixed(2));
  return `p50 ${us[0]} us, p99 ${us[1]}, p99.9 ${us[2]}, longest ${(longest / 1000).toFixed(2)} ms`;
}

function verdicts({ p999, longest }: Times, size: Size): string {
  return (
    `p99.9 < ${P999_GOAL_US} us ${verdictOf(p999 < P999_GOAL_US, size)}, ` +
    `no pause above ${PAUSE_GOAL_MS} ms ${verdictOf(longest < PAUSE_GOAL_MS * 1000, size)}`
  );
}

/** What `benchSteady` asks of a process of its own: "apply" or "nothing". */
export async function steady(what: string, size: Size): Promise<Steady> {
  const player = await Player.open(size);
  const step = what === "apply" ? () => player.step() : () => {};
  for (let i = 0; i < WARM[size]; i++) step();
  Bun.gc(true);
  const threadTime = openThreadTime();
  const now = threadTime ?? (() => 0);
  const count = Math.round(SECONDS[size] * PER_SECOND);
  const latency = new Float64Array(count).fill(1);
  const own = new Float64Array(count).fill(1);
  const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
  const start = Bun.nanoseconds() + STEP_NS;
  for (let i = 0; i < count; i++) {
    const due = start + i * STEP_NS;
    while (Bun.nanoseconds() < due);
    const begin = now();
    step();
    own[i] = now() - begin;
    latency[i] = Bun.nanoseconds() - due;
  }
  const switches = process.resourceUsage().involuntaryContextSwitches - switchesBefore;
  const orders = player.openOrders;
  return {
    latency: timesOf(latency),
    own: threadTime === null ? null : timesOf(own),
    switches,
    orders,
  };
}

function timesOf(ns: Float64Array): Times {
  ns.sort();
  const at = (share: number): number =>
    ns[Math.min(ns.length - 1, Math.floor(ns.length * share))]! / 1000;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), longest: at(1) };
}

class Player {
  private readonly engine: ReturnType<typeof opened>;
  private readonly view: DataView;
  private readonly record = new RecordView();
  private readonly reports = new ReportBatch();
  private at = 0;
  private nonce = 0;
  private pass = 0;

  private constructor(engine: ReturnType<typeof opened>, records: Uint8Array) {
    this.engine = engine;
    this.view = viewOf(records);
  }

  static async open(size: Size): Promise<Player> {
    const flow = buildFlow(await loadScenario("normal", size), { ...ONE_ACCOUNT, batchMax: 1 });
    return new Player(opened(flow, bestLevels, false), flow.records);
  }

  get openOrders(): number {
    return this.engine.state.openOrders;
  }

  step(): void {
    const { view, record, reports, engine } = this;
    if (this.at === view.byteLength) {
      this.at = 0;
      this.pass++;
    }
    const frame = this.at + RECORD_HEADER_SIZE;
    writeU64(view, frame + FRAME_NONCE_AT, ++this.nonce);
    view.setUint32(frame + FRAME_HEADER_SIZE + COMMAND_CLIENT_ID + 4, this.pass, true);
    readRecord(view, this.at, record);
    this.at = record.end;
    reports.clear();
    engine.apply(view, record, reports);
  }
}
