/**
 * Snapshots of a state in which all is on: stops that wait, good till, timers, and markets whose
 * stops were cut off. Who is restored in the midst of it goes on byte for byte like the other.
 */
import { describe, expect, test } from "bun:test";
import { viewOf } from "../../src/base/bytes.ts";
import { sha256 } from "../../src/base/hash.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { DueFlow } from "./due-flow.ts";

const OPTIONS: EngineOptions = { levels: createLevels, roots: true };
const CHAIN = new Uint8Array(32).fill(7);
const RECORDS = 1500;
const REPORTS_MAX = 20;
const HEADER = 184;
const MARKET_AT = HEADER + 2 * 64;
const ACCOUNTS_AT = MARKET_AT + 2 * 112;

class Player {
  engine: Engine;
  private readonly record = new RecordView();
  private readonly reports = new ReportBatch();

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** The reports of one record. */
  play(bytes: Uint8Array): Uint8Array {
    const view = viewOf(bytes);
    expect(readRecord(view, 0, this.record)).toBe("");
    this.reports.clear();
    this.engine.apply(view, this.record, this.reports);
    expect(this.reports.count).toBeLessThanOrEqual(REPORTS_MAX);
    return this.reports.slice(0).slice();
  }
}

function opened(flow: DueFlow): Player {
  const player = new Player(new Engine(flow.genesisFrame, OPTIONS));
  for (const record of flow.setup) player.play(record);
  return player;
}

function restored(flow: DueFlow, bytes: Uint8Array): Engine {
  const found = Engine.restore(flow.genesisFrame, bytes, OPTIONS);
  if (typeof found === "string") throw new Error(found);
  return found.engine;
}

/** How many of each kind of unfinished things there are. */
function unfinished({ state, views }: Engine): { waiting: number; timers: number; open: number } {
  const orders = [1, 2, 3, 4].flatMap((account) => views.ordersOf(account));
  return {
    waiting: orders.filter(({ waits }) => waits).length,
    timers: [1, 2, 3, 4].filter((account) => views.timer(account) !== 0).length,
    open: state.windows.count + (state.isLate ? 1 : 0),
  };
}

/** A snapshot in which all is unfinished. */
function snapshotOf(flow: DueFlow): Uint8Array {
  const player = opened(flow);
  const { engine } = player;
  for (let i = 0; i < RECORDS; i++) {
    player.play(flow.next());
    const { waiting, timers } = unfinished(engine);
    if (waiting > 5 && timers > 0 && engine.state.windows.count > 0) return engine.snapshot(CHAIN);
  }
  throw new Error("in this flow not all is ever unfinished at once");
}

describe("snapshot in the midst of stops, timers and expiries", () => {
  test.each([1, 2, 3])("the restored engine goes on the same, seed %d", (seed) => {
    const flow = new DueFlow(seed, REPORTS_MAX);
    const player = opened(flow);
    const copy = new Player(player.engine);
    const most = { waiting: 0, timers: 0, open: 0 };
    copy.engine = restored(flow, player.engine.snapshot(CHAIN));
    for (let i = 0; i < RECORDS; i++) {
      const record = flow.next();
      expect([seed, i, copy.play(record)]).toEqual([seed, i, player.play(record)]);
      const now = unfinished(player.engine);
      most.waiting = Math.max(most.waiting, now.waiting);
      most.timers = Math.max(most.timers, now.timers);
      if (now.open === 0 && i % 100 !== 0) continue;
      // Each time that something is left over, and now and then, the copy begins anew.
      most.open++;
      const bytes = player.engine.snapshot(CHAIN);
      copy.engine = restored(flow, bytes);
      expect(copy.engine.snapshot(CHAIN)).toEqual(bytes);
      expect(copy.engine.roots()).toEqual(player.engine.roots());
      expect(openOrders(copy.engine)).toEqual(openOrders(player.engine));
    }
    expect(most.waiting).toBeGreaterThan(10);
    expect(most.timers).toBeGreaterThan(1);
    expect(most.open).toBeGreaterThan(20);
  });
});

