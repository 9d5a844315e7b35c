/**
 * What time and trades set off has a bound per record, whatever waits: thousands of expiries, a
 * timer over thousands of orders, a chain of a thousand stops. And none of it stays on the heap.
 */
import { describe, expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import { applyPack } from "../../bench/flow.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import * as codes from "../../src/protocol/codes.ts";
import * as command from "../../src/protocol/commands.ts";
import type { Report } from "../../src/protocol/report.ts";
import { ENGINES } from "../spec/engines.ts";
import { Stage } from "../spec/stage.ts";
import { DueFlow } from "./due-flow.ts";

const REPORTS_MAX = 120;
const HALF = 60;
const COUNT = 1000;
const OBJECTS_MAX = 100;

const PLAIN: command.NewOrder = {
  market: 1,
  clientOrderId: 1n,
  side: codes.SIDE_BUY,
  type: codes.TYPE_LIMIT,
  tif: codes.TIF_GTC,
  price: 50,
  quantity: 1,
  stp: codes.STP_NONE,
  postOnly: codes.POST_ONLY_OFF,
};

function stage(): Stage {
  const limits = { ordersMax: 3 * COUNT, reportsPerRecordMax: REPORTS_MAX };
  const open = ENGINES[0]![1]!;
  return new Stage(open, { limits, funds: 10 ** 9, market: { openOrdersMax: 3 * COUNT } });
}

/** Sends orders of this name, which are all accepted, a hundred in a frame. */
function place(on: Stage, name: string, orders: readonly Partial<command.NewOrder>[]): void {
  for (let i = 0; i < orders.length; i += 100) {
    const frame = orders
      .slice(i, i + 100)
      .map((order, j) =>
        command.encodeNewOrder({ ...PLAIN, clientOrderId: BigInt(i + j + 1), ...order }),
      );
    const said = on.send(name, codes.FRAME_TRADER, frame);
    expect(said.filter(({ kind }) => kind !== codes.REPORT_ACCEPTED)).toEqual([]);
  }
}

/** Ticks until one has nothing to say: how many reports each had, and all of them. */
function settled(on: Stage): { counts: number[]; said: Report[] } {
  const counts: number[] = [];
  const said: Report[] = [];
  for (let reports = on.tick(); reports.length > 0; reports = on.tick()) {
    counts.push(reports.length);
    said.push(...reports);
  }
  return { counts, said };
}

const every = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

describe("what is due has half of a record's reports", () => {
  test("a thousand expiries, the earliest first", () => {
    const on = stage();
    const goodTill = (i: number): number => 2000 + ((i * 7) % 100);
    place(
      on,
      "ana",
      every(COUNT, (i) => ({ tif: codes.TIF_GTD, goodTill: goodTill(i) })),
    );
    on.time = 5000;
    const { counts, said } = settled(on);
    expect(counts).toEqual([...every(16, () => HALF), 40]);
    const times = said.map(({ clientOrderId }) => goodTill(Number(clientOrderId) - 1));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(said.map(({ clientOrderId }) => clientOrderId)).size).toBe(COUNT);
  });

  test("a timer over a thousand orders", () => {
    const on = stage();
    place(
      on,
      "ana",
      every(COUNT, (i) => ({ price: 1 + (i % 70) })),
    );
    on.send("ana", codes.FRAME_TRADER, [command.encodeDeadMan(10)]);
    on.time += 11;
    const { counts, said } = settled(on);
    // 59 cancels and timer_fired each; 1,000 = 16 x 59 + 56.
    expect(counts).toEqual([...every(16, () => HALF), 57]);
    const fired = said.filter(({ kind }) => kind === codes.REPORT_TIMER_FIRED);
    expect(fired.map(({ last, reason }) => [last, reason])).toEqual([
      ...every(16, () => [59, 1]),
      [56, 0],
    ]);
    const ids = said.filter(({ kind }) => kind === codes.REPORT_CANCELED);
    expect(ids.map(({ clientOrderId }) => Number(clientOrderId))).toEqual(
      every(COUNT, (i) => i + 1),
    );
  });

  test("a chain of a thousand stops, each set off by the one before", () => {
    const on = stage();
    const stop = { type: codes.TYPE_STOP };
    place(
      on,
      "bo",
      every(COUNT + 1, (i) => ({ side: codes.SIDE_SELL, price: 101 + i })),
    );
    place(
      on,
      "ana",
      every(COUNT, (i) => ({ ...stop, stopPrice: 101 + i, price: 102 + i })),
    );
    const first = on.send("cy", codes.FRAME_TRADER, [
      command.encodeNewOrder({ ...PLAIN, price: 101 }),
    ]);
    expect(first.length).toBeLessThanOrEqual(REPORTS_MAX);
    const { counts, said } = settled(on);
    // A stop writes three reports and begins with room of four: 19 of them in 60.
    expect(new Set(counts.slice(0, -1))).toEqual(new Set([57]));
    const all = [...first, ...said].filter(({ kind }) => kind === codes.REPORT_TRIGGERED);
    expect(all.map(({ clientOrderId }) => Number(clientOrderId))).toEqual(
      every(COUNT, (i) => i + 1),
    );
    expect(on.engine.depth(1, codes.SIDE_SELL)).toEqual([]);
    place(on, "cy", [{ clientOrderId: 7n }]); // The market takes orders again.
  });
});

test("heap objects grow by under 100 over 5,000 records of stops, timers and expiries", () => {
  const flow = new DueFlow(8, 60);
  const engine = new Engine(flow.genesisFrame, { levels: createLevels, roots: true });
  for (const record of flow.setup) applyPack(engine, record, () => {});
  const [warm, measured] = [packOf(flow), packOf(flow)];
  applyPack(engine, warm, () => {});
  engine.roots();
  Bun.gc(true);
  const before = heapStats().objectCount;
  const arrivals = engine.state.arrivals;
  applyPack(engine, measured, () => {});
  engine.roots();
  Bun.gc(true);
  expect(heapStats().objectCount - before).toBeLessThan(OBJECTS_MAX);
  expect(engine.state.arrivals - arrivals).toBeGreaterThan(2000);
});

/** The next 5,000 records in one piece. */
function packOf(flow: DueFlow): Uint8Array {
  return Buffer.concat(every(5000, () => flow.next()));
}
