/** The hot loop leaves nothing on the heap, and makes nothing there for a command. */
import { expect, test } from "bun:test";
import { heapStats } from "bun:jsc";
import { applyPack, buildFlow, PLAIN_FLOW } from "../../bench/flow.ts";
import { viewOf, writeU64 } from "../../src/base/bytes.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { type Message, readWorkload, writeWorkload } from "../../src/load/workload.ts";
import { FRAME_NONCE_AT } from "../../src/protocol/frame.ts";
import { readRecord, RECORD_HEADER_SIZE, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { countViews } from "../support/count-views.ts";

const COMMANDS = 1_000_000;
const OBJECTS_MAX = 100;
/** But for frames that are larger than any of these: they are looked at through one of their own. */
const VIEWS_PER_FRAME = 0;

/** 252 messages that leave the book as they found it: rest, trade, modify, cancel, miss. */
function round(): Message[] {
  const plain = { type: 0, side: 0, ioc: false, quantity: 5, price: 100, orderId: 0n };
  return Array.from({ length: 42 }, (_, i): Message[] => {
    const [maker, taker] = [BigInt(2 * i + 1), BigInt(2 * i + 2)];
    return [
      { ...plain, orderId: maker, price: 100 + i },
      { ...plain, orderId: taker, side: 1, quantity: 3, ioc: true },
      { ...plain, orderId: maker, type: 2, price: 90 - i },
      { ...plain, orderId: taker, side: 1, price: 200 },
      { ...plain, orderId: maker, type: 1 },
      { ...plain, orderId: taker, type: 1 },
    ];
  }).flat();
}

/** An engine that plays the round over and over, in frames of so many commands. */
function playing(batchMax: number) {
  const workload = readWorkload(writeWorkload(round()));
  if (typeof workload === "string") throw new Error(workload);
  const flow = buildFlow(workload, { ...PLAIN_FLOW, accounts: 1, batchMax, ordersMax: 1000 });
  const engine = new Engine(flow.genesisFrame, { levels: createLevels, roots: true });
  applyPack(engine, flow.setup, () => {});
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  let nonce = 0;
  const play = (rounds: number): void => {
    for (let done = 0; done < rounds; done++) {
      reports.clear();
      for (let at = 0; at < view.byteLength; at = record.end) {
        writeU64(view, at + RECORD_HEADER_SIZE + FRAME_NONCE_AT, ++nonce);
        readRecord(view, at, record);
        engine.apply(view, record, reports);
      }
    }
  };
  return { engine, play, reports, commands: workload.count, frames: flow.firsts.length };
}

test("heap objects grow by under 100 over 1,000,000 commands", () => {
  const { engine, play, reports, commands } = playing(256);
  const rounds = Math.ceil(COMMANDS / commands);
  play(200); // Compiled by now, and all that grows once has grown.
  engine.roots();
  Bun.gc(true);
  const before = heapStats().objectCount;
  play(rounds);
  engine.roots();
  Bun.gc(true);
  expect(heapStats().objectCount - before).toBeLessThan(OBJECTS_MAX);
  expect(engine.views.counters()).toMatchObject({ open_orders: 0, price_levels: 0 });
  // A trade, a modify and two cancels for each six commands, each with its report or two.
  expect([reports.count, engine.tradeCount]).toEqual([42 * 8, (200 + rounds) * 42]);
});

test.each([1, 16, 256])("no array or view is made for a command, in frames of %d", (batchMax) => {
  const { play, frames } = playing(batchMax);
  play(2);
  const rounds = 10;
  expect(countViews(() => play(rounds)) / rounds).toBeLessThanOrEqual(VIEWS_PER_FRAME * frames);
});

test("the counter counts", () => {
  const bytes = new Uint8Array(8);
  expect(countViews(() => void [bytes.subarray(1), new DataView(bytes.buffer)])).toEqual(2);
  expect(countViews(() => {})).toEqual(0);
});
