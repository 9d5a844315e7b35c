/**
 * A record without successor state is cured by an Upgrade that lies behind it: by everybody who
 * replays the log, and by nothing else.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLevels } from "../../src/engine/levels.ts";
import { RULES } from "../../src/engine/rules.ts";
import { NAIVE_RULES } from "../../src/naive/naive-rules.ts";
import { decodeCommitment } from "../../src/proofs/commitment.ts";
import * as codes from "../../src/protocol/codes.ts";
import { readPublished } from "../../src/settlement-plane/commitment-file.ts";
import { NO_STATES } from "../../src/service/kept-states.ts";
import { Past } from "../../src/service/past.ts";
import { CuredVenue, HALT, P, TAIL } from "./cured-venue.ts";
import { BOTH, CURED, NAIVE_BOTH, NAIVE_CURED, GARBAGE } from "./second-rules.ts";

const root = mkdtempSync(join(tmpdir(), "clob-cure-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let count = 0;
const halted = (): Promise<CuredVenue> => CuredVenue.halted(join(root, String(++count)));
const OPTIONS = { levels: createLevels, roots: true, rules: CURED };

/** Position of the Upgrade, of the Clear, and of the last record, a second after that. */
const U = TAIL + 1;
const C = U + 1;
const LAST = C + 2;

async function cured(venue: CuredVenue): Promise<void> {
  expect(await venue.appendToHalted(venue.upgrade(2, P))).toBe(U);
  const found = await venue.recomputed();
  expect([found.wrong, found.poison, found.position]).toEqual(["", 0, U]);
  expect(await venue.clear(found)).toBe(C);
}

