/**
 * An upgrade record, followed by everything that has to follow it: matcher, settlement, both
 * engines, snapshots, export and verifier, with a second version that only these tests know.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Engine } from "../../src/engine/engine.ts";
import { createLevels } from "../../src/engine/levels.ts";
import { RULES, UnknownRules } from "../../src/engine/rules.ts";
import { NaiveEngine } from "../../src/naive/naive-engine.ts";
import { NAIVE_RULES } from "../../src/naive/naive-rules.ts";
import { decodeCommitment } from "../../src/proofs/commitment.ts";
import * as codes from "../../src/protocol/codes.ts";
import { ReportBatch } from "../../src/protocol/report.ts";
import { readPublished } from "../../src/settlement-plane/commitment-file.ts";
import { refuseUnknownRules } from "../../src/service/open-shards.ts";
import { BOTH, CURED, NAIVE_BOTH, NAIVE_CURED, POISON } from "./second-rules.ts";
import { UpgradedVenue } from "./upgraded-venue.ts";

const root = mkdtempSync(join(tmpdir(), "clob-upgrade-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Position from which version 2 governs. */
const BORDER = 9;
const NO_ASSET = 99;
let venue: UpgradedVenue;
let last: number;
let oldBuild: Error | null;

const OLD = { levels: createLevels, roots: true };
const NEW = { ...OLD, rules: BOTH };

/**
 *   1 genesis  2 account  3 deposit  4 upgrade  5 no such asset  6, 7 ticks
 *   8 | 9 in one pack: withdrawals of all of 100 more, on both sides of the border
 */
beforeAll(async () => {
  venue = await UpgradedVenue.open(join(root, "venue"));
  await venue.append(venue.upgrade(2, BORDER), venue.withdraw(NO_ASSET, 5));
  venue.nextSecond();
  await venue.ticks(1);
  await venue.match(RULES, 6);
  await venue.append(new Uint8Array(0), venue.withdraw(1, 1), venue.withdraw(1, 999));
  oldBuild = await venue.match(RULES, 99, "old-matcher");
  last = await venue.append(venue.withdraw(1, 998), venue.withdraw(NO_ASSET, 7));
  venue.nextSecond();
  await venue.ticks(2);
  last += 2;
});

describe("a build that does not know the version", () => {
  test("matches up to the border and halts at its very position", async () => {
    expect(oldBuild).toBeInstanceOf(UnknownRules);
    expect(oldBuild?.message).toBe(
      "record 9 has no successor state: rules version 2 governs from position 9, and this build " +
        "knows 1",
    );
    const executions = await venue.executions();
    expect(executions.at(-1)?.last).toBe(BORDER - 1);
  });

  test("does not start again, and says so before it replays anything", async () => {
    const refused = refuseUnknownRules(venue.log, 1);
    await expect(refused).rejects.toThrow(
      "shard 1: rules version 2 governs from position 9, and this build knows 1; start a build " +
        "that knows it",
    );
    await refuseUnknownRules(venue.log, 1, BOTH);
  });
});

