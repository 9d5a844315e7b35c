/**
 * The fast engine against the naive one: every report to the byte, every root, on random shards.
 *
 * A failure prints its seed and the fewest records that show it. The same harness is first shown
 * some lies, so that its yes means something. Longer runs: engines.long.test.ts and
 * `bun bench/differential.ts`.
 */
import { describe, expect, test } from "bun:test";
import { Prng } from "../../src/base/prng.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import type { NaiveRootSet } from "../../src/naive/naive-roots.ts";
import * as codes from "../../src/protocol/codes.ts";
import type { ReportChain } from "../../src/protocol/execution.ts";
import { readRecord, RecordView } from "../../src/protocol/record.ts";
import type { ReportBatch } from "../../src/protocol/report.ts";
import { REPORT_LEAVES_AT, REPORT_SIZE } from "../../src/protocol/report.ts";
import { CommandGrammar } from "../support/command-grammar.ts";
import { Comparison, type Judged, type Maker, rowOf } from "../support/comparison.ts";
import { runSeed } from "../support/differential.ts";
import { nativeEngine, plainEngine } from "../support/fast-engine.ts";
import { genesisOf, profileOf } from "../support/grammar-profiles.ts";
import { ENGINE_REJECTS, KINDS, REASONS, Tally } from "../support/tally.ts";

const SEEDS = Array.from({ length: 18 }, (_, i) => i);
const COMMANDS = 1_500;
const ROOTS_EVERY = 500;
/** A busy machine is no bug. */
const TIMEOUT_MS = 60_000;
const FLIPS = 200;
const RECORDS_BEFORE_FLIP = 30;

function runs(make: Maker, seeds: readonly number[], tally: Tally): void {
  for (const seed of seeds) {
    const said = runSeed({ seed, commands: COMMANDS, rootsEvery: ROOTS_EVERY, make, tally });
    if (said !== "") throw new Error(said);
  }
}

describe("the fast engine says and becomes what the naive one does", () => {
  const tally = new Tally();
  for (const seed of SEEDS) {
    test(`TypeScript levels, seed ${seed}`, () => runs(plainEngine, [seed], tally));
  }

  test("TypeScript levels, a fresh seed", () => {
    // Printed by the failure, which is its own reproduction.
    runs(plainEngine, [crypto.getRandomValues(new Uint32Array(1))[0]! >>> 1], new Tally());
  });

  for (const seed of SEEDS.slice(0, 12)) {
    test.skipIf(nativeEngine === null)(`C levels, seed ${seed + 100}`, () => {
      runs(nativeEngine ?? plainEngine, [seed + 100], new Tally());
    });
  }
});

test("with one bit of a record turned over, both halt, or both go on alike", () => {
  const seen = { refused: 0, halts: 0, goesOn: 0 };
  const prng = new Prng(77);
  for (let trial = 0; trial < FLIPS; trial++) {
    const profile = { ...profileOf(6 * prng.below(500)), accounts: 2 };
    const genesisFrame = genesisOf(profile);
    const pair = new Comparison(genesisFrame, plainEngine);
    const grammar = new CommandGrammar(profile, pair.naive.state);
    for (let i = 0; i < RECORDS_BEFORE_FLIP; i++) expect(pair.step(grammar.next())).toBe("");
    const before = pair.naive.position;
    const bytes = grammar.next();
    bytes[prng.below(prng.pick([80, bytes.length]) % bytes.length)]! ^= 1 << prng.below(8);
    const said = pair.step(bytes);
    const cut = readRecord(new DataView(bytes.buffer), 0, new RecordView());
    if (said !== cut) throw new Error(`profile ${profile.seed}, trial ${trial}: ${said}`);
    if (cut !== "") seen.refused++;
    else if (pair.naive.position === before) seen.halts++;
    else seen.goesOn++;
  }
  expect(Math.min(seen.refused, seen.halts, seen.goesOn)).toBeGreaterThan(FLIPS / 20);
});