function openOrders(engine: Engine): unknown {
  return [1, 2, 3, 4].map((account) => engine.views.ordersOf(account));
}

describe("what cannot be is named", () => {
  const flow = new DueFlow(4, REPORTS_MAX);
  const bytes = snapshotOf(flow);
  const firstOrder = bytes.length - 32 - 72 * viewOf(bytes).getUint32(140, true);
  const orders = Array.from({ length: viewOf(bytes).getUint32(140, true) }, (_, i) => ({
    at: firstOrder + 72 * i,
    type: bytes[firstOrder + 72 * i + 15]!,
  }));
  const stopAt = orders.find(({ type }) => type !== codes.TYPE_LIMIT)!.at;
  const limitAt = orders.find(({ type }) => type === codes.TYPE_LIMIT)!.at;

  /** What a restore says of the bytes with one change and a hash that fits. */
  function changed(change: (view: DataView) => void): unknown {
    const copy = bytes.slice();
    change(viewOf(copy));
    copy.set(sha256(copy.subarray(0, copy.length - 32)), copy.length - 32);
    const found = Engine.restore(flow.genesisFrame, copy, OPTIONS);
    return typeof found === "string" ? found : "restored";
  }

  test("unchanged it is a snapshot", () => {
    expect(changed(() => {})).toBe("restored");
  });

  test("of markets: the last price and the window", () => {
    const more = MARKET_AT + 88;
    const has = viewOf(bytes).getUint32(more + 12, true) !== 0 ? more : more + 112;
    const name = has === more ? "market 1" : "market 2";
    expect([
      changed((view) => view.setUint32(has + 8, 0, true)),
      changed((view) => view.setFloat64(has, 0, true)),
      changed((view) => view.setUint32(has + 12, 0, true)),
      changed((view) => view.setUint32(has + 16, 0, true)),
      changed((view) => view.setUint32(has + 12, 0xffff_ffff, true)),
      changed((view) => view.setUint32(has + 20, 1, true)),
    ]).toEqual([
      `${name} has a last price without trades, or none`,
      `${name} has a last price without trades, or none`,
      `${name} has a window that no trades open`,
      `${name} has a window that no trades open`,
      `${name} has a window that no trades open`,
      `${name} is not one`,
    ]);
  });

  test("of accounts: the operators have no timer, and it is a time", () => {
    const operators = ACCOUNTS_AT;
    const trader = operators + 32 + 208;
    expect(viewOf(bytes).getUint32(trader, true)).toBe(1);
    expect([
      changed((view) => view.setUint32(operators + 16, 5, true)),
      changed((view) => view.setUint32(trader + 20, 0xffff_ffff, true)),
    ]).toEqual(["account 0 of the snapshot is not one", "account 1 of the snapshot is not one"]);
  });

  test("of orders: type, stop price, mode and good till go together", () => {
    const refused = expect.stringMatching(/^order \d+ of the snapshot is not one$/);
    expect([
      changed((view) => view.setUint8(stopAt + 15, codes.TYPE_LIMIT)),
      changed((view) => view.setUint8(stopAt + 15, codes.TYPE_MARKET)),
      changed((view) => view.setUint8(stopAt + 15, 5)),
      changed((view) => view.setUint32(stopAt + 64, 0, true)),
      changed((view) => view.setUint8(stopAt + 14, codes.POST_ONLY_REJECT)),
      changed((view) => view.setUint32(stopAt + 60, 0xffff_ffff, true)),
      changed((view) => view.setUint32(stopAt + 68, 1, true)),
      changed((view) => view.setUint8(limitAt + 15, codes.TYPE_STOP)),
      changed((view) => view.setUint32(limitAt + 64, 1000, true)),
      changed((view) => view.setUint8(limitAt + 13, codes.STP_DECREMENT + 1)),
      changed((view) => view.setUint8(limitAt + 14, codes.POST_ONLY_SLIDE + 1)),
    ]).toEqual(Array.from({ length: 11 }, () => refused));
  });
});
