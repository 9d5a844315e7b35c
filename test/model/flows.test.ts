/**
 * Flows of the public benchmark's shapes, of any seed: the canonical report stream of both forms of
 * the levels is the naive engine's, and so is the book after each message (best bid, best ask, the
 * lots at the message's price).
 */
import { describe, expect, test } from "bun:test";
import { applyPack, buildFlow, PLAIN_FLOW } from "../../bench/flow.ts";
import { openNativeLevels } from "../../src/edges/native-levels.ts";
import { Engine, type EngineOptions } from "../../src/engine/engine.ts";
import { createLevels, type LevelLimits, type PriceLevels } from "../../src/engine/levels.ts";
import { CanonicalStream } from "../../src/load/canonical.ts";
import { makeFlow, SHAPE_NAMES } from "../../src/load/make-flow.ts";
import { readWorkload, type Workload, writeWorkload } from "../../src/load/workload.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { SIDE_BUY, SIDE_SELL } from "../../src/protocol/codes.ts";

const ORDERS = 400;
const FRESH = crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1;
const hasNative = openNativeLevels({ sideCount: 2, levelCount: 2 }) !== null;

function nativeLevels(limits: LevelLimits): PriceLevels {
  const levels = openNativeLevels(limits);
  if (levels === null) throw new Error("the C levels were here a moment ago");
  return levels;
}

function flowOf(shape: string, seed: number): Workload {
  const messages = makeFlow(shape, seed, ORDERS);
  if (messages === null) throw new Error(`no shape is called ${shape}`);
  const workload = readWorkload(writeWorkload(messages));
  if (typeof workload === "string") throw new Error(workload);
  return workload;
}

/** Best bid, best ask, and what both sides have at a price; 0 for none. */
type Book = (price: number) => readonly number[];

/** The hash of the stream, and a line for the book after each message. */
function judge(workload: Workload, open: (genesis: Uint8Array) => [Applied, Book]) {
  const flow = buildFlow(workload, { ...PLAIN_FLOW, batchMax: 1, ordersMax: 4096 });
  const [engine, book] = open(flow.genesisFrame);
  const stream = new CanonicalStream();
  const books: string[] = [];
  applyPack(engine, flow.setup, () => {});
  applyPack(engine, flow.records, (i, reports) => {
    stream.add(flow.firsts[i]!, reports);
    books.push(book(workload.message(i).price).join(" "));
  });
  return { hash: stream.hash(), books };
}
type Applied = Pick<Engine, "apply">;

function fast(levels: EngineOptions["levels"]) {
  return (genesis: Uint8Array): [Applied, Book] => {
    const engine = new Engine(genesis, { levels, roots: false });
    const { views } = engine;
    const book: Book = (price) => [
      views.best(1, SIDE_BUY),
      views.best(1, SIDE_SELL),
      views.lotsAt(1, SIDE_BUY, price),
      views.lotsAt(1, SIDE_SELL, price),
    ];
    return [engine, book];
  };
}

function naive(genesis: Uint8Array): [Applied, Book] {
  const engine = new NaiveEngine(genesis);
  const lots = (side: number, price: number): number =>
    engine.levels(1, side).find((level) => level.price === price)?.lots ?? 0;
  const book: Book = (price) => [
    engine.levels(1, SIDE_BUY)[0]?.price ?? 0,
    engine.levels(1, SIDE_SELL)[0]?.price ?? 0,
    lots(SIDE_BUY, price),
    lots(SIDE_SELL, price),
  ];
  return [engine, book];
}

describe("all engines say and keep the same", () => {
  for (const shape of SHAPE_NAMES) {
    test.each([1, 2, FRESH])(`${shape}, seed %d`, (seed) => {
      const workload = flowOf(shape, seed);
      const expected = judge(workload, naive);
      expect(expected.books.length).toBeGreaterThan(ORDERS);
      expect(judge(workload, fast(createLevels))).toEqual(expected);
      if (hasNative) expect(judge(workload, fast(nativeLevels))).toEqual(expected);
    });
  }
});