describe("a build that knows it", () => {
  beforeAll(async () => {
    expect(await venue.match(BOTH, last)).toBeNull();
    expect(await venue.settle(BOTH, last)).toBeNull();
  });

  test("goes on, and the results differ as the second version says", async () => {
    const codeAt = async (position: number) =>
      (await venue.said(position)).map(({ kind, code, first, second }) => [
        kind,
        code,
        first,
        second,
      ]);
    expect(await codeAt(4)).toEqual([[codes.REPORT_UPGRADE_SET, 0, BORDER, 1]]);
    expect(await codeAt(8)).toEqual([[codes.REPORT_WITHDRAWN, 0, 1, 999]]);
    // All that is free: taken under version 1, refused under version 2.
    expect(await codeAt(BORDER)).toEqual([[codes.REPORT_REJECTED, codes.REJECT_FUNDS, 1000, 999]]);
    expect(await codeAt(10)).toEqual([[codes.REPORT_WITHDRAWN, 0, 998, 1]]);
  });

  test("headers change at the border: of records, execution records and commitments", async () => {
    expect(await venue.stamps()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
    const spans = (await venue.executions()).map(({ first, last: end, rulesVersion }) => [
      first,
      end,
      rulesVersion,
    ]);
    for (const [first = 0, end = 0, version] of spans) {
      expect([end < BORDER, version]).toEqual([first < BORDER, first < BORDER ? 1 : 2]);
    }
  });

  test("commitments tell what is to come, then what governs since when", async () => {
    const published = await readPublished(join(root, "venue", "settlement"));
    const told = published!.entries.map((bytes) => decodeCommitment(bytes));
    const first = { current: { version: 1, from: 1 }, next: { version: 2, from: BORDER } };
    const second = { current: { version: 2, from: BORDER }, next: null };
    for (const commitment of told) {
      if (typeof commitment === "string") throw new Error(commitment);
      const { governing, position } = commitment;
      expect(governing).toEqual(position < BORDER ? first : second);
    }
    expect(told.length).toBe(2);
  });

  test("both engines say so too, from genesis and from snapshots on both sides", async () => {
    const fast = new Engine(venue.genesisFrame, NEW);
    const naive = new NaiveEngine(venue.genesisFrame, NAIVE_BOTH);
    const copies: Engine[] = [];
    await venue.eachRecord((view, record) => {
      const said = [fast, naive, ...copies].map((engine) => {
        const reports = new ReportBatch();
        engine.apply(view, record, reports);
        return reports.slice(0).toHex();
      });
      expect(new Set(said).size).toBe(1);
      expect(fast.roots()).toEqual(naive.roots());
      const restored = Engine.restore(venue.genesisFrame, fast.snapshot(new Uint8Array(32)), NEW);
      if (typeof restored === "string") throw new Error(restored);
      expect(restored.engine.governing).toEqual(fast.governing);
      copies.push(restored.engine);
    });
    const snapshots = copies.map((engine) => engine.snapshot(new Uint8Array(32)).toHex());
    expect(new Set(snapshots).size).toBe(1);
    expect(fast.governing).toEqual({ current: { version: 2, from: BORDER }, next: null });
  });

  test("a snapshot behind the border is refused by a build that does not know it", async () => {
    const fast = new Engine(venue.genesisFrame, NEW);
    await venue.eachRecord((view, record) => fast.apply(view, record, new ReportBatch()));
    expect(Engine.restore(venue.genesisFrame, fast.snapshot(new Uint8Array(32)), OLD)).toBe(
      "snapshot is under rules version 2, which this build does not know",
    );
  });

  test("matcher and settlement start from their snapshots behind it", async () => {
    expect(readdirSync(join(root, "venue", "matcher")).length).toBeGreaterThan(0);
    const further = await venue.append(venue.withdraw(1, 1));
    expect(await venue.match(BOTH, further)).toBeNull();
    expect(await venue.settle(BOTH, further)).toBeNull();
    expect((await venue.said(further))[0]).toMatchObject({ code: codes.REJECT_FUNDS });
  });

  test("the export is true by both engines that know it; no other can judge it", async () => {
    const dir = await venue.export("export");
    expect(await venue.verify(dir, BOTH, NAIVE_BOTH)).toMatchObject([{ ok: true }, { ok: true }]);
    await expect(venue.verify(dir, RULES, NAIVE_RULES)).rejects.toThrow(
      "shard 1: rules version 2 governs from position 9, and this build knows 1",
    );
  });
});

test("a batch that goes over the border is published as two, and settled", async () => {
  const other = await UpgradedVenue.open(join(root, "other"));
  await other.match(BOTH, 3);
  await other.append(other.upgrade(2, 7), ...Array.from({ length: 6 }, () => new Uint8Array(0)));
  expect(await other.match(BOTH, 10)).toBeNull();
  const spans = (await other.executions()).map(({ first, last: end, rulesVersion }) => {
    return [first, end, rulesVersion];
  });
  expect(spans.slice(-2)).toEqual([
    [4, 6, 1],
    [7, 10, 2],
  ]);
  // Appended before the log could know: the headers are behind, and that is no fault.
  expect((await other.stamps()).slice(-4)).toEqual([1, 1, 1, 1]);
  const after = await other.append(other.withdraw(1, 1000));
  expect(await other.match(BOTH, after)).toBeNull();
  expect((await other.stamps()).at(-1)).toBe(2);
  expect((await other.said(after))[0]).toMatchObject({ code: codes.REJECT_FUNDS, first: 1001 });
  expect(await other.settle(BOTH, after)).toBeNull();
});

test("what version 1 has no answer for has one from the border on, by both engines", async () => {
  const other = await UpgradedVenue.open(join(root, "poison"));
  const border = 6;
  await other.append(other.upgrade(2, border), new Uint8Array(0), other.withdraw(1, POISON));
  expect(await other.match(CURED, border)).toBeNull();
  expect((await other.said(border))[0]).toMatchObject({ kind: codes.REPORT_WITHDRAWN });
  const naive = new NaiveEngine(other.genesisFrame, NAIVE_CURED);
  await other.eachRecord((view, record) => naive.apply(view, record, new ReportBatch()));
  expect(naive.position).toBe(border);

  const early = await UpgradedVenue.open(join(root, "poisoned"));
  await early.append(early.upgrade(2, border), early.withdraw(1, POISON));
  const halt = "record 5 has no successor state: its frame: amount is zero or not below 2^53";
  expect((await early.match(CURED, border))?.message).toBe(halt);
});
