/**
 * What a command costs, counted in words that it touches: no more in a book eight times as deep,
 * with thousands of levels, or after a long history. Time is not looked at.
 */
import { beforeAll, describe, expect, test } from "bun:test";
import { buildFlow, type Flow, PLAIN_FLOW, replayPack } from "../../bench/flow.ts";
import { viewOf } from "../../src/base/bytes.ts";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { type Message, readWorkload, writeWorkload } from "../../src/load/workload.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { WordCounter } from "../support/counting-arrays.ts";

interface Venue {
  readonly orders: number;
  readonly levels: number;
  /** Orders that came and went before. */
  readonly history: number;
  /** Just above `orders`: the tables of both sizes are as full as they may become. */
  readonly ordersMax: number;
  readonly markets: number;
}

const SMALL: Venue = { orders: 7250, levels: 20, history: 0, ordersMax: 8190, markets: 1 };
const GREAT: Venue = { ...SMALL, orders: 58_000, ordersMax: 65_520 };
const VENUES: Readonly<Record<string, Venue>> = {
  small: SMALL,
  deep: GREAT,
  wide: { ...GREAT, levels: 50_000 },
  old: { ...SMALL, history: 100_000 },
  broad: { ...GREAT, levels: 50_000, markets: 2000 },
};
/** What the probe does, over and over; "sweep" meets two or three makers. */
const KINDS = ["rest", "trade", "replace", "cancel", "cancel of none", "sweep"] as const;
const ROUNDS = 200;

/**
 * Of the small venue's mean. Where ids fall in the table and how high the trie is makes a third at
 * most; a cost that grew with orders or levels would be eight times and more.
 */
const GROWTH_MAX = 1.5;
/** No single command of the probe touches more, in any venue; most touch 50 to 200. */
const WORDS_MAX = 5000;

const MID = 1 << 20;
const PLAIN = { type: 0, side: 0, ioc: false, quantity: 50, price: 0, orderId: 0n };

/** The i-th price of a side: `levels` of them, four ticks apart, in no order. */
function priceOf({ levels }: Venue, side: number, i: number): number {
  const away = 4 * ((Math.imul(i, 7919) >>> 0) % levels);
  return side === 0 ? MID - 1 - away : MID + 1 + away;
}

function before(venue: Venue): Message[] {
  const standing = Array.from({ length: venue.orders }, (_, i) => {
    const side = i & 1;
    return { ...PLAIN, side, price: priceOf(venue, side, i >> 1), orderId: BigInt(i + 1) };
  });
  const passing = Array.from({ length: venue.history }, (_, i) => {
    const orderId = BigInt(venue.orders + 1 + i);
    return [
      { ...PLAIN, price: priceOf(venue, 0, i), orderId },
      { ...PLAIN, type: 1, orderId },
    ];
  });
  return [...standing, ...passing.flat()];
}

/** In the order of KINDS, the same number of rounds in each venue. */
function probe(venue: Venue): Message[] {
  return Array.from({ length: ROUNDS }, (_, i): Message[] => {
    const orderId = BigInt(10_000_000 + 7919 * i);
    const taker = { ...PLAIN, price: 1, side: 1, ioc: true };
    return [
      { ...PLAIN, price: priceOf(venue, 0, 31 * i) - 2, orderId },
      { ...taker, quantity: 1, orderId: orderId + 1n },
      { ...PLAIN, type: 2, price: priceOf(venue, 0, 37 * i) - 1, orderId },
      { ...PLAIN, type: 1, orderId },
      { ...PLAIN, type: 1, orderId: orderId + 2n },
      { ...taker, quantity: 100, orderId: orderId + 3n },
    ];
  }).flat();
}

function flowOf(venue: Venue, messages: readonly Message[]): Flow {
  const workload = readWorkload(writeWorkload(messages));
  if (typeof workload === "string") throw new Error(workload);
  const { ordersMax, markets } = venue;
  return buildFlow(workload, { ...PLAIN_FLOW, accounts: 1, batchMax: 1, ordersMax, markets });
}

/** By kind: the words that each command of the probe touched. */
function count(venue: Venue): number[][] {
  const past = before(venue);
  const flow = flowOf(venue, [...past, ...probe(venue)]);
  const engine = new Engine(flow.genesisFrame, { levels: createLevels, roots: false });
  replayPack(engine, flow.setup);
  const view = viewOf(flow.records);
  const record = new RecordView();
  const reports = new ReportBatch();
  const counter = new WordCounter();
  const found: number[][] = KINDS.map(() => []);
  let index = 0;
  for (let at = 0; at < flow.records.length; at = record.end, index++) {
    readRecord(view, at, record);
    reports.clear();
    if (index === past.length) counter.watch(engine);
    const words = counter.during(() => engine.apply(view, record, reports));
    if (index >= past.length) found[(index - past.length) % KINDS.length]!.push(words);
  }
  return found;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

const words = new Map<string, number[][]>();
beforeAll(() => {
  for (const [name, venue] of Object.entries(VENUES)) words.set(name, count(venue));
}, 60_000);

test("the counter sees the books: a command touches tens of words, not none", () => {
  for (const numbers of words.get("small")!) expect(mean(numbers)).toBeWithin(20, 2000);
});

describe.each(Object.keys(VENUES))("in the %s venue", (name) => {
  test.each(KINDS.map((kind, i) => [kind, i] as const))("%s costs what it always does", (_, i) => {
    const [small, here] = [words.get("small")![i]!, words.get(name)![i]!];
    expect(here.length).toEqual(ROUNDS);
    expect(mean(here) / mean(small)).toBeLessThan(GROWTH_MAX);
    expect(Math.max(...here)).toBeLessThan(WORDS_MAX);
  });
});
