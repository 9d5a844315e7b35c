/**
 * CoreSteady: one `apply` at a time under a steady open load, for a minute.
 *
 * Commands are due at fixed times, each in a frame of its own, and the latency runs from the moment
 * that a command was due, so that a stall counts for all that waited behind it. Beside it the same
 * loop runs with nothing to apply: what it finds is the machine's, which others may share.
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

const SECONDS = { smoke: 0.2, full: 60 };
const PER_SECOND = 100_000;
const STEP_NS = 1e9 / PER_SECOND;
/** Applied before the clock starts, as fast as they come. */
const WARM = { smoke: 2000, full: 400_000 };
const P999_GOAL_US = 20;
const PAUSE_GOAL_MS = 5;

interface Steady {
  /** Microseconds from due to done. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly longest: number;
  /** Commands that were done more than the longest allowed pause after they were due. */
  readonly late: number;
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
  console.log(`${head}: ${words(found)}; ${found.orders} orders rest at the end`);
  console.log(`${head}, nothing to apply: ${words(alone)}`);
  const isQuick = found.p999 < P999_GOAL_US;
  const isSmooth = found.longest < PAUSE_GOAL_MS * 1000;
  console.log(
    `core, one apply: goal p99.9 < ${P999_GOAL_US} us: ${verdictOf(isQuick, size)}; ` +
      `goal no pause above ${PAUSE_GOAL_MS} ms: ${verdictOf(isSmooth, size)}`,
  );
}

function words({ p50, p99, p999, longest, late, switches }: Steady): string {
  return (
    `p50 ${p50.toFixed(2)} us, p99 ${p99.toFixed(2)}, p99.9 ${p999.toFixed(2)}, longest ` +
    `${(longest / 1000).toFixed(2)} ms, ${late} later than ${PAUSE_GOAL_MS} ms, ` +
    `core taken away ${switches} times`
  );
}

/** What `benchSteady` asks of a process of its own: "apply" or "nothing". */
export async function steady(what: string, size: Size): Promise<Steady> {
  const player = await Player.open(size);
  const step = what === "apply" ? () => player.step() : () => {};
  for (let i = 0; i < WARM[size]; i++) step();
  Bun.gc(true);
  const times = new Float64Array(Math.round(SECONDS[size] * PER_SECOND)).fill(1);
  const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
  const start = Bun.nanoseconds() + STEP_NS;
  for (let i = 0; i < times.length; i++) {
    const due = start + i * STEP_NS;
    while (Bun.nanoseconds() < due);
    step();
    times[i] = Bun.nanoseconds() - due;
  }
  const switches = process.resourceUsage().involuntaryContextSwitches - switchesBefore;
  times.sort();
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]! / 1000;
  const firstLate = times.findIndex((ns) => ns > PAUSE_GOAL_MS * 1e6);
  return {
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    longest: at(1),
    late: firstLate === -1 ? 0 : times.length - firstLate,
    switches,
    orders: player.openOrders,
  };
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