describe("a shard that was cured", () => {
  let venue: CuredVenue;

  beforeAll(async () => {
    venue = await halted();
    const before = await venue.recomputed();
    expect([before.wrong, before.poison]).toEqual([HALT, P]);
    expect(before.rules).toEqual({ version: 1, from: 1 });
    await cured(venue);
    expect(await venue.match(CURED, C)).toBeNull();
    expect(venue.store.halted).toBeNull();
    await venue.append(venue.withdraw(1, 3));
    venue.nextSecond();
    await venue.ticks(1);
    expect(await venue.match(CURED, LAST)).toBeNull();
    expect(await venue.settle(CURED, LAST)).toBeNull();
  });

  test("goes on, with the answer of the version that cured it, and says what it was", async () => {
    const kinds = async (position: number) =>
      (await venue.said(position)).map(({ kind, subject, first, second }) => {
        return [kind, subject, first, second];
      });
    expect(await kinds(P)).toEqual([[codes.REPORT_WITHDRAWN, 1, 666, 333]]);
    expect(await kinds(P + 1)).toEqual([[codes.REPORT_WITHDRAWN, 1, 2, 331]]);
    expect(await kinds(U)).toEqual([[codes.REPORT_UPGRADE_SET, 2, P, 2]]);
    expect((await kinds(C))[0]?.[0]).toBe(codes.REPORT_CLEARED);
  });

  test("records before it keep their headers; what comes next names the version", async () => {
    expect(await venue.stamps()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
    expect(await venue.log.rules()).toEqual([{ version: 2, from: P }]);
    const spans = (await venue.executions()).map(({ first, last, rulesVersion }) => {
      return [first < P, last < P, rulesVersion];
    });
    for (const [begins, ends, version] of spans) {
      expect([begins, version]).toEqual([ends, begins ? 1 : 2]);
    }
  });

  test("no checkpoint ends between the record and its Upgrade", async () => {
    const published = await readPublished(join(venue.dir, "settlement"));
    const told = published!.entries.map((bytes) => decodeCommitment(bytes));
    const seen = told.map((one) => (typeof one === "string" ? one : [one.position, one.governing]));
    const governing = { current: { version: 2, from: P }, next: null };
    // One is due right behind the record, by commands, and one before the tick at 7, by log time.
    expect(seen.filter((one) => Number(one[0]) >= P)).toEqual([
      [U, governing],
      [LAST - 1, governing],
    ]);
  });

  test("is true by both engines, and nobody else can judge it", async () => {
    const dir = await venue.export("export");
    const verdicts = await venue.verify(dir, CURED, NAIVE_CURED);
    expect(verdicts).toMatchObject([{ ok: true }, { ok: true }]);
    const records = verdicts.map((one) => (one.ok ? one.shards[0]?.records : 0));
    expect(records).toEqual([LAST - 1, LAST - 1]);
    const other = venue.verify(dir, RULES, NAIVE_RULES);
    expect(await other.catch((error: Error) => error.message)).toContain(
      `rules version 2 governs from position ${P}, and this build knows 1`,
    );
  });

  test("is cured for whoever replays it from genesis: standbys, ingress, restore", async () => {
    expect(await venue.match(CURED, LAST, "another-matcher")).toBeNull();
    const { log, genesisFrame } = venue;
    const past = await Past.open({ log, genesisFrame, options: OPTIONS, states: NO_STATES }, LAST);
    await past.upTo(LAST, () => undefined, new AbortController().signal);
    expect(past.engine.governing).toEqual({ current: { version: 2, from: P }, next: null });
  });

  test("would not have been by a version that had an answer: its answer stands", async () => {
    const dir = await venue.export("export");
    const [fast, naive] = await venue.verify(dir, BOTH, NAIVE_BOTH);
    for (const one of [fast, naive]) expect(one).toMatchObject({ ok: false });
  });
});

describe("garbage that a broken ingress has appended", () => {
  async function goesOn(garbage: Uint8Array): Promise<CuredVenue> {
    const venue = await CuredVenue.halted(join(root, String(++count)), garbage);
    expect((await venue.recomputed()).poison).toBe(P);
    await cured(venue);
    // Pack by pack: it is all that is read.
    expect(await venue.match(CURED, C, "matcher", { batchBytesMax: 1 })).toBeNull();
    venue.nextSecond();
    await venue.ticks(1);
    expect(await venue.match(CURED, C + 1)).toBeNull();
    expect(await venue.settle(CURED, C + 1)).toBeNull();
    return venue;
  }

  test("is answered as a frame of a key that nobody knows, by both engines", async () => {
    const venue = await goesOn(Uint8Array.of(GARBAGE, ...new Uint8Array(199)));
    expect((await venue.said(P))[0]).toMatchObject({ code: codes.REJECT_UNKNOWN_KEY, number: 0 });
    const dir = await venue.export("export");
    const verdicts = await venue.verify(dir, CURED, NAIVE_CURED);
    expect(verdicts).toMatchObject([{ ok: true }, { ok: true }]);
  });

  test("may be shorter than any header", async () => {
    const venue = await goesOn(new Uint8Array(3).fill(GARBAGE));
    expect(await venue.said(P)).toEqual([]);
    const dir = await venue.export("export");
    // The naive engine reads a header of each frame, whatever its rules.
    const [fast] = await venue.verify(dir, CURED, null);
    expect(fast).toMatchObject({ ok: true });
  });
});

describe("who is killed", () => {
  test("between Upgrade and Clear finds the cure again", async () => {
    const venue = await halted();
    await venue.appendToHalted(venue.upgrade(2, P));
    const [first, second] = [await venue.recomputed(), await venue.recomputed()];
    expect(second).toEqual(first);
    expect(venue.store.halted).toBe(HALT);
    await venue.clear(second);
    expect(await venue.match(CURED, C)).toBeNull();
  });

  /** Killed by the first append to `ex` behind the cured record. Up to where it came. */
  async function killed(venue: CuredVenue): Promise<number> {
    const { ex } = venue.store.streams;
    venue.store.fate = (role) => (role === "ex" && ex.tip() >= P ? "refused" : "ok");
    const slow = { batchBytesMax: 1, snapshotRecords: 1 };
    const fault = await venue.match(CURED, C, "slow", slow);
    expect(fault?.message).toBe("append to ex was refused");
    venue.store.fate = () => "ok";
    expect(venue.store.halted).toBe(HALT);
    return ex.tip();
  }

  test("while it executes what was cured goes on, or begins again from genesis", async () => {
    const venue = await halted();
    await cured(venue);
    const published = await killed(venue);
    expect([published >= P, published < U]).toEqual([true, true]);
    const snapshots = readdirSync(join(venue.dir, "slow"));
    expect(snapshots.at(-1)).toContain(`${published}.snap`);
    expect(await venue.match(CURED, C, "another")).toBeNull();
    expect(venue.store.halted).toBeNull();
    await venue.append(venue.withdraw(1, 3));
    expect(await venue.match(CURED, C + 1, "slow")).toBeNull();
    expect((await venue.said(C + 1))[0]).toMatchObject({ first: 3, second: 328 });
    expect(await venue.settle(CURED, C + 1)).toBeNull();
  });

  test("settlement keeps no state that lies between the two", async () => {
    const venue = await halted();
    await cured(venue);
    expect(await venue.settle(CURED, await killed(venue))).toBeNull();
    expect(readdirSync(join(venue.dir, "settlement", "snapshots"))).toEqual([]);
    expect(await venue.match(CURED, C, "slow")).toBeNull();
    venue.nextSecond();
    await venue.ticks(1);
    expect(await venue.match(CURED, C + 1, "slow")).toBeNull();
    expect(await venue.settle(CURED, C + 1)).toBeNull();
    const dir = await venue.export("export");
    const verdicts = await venue.verify(dir, CURED, NAIVE_CURED);
    expect(verdicts).toMatchObject([{ ok: true }, { ok: true }]);
  });
});