test(
  "the grammar is worth running: all kinds and codes, and most commands are accepted",
  () => {
    const tally = new Tally();
    for (const seed of [...SEEDS, 21, 27, 33]) {
      const run = { seed, commands: 2_500, rootsEvery: 2_500, make: plainEngine, tally };
      expect(runSeed(run)).toBe("");
    }
    expect(KINDS.filter((kind) => !tally.kinds.has(kind))).toEqual([]);
    expect(REASONS.filter((reason) => !tally.cancelReasons.has(reason))).toEqual([]);
    expect(Math.min(tally.dueStops, tally.timersCutShort, tally.massCancelsCutShort)).not.toBe(0);
    const missing = ENGINE_REJECTS.filter((code) => !tally.rejects.has(code));
    expect(missing.map((code) => codes.rejectCode(code).name)).toEqual([]);
    expect(tally.acceptedPercent).toBeGreaterThan(40);
    expect(tally.deepestLevels).toBeGreaterThan(200);
  },
  TIMEOUT_MS,
);

/** A naive engine that lies about one thing. */
class Liar implements Judged {
  readonly engine: NaiveEngine;
  private readonly lie: Lie;

  constructor(genesisFrame: Uint8Array, lie: Lie) {
    this.engine = new NaiveEngine(genesisFrame);
    this.lie = lie;
  }

  apply(view: DataView, record: RecordView, reports: ReportBatch): void {
    this.engine.apply(view, record, reports);
    this.lie.say?.(reports);
    this.lie.change?.(this.engine);
  }

  roots(): NaiveRootSet {
    return this.engine.roots();
  }

  followChain(chain: ReportChain): void {
    this.engine.followChain(chain);
  }
}

function liar(genesisFrame: Uint8Array, lie: Lie): Judged {
  const made = new Liar(genesisFrame, lie);
  return Object.assign(made, lie.more?.(made.engine));
}

interface Lie {
  /** What more it may be asked. */
  readonly more?: (engine: NaiveEngine) => Partial<Judged>;
  readonly say?: (reports: ReportBatch) => void;
  readonly change?: (engine: NaiveEngine) => void;
}

const LIES: Readonly<Record<string, Lie>> = {
  "about what a canceled order leaves": {
    say: ({ view, count }) => {
      for (let at = 0; at < count * REPORT_SIZE; at += REPORT_SIZE) {
        if (view.getUint8(at) === codes.REPORT_CANCELED) view.setUint8(at + REPORT_LEAVES_AT, 1);
      }
    },
  },
  "by keeping a report back": {
    say: (reports) => {
      if (reports.count > 2) reports.count--;
    },
  },
  "by forgetting a used nonce": {
    change: ({ state }) => state.keys.forEach(({ used }) => used.delete(1)),
  },
  "about a counter nobody is told of": {
    change: ({ state }) => {
      if (state.arrivals % 8 === 7) state.arrivals++;
    },
  },
  "about the lots at a price": {
    more: (engine) => ({
      probe: (market, side, price) => {
        const levels = engine.levels(market, side);
        const lots = levels.find((level) => level.price === price)?.lots ?? 0;
        return [levels[0]?.price ?? 0, lots > 3 ? lots + 1 : lots];
      },
    }),
  },
  "about the good till of an open order": {
    more: (engine) => ({
      openOrders: () =>
        engine.openOrders().map((order) => ({ ...rowOf(order), goodTill: order.side - 1 })),
    }),
  },
  "by losing a counter when it starts again": {
    more: ({ state }) => ({ restart: () => void state.arrivals++ }),
  },
  "by exchanging the places of two orders": {
    change: ({ state }) => {
      for (const { bids } of state.markets.values()) {
        const [second, best] = bids.slice(-2);
        if (second === undefined || best?.price !== second.price) continue;
        if (best.account !== second.account) bids.splice(-2, 2, best, second);
      }
    },
  },
};

describe("the comparison sees a lie", () => {
  for (const [name, lie] of Object.entries(LIES)) {
    test(name, () => {
      const make: Maker = (genesisFrame) => liar(genesisFrame, lie);
      const tally = new Tally();
      const run = { seed: 0, commands: 1_500, rootsEvery: 500, make, tally };
      const said = runSeed(run);
      expect(said).toStartWith("seed 0, after ");
      // Opening the account and resting the orders take a few records; what is not needed is gone.
      const least = Number(/the same with (\d+) records/.exec(said)?.[1]);
      expect(least).toBeLessThan(45);
    });
  }
});
