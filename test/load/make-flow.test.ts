/**
 * Flows of our own: the same bytes for the same seed for ever, of the shape that the public format
 * describes, and the engines agree on them.
 */
import { describe, expect, test } from "bun:test";
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { Engine } from "../../src/engine/engine.ts";
import { exp, exponential, ln, normal } from "../../src/load/exact-math.ts";
import { hashThrough } from "../../src/load/engine-run.ts";
import { makeFlow, SHAPE_NAMES } from "../../src/load/make-flow.ts";
import {
  MESSAGE_CANCEL,
  MESSAGE_MODIFY,
  MESSAGE_NEW,
  type Message,
  readWorkload,
  writeWorkload,
} from "../../src/load/workload.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";

/** SHA-256 of the file with seed 7 and 300 new orders, first 16 digits. */
const GOLDEN: Readonly<Record<string, string>> = {
  static: "06f1358ec878fdd3",
  normal: "f21e112b759d931a",
  "swing-25": "f879643f472aafdc",
  "swing-40": "da07d989e88e5874",
  "flash-crash": "3e7d5d9f6029a54d",
  wide: "f61c0d6ad852d8ec",
  deep: "47ddafecb72a3804",
};

function flow(shape: string, seed: number, count: number): Message[] {
  const messages = makeFlow(shape, seed, count);
  if (messages === null) throw new Error(`there is no shape ${shape}`);
  return messages;
}

describe("makeFlow", () => {
  test("has the shapes of the public benchmark and two harder ones", () => {
    const names = "static normal swing-25 swing-40 flash-crash wide deep";
    expect(SHAPE_NAMES.join(" ")).toEqual(names);
    expect(makeFlow("no-such-shape", 1, 10)).toBeNull();
  });

  test.each(SHAPE_NAMES)("%s gives the same bytes on every machine", (shape) => {
    const bytes = writeWorkload(flow(shape, 7, 300));
    expect(sha256(bytes).toHex().slice(0, 16)).toEqual(GOLDEN[shape]!);
  });

  test.each(SHAPE_NAMES)("%s: the engines agree", (shape) => {
    const workload = readWorkload(writeWorkload(flow(shape, 3, 1500)));
    if (typeof workload === "string") throw new Error(workload);
    const fast = hashThrough(
      workload,
      (frame) => new Engine(frame, { levels: createLevels, roots: false }),
    );
    expect(fast).toEqual(hashThrough(workload, (frame) => new NaiveEngine(frame)));
  });

  test("public shapes have the public proportions", () => {
    const messages = flow("normal", 1, 20_000);
    const percent = (part: number, whole: number): number => Math.round((100 * part) / whole);
    const news = messages.filter(({ type }) => type === MESSAGE_NEW);
    const slow = news.filter(({ ioc }) => !ioc).length;
    const idsOf = (type: number): Set<bigint> =>
      new Set(messages.filter((message) => message.type === type).map(({ orderId }) => orderId));
    const found = {
      messages_per_order: Math.round((messages.length / news.length) * 10) / 10,
      buys: percent(news.filter(({ side }) => side === 0).length, news.length),
      ioc: percent(news.length - slow, news.length),
      cancelled: percent(idsOf(MESSAGE_CANCEL).size, slow),
      modified: percent(idsOf(MESSAGE_MODIFY).size, slow),
    };
    const wanted = { messages_per_order: 2, buys: 50, ioc: 15, cancelled: 95, modified: 20 };
    expect(found).toEqual(wanted);
  });

  test("only orders that rest are modified or cancelled, and only after they came", () => {
    const open = new Set<bigint>();
    for (const message of flow("deep", 2, 2000)) {
      if (message.type !== MESSAGE_NEW) expect(open.has(message.orderId)).toBe(true);
      else if (!message.ioc) open.add(message.orderId);
    }
  });

  test("swings move the price as far as they say", () => {
    const spread = (shape: string): number => {
      const prices = flow(shape, 5, 20_000).filter(({ type }) => type === MESSAGE_NEW);
      const sorted = prices.map(({ price }) => price).sort((a, b) => a - b);
      // Without the tails of the power law.
      return sorted[Math.floor(sorted.length * 0.99)]! / sorted[Math.floor(sorted.length * 0.01)]!;
    };
    expect(spread("static")).toBeLessThan(1.01);
    expect(spread("normal")).toBeWithin(1.01, 1.1);
    expect(spread("flash-crash")).toBeWithin(1.3, 6);
  });
});

describe("exact math", () => {
  test("is near what the library says", () => {
    const random = new Prng(1);
    for (let i = 0; i < 1000; i++) {
      const x = random.unit() * 1000 + 1e-9;
      expect(Math.abs(ln(x) - Math.log(x))).toBeLessThan(1e-13);
      const y = (random.unit() - 0.5) * 60;
      expect(Math.abs(exp(y) / Math.exp(y) - 1)).toBeLessThan(1e-12);
    }
  });

  test("draws have the mean and the spread that they claim", () => {
    const random = new Prng(2);
    const draws = Array.from({ length: 20_000 }, () => normal(random));
    const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / draws.length;
    const lives = Array.from({ length: 20_000 }, () => exponential(random));
    const life = lives.reduce((sum, draw) => sum + draw, 0) / lives.length;
    expect([mean, variance, life].map((value) => Math.round(value * 10) / 10)).toEqual([0, 1, 1]);
  });
});
