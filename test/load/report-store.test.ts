/**
 * ReportStore: whatever way the reports came, each counts once and the stream is the same.
 */
import { expect, test } from "bun:test";
import { sha256 } from "../../src/base/hash.ts";
import { Prng } from "../../src/base/prng.ts";
import { signerFromSeed } from "../../src/edges/keys.ts";
import { hashThrough } from "../../src/load/engine-run.ts";
import { makeFlow } from "../../src/load/make-flow.ts";
import { ReportStore } from "../../src/load/report-store.ts";
import { SignedFlow } from "../../src/load/signed-flow.ts";
import { readWorkload, type Workload, writeWorkload } from "../../src/load/workload.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import * as codes from "../../src/protocol/codes.ts";
import { type Report, REPORT_SIZE, writeReport } from "../../src/protocol/report.ts";
import { MARKET, SmallShard } from "../support/small-shard.ts";

const shard = new SmallShard({
  ordersMax: 4096,
  openOrdersMax: 4096,
  priceMax: 100_000,
  makerFeePpm: 0,
  takerFeePpm: 0,
});
const signer = signerFromSeed(new Uint8Array(32).fill(1));
const workload = someFlow();
const flow = signedFlow();
/** All reports as the engine gave them, behind those of opening the accounts. */
const reports = flow.frames.flatMap((frame) => shard.applyFrame(new Uint8Array(frame)));
/** Number of each account's newest report before the flow. */
const before = new Map([1, 2].map((account) => [account, firstOf(account) - 1]));

function someFlow(): Workload {
  const found = readWorkload(writeWorkload(makeFlow("deep", 1, 200) ?? []));
  if (typeof found === "string") throw new Error(found);
  return found;
}

function signedFlow(): SignedFlow {
  const place = { venue: sha256(shard.genesisFrame), shard: 1 };
  const traders = [
    { account: 1, key: 2, signer },
    { account: 2, key: 3, signer },
  ] as const;
  return new SignedFlow(workload, { place, market: MARKET, traders, batchMax: 4, keepBook: false });
}

function firstOf(account: number): number {
  return reports.find((report) => report.account === account)?.number ?? 0;
}

/** What a store makes of reports in this order; the accounts' earlier ones come first. */
function store(list: readonly Report[]): { store: ReportStore; taken: string[] } {
  const into = new ReportStore(flow);
  const bytes = new Uint8Array(REPORT_SIZE);
  const view = new DataView(bytes.buffer);
  const take = (report: Report): string => {
    writeReport(view, 0, report);
    return into.take(view, 0);
  };
  for (const [account, count] of before) {
    const sample = reports[0]!;
    for (let number = 1; number <= count; number++) {
      expect(take({ ...sample, account, number, tag: "0000000000000000" })).toEqual("other");
    }
  }
  return { store: into, taken: list.map(take) };
}

function hashOf(list: readonly Report[]): string {
  const canonical = store(list).store.canonical();
  return typeof canonical === "string" ? canonical : canonical.hash();
}

test("the flow trades, rests and cancels, and is answered to the last frame", () => {
  const count = (kind: number): number => reports.filter((row) => row.kind === kind).length;
  const kinds = [codes.REPORT_FILL, codes.REPORT_REPLACED, codes.REPORT_CANCELED] as const;
  expect(Math.min(...kinds.map(count))).toBeGreaterThan(20);
  expect(store(reports).store.isComplete).toBe(true);
  const last = reports.at(-1)!.position;
  const short = reports.filter(({ position }) => position !== last);
  expect(store(short).store.isComplete).toBe(false);
});

test("as they come, they are the stream that the engine alone gives", () => {
  expect(hashOf(reports)).toEqual(hashThrough(workload, (frame) => new NaiveEngine(frame)));
});

test("one account's reports behind the other's, as after a resume: the same stream", () => {
  const byAccount = [2, 1].flatMap((account) => reports.filter((row) => row.account === account));
  expect(hashOf(byAccount)).toEqual(hashOf(reports));
});

test("any interleaving that keeps each account's order: the same stream", () => {
  const random = new Prng(9);
  for (let round = 0; round < 20; round++) {
    const queues = [1, 2].map((account) => reports.filter((row) => row.account === account));
    const mixed: Report[] = [];
    while (mixed.length < reports.length) {
      const next = random.pick(queues).shift();
      if (next !== undefined) mixed.push(next);
    }
    expect(hashOf(mixed)).toEqual(hashOf(reports));
  }
});

test("a report that comes again is known, one that is missing shows", () => {
  const [first, second, ...rest] = reports.filter((report) => report.account === 1);
  const { taken } = store([first!, first!, second!, first!, rest[1]!]);
  expect([taken[1], taken[3], taken[4]]).toEqual(["known", "known", "gap"]);
});

test("frames executed out of order are named", () => {
  const swapped = reports.map((report) => {
    const at = report.position;
    const [a, b] = [reports[0]!.position, reports[0]!.position + 1];
    return { ...report, position: at === a ? b : at === b ? a : at };
  });
  const found = store(swapped).store.canonical();
  expect(found).toEqual("frame 1 was executed before the one ahead of it");
});
